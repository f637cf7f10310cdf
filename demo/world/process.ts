import { loadSettings, systemSources } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { runBot } from '../../src/entry/bot.ts';
import { createLog, openRedis } from '../../src/entry/process.ts';
import { shareTime } from '../../src/entry/shared-time.ts';
import { onSignals } from '../../src/entry/shutdown.ts';
import { SharedClock } from './clock.ts';
import { setMachineClock } from './machine-clock.ts';

/** The real bot or worker, in a process of its own, on the demo's clock. Tells its parent when it is ready. */
const TIMINGS = { settleMs: 5000, createTimeoutMs: 3000, tickMs: 3000 };

const fatal = (reason: string) => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

type Common = Omit<Parameters<typeof runBot>[0], 'settings' | 'onFatal'>;

/** Each loads what it runs and no more: the chats' clients take a second of every start. */
async function start(part: 'bot' | 'worker', settings: Settings, common: Common): Promise<{ close(): Promise<void> }> {
  if (part === 'bot' || settings.runpod === null) {
    const entry = await import('../../src/entry/bot.ts');
    return entry.runBot({ ...common, settings, onFatal: fatal });
  }
  const entry = await import('../../src/entry/worker.ts');
  return entry.runWorker({ ...settings, ...common, runpod: settings.runpod, timings: TIMINGS });
}

async function main([part]: string[]): Promise<void> {
  if (part !== 'bot' && part !== 'worker') throw new Error('bot or worker');
  setMachineClock(Number(process.env.DEMO_MACHINE_CLOCK ?? 0));
  process.on('message', (said: { machineClock?: number }) => {
    if (said.machineClock !== undefined) setMachineClock(said.machineClock);
  });
  const { settings } = loadSettings(part, systemSources());
  const log = createLog(settings.logLevel, part);
  if (settings.redis.kind === 'embedded') throw new Error('the demo names its Redis');
  const redis = await openRedis(settings.redis, log);
  const time = await shareTime(redis, part, log);
  const clocks = new SharedClock(process.env.DEMO_CLOCK ?? '').moved(time.clocks);
  const { auditKey } = settings;
  if (auditKey === null) throw new Error('the demo makes its audit key');
  const running = await start(part, settings, { redis, auditKey, clocks, log });
  onSignals(log, async () => {
    await running.close();
    await time.close();
    await redis.close();
  });
  // Who started this is gone without a word: nobody would end it any more.
  process.once('disconnect', () => process.exit(1));
  process.send?.('ready');
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
