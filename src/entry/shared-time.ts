import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clocks, Log } from '../jobs/ports.ts';
import { clockState, clockText } from '../policy/clock.ts';
import { isOutOfMemory } from '../store/connect.ts';
import { MachineClocks } from '../store/machine-clocks.ts';
import { MACHINE, MAX_ROUND_TRIP_MS, type Machine, ServerTime } from '../store/server-time.ts';
import type { Connections } from './process.ts';

const MEASURE_EVERY_MS = 60_000;
const FIRST_PATIENCE_MS = 30_000;
/** How often the machine's two clocks are compared: what is set by hand or slept through is measured at once. */
const LOOK_EVERY_MS = 1000;

export interface SharedTime {
  clocks: Clocks;
  close(): Promise<void>;
}

/**
 * The time of Redis for one process, measured now, every minute, and whenever this machine's clock jumps. What two machines
 * compare is stamped with it; locks, backoff and TTLs stay on the clock of whoever keeps them.
 * @throws where Redis does not tell its time fast enough to be of use.
 */
export async function shareTime(
  { producer }: Pick<Connections, 'producer'>,
  part: string,
  log: Log,
  machine: Machine = MACHINE,
): Promise<SharedTime> {
  const time = new ServerTime(producer, machine);
  await firstMeasurement(time);
  const reports = new MachineClocks(producer);
  const name = `${part} ${hostname()} ${process.pid}`;
  const tell = async () => {
    const ahead = time.ahead();
    const state = clockState(ahead);
    if (state === 'right') return reports.agrees(name);
    log.warn({ ahead: Math.round(ahead), clock: clockText(ahead) }, CLOCK_PROBLEM[state]);
    await reports.differs(name, { part, host: hostname(), ahead, at: time.now() });
  };
  await tell().catch((error: Error) => {
    // It is told again within a minute.
    if (!isOutOfMemory(error)) throw error;
  });
  const watching = everyMinuteAndJump(time, tell, log);
  const now = () => time.now();
  return {
    clocks: { now, realNow: now, pause: realPause, ahead: () => time.ahead(), jumped: () => time.jumped() },
    close: async () => {
      clearInterval(watching);
      await reports.agrees(name).catch(() => {});
    },
  };
}

const CLOCK_PROBLEM = {
  off: "this machine's clock differs from Redis's: set it (NTP)",
  wrong: "this machine's clock is wrong: nothing but Stop is carried out here until it is set (NTP)",
};

async function realPause(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal });
}

async function firstMeasurement(time: ServerTime): Promise<void> {
  const signal = AbortSignal.timeout(FIRST_PATIENCE_MS);
  while (!(await time.measure())) {
    if (signal.aborted) throw new Error(`Redis takes longer than ${MAX_ROUND_TRIP_MS} ms to answer: it is too slow`);
  }
}

function everyMinuteAndJump(time: ServerTime, tell: () => Promise<void>, log: Log): NodeJS.Timeout {
  let looks = 0;
  let measuring = false;
  const look = async () => {
    looks += 1;
    if (measuring || !(time.jumped() || looks * LOOK_EVERY_MS >= MEASURE_EVERY_MS)) return;
    measuring = true;
    try {
      if (await time.measure()) looks = 0;
      await tell();
    } finally {
      measuring = false;
    }
  };
  const guarded = () => {
    look().catch((error: Error) => log.warn({ error: error.message }, 'the time of Redis could not be read'));
  };
  return setInterval(guarded, LOOK_EVERY_MS).unref();
}
