import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadSettings, type Sources } from '../../src/config/load.ts';
import type { runBot } from '../../src/entry/bot.ts';
import { openRedis } from '../../src/entry/process.ts';
import { shareTime } from '../../src/entry/shared-time.ts';
import type { Log } from '../../src/jobs/ports.ts';
import { SharedClock } from './clock.ts';

export type Part = 'bot' | 'worker';

const TIMINGS = { settleMs: 5000, createTimeoutMs: 3000, tickMs: 3000 };

/** How a part ended without being killed. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A bot or a worker that was started. */
export interface StartedPart {
  /** Rejects where it ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
  setMachineClock(aheadMs: number): void;
}

export interface PartPlace {
  name: string;
  env: NodeJS.ProcessEnv;
  logPath: string;
}

/** Starts a part somewhere. */
export type PartStarter = (part: Part, place: PartPlace) => StartedPart;

/** In a process of its own, which runs what `writeProgram` wrote. */
export function inProcess(program: string): PartStarter {
  return (part, { name, env, logPath }) => {
    const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', program, part], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.pipe(createWriteStream(logPath, { flags: 'a' }));
    const ended = new Promise<Ended>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    return {
      ended,
      ready: new Promise((resolve, reject) => {
        child.once('message', () => resolve());
        void ended.then(({ code }) => reject(new Error(`${name} ended at its start (${code}); see ${logPath}`)));
      }),
      signal: (signal) => void child.kill(signal),
      setMachineClock: (machineClock) => void child.send({ machineClock }),
    };
  };
}

/** The real bot or worker, on the demo's clock. Each loads what it runs and no more: the chats' clients take a second of every start. */
export async function runPart(
  part: Part,
  sources: Sources,
  createLog: (level: string) => Log,
  onFatal: (reason: string) => void,
): Promise<{ close(): Promise<void>; log: Log }> {
  const { settings } = loadSettings(part, sources);
  const log = createLog(settings.logLevel);
  if (settings.redis.kind === 'embedded') throw new Error('the demo names its Redis');
  const redis = await openRedis(settings.redis, log);
  const time = await shareTime(redis, part, log);
  const clocks = new SharedClock(sources.env.DEMO_CLOCK ?? '').moved(time.clocks);
  const { auditKey, runpod } = settings;
  if (auditKey === null) throw new Error('the demo makes its audit key');
  const common: Omit<Parameters<typeof runBot>[0], 'settings' | 'onFatal'> = { redis, auditKey, clocks, log };
  const start = async (): Promise<{ close(): Promise<void> }> => {
    if (part === 'bot' || runpod === null)
      return (await import('../../src/entry/bot.ts')).runBot({ ...common, settings, onFatal });
    const { runWorker } = await import('../../src/entry/worker.ts');
    return runWorker({ ...settings, ...common, runpod, timings: TIMINGS });
  };
  const running = await start();
  const close = async () => {
    await running.close();
    await time.close();
    await redis.close();
  };
  return { close, log };
}
