import { systemSources } from '../../src/config/load.ts';
import { createLog } from '../../src/entry/process.ts';
import { onSignals } from '../../src/entry/shutdown.ts';
import { setMachineClock } from './machine-clock.ts';
import { runPart } from './part.ts';

const fatal = (reason: string) => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

/** A bot or a worker in a process of its own. Tells its parent when it is ready. */
async function main([part]: string[]): Promise<void> {
  if (part !== 'bot' && part !== 'worker') throw new Error('bot or worker');
  // Who started this is gone without a word: nobody would end it any more.
  process.once('disconnect', () => process.exit(1));
  setMachineClock(Number(process.env.DEMO_MACHINE_CLOCK ?? 0));
  process.on('message', (said: { machineClock?: number }) => {
    if (said.machineClock !== undefined) setMachineClock(said.machineClock);
  });
  const { close, log } = await runPart(part, systemSources(), (level) => createLog(level, part), fatal);
  onSignals(log, close);
  process.send?.('ready');
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
