import type { Queue } from 'bullmq';
import type { Snapshots } from '../store/snapshots.ts';
import { tick } from './names.ts';
import type { Clocks } from './ports.ts';

/** So many ticks that did not come are no hiccup. */
export const LATE_TICKS = 5;

export async function scheduleTicks(pods: Queue, everyMs: number): Promise<void> {
  await pods.upsertJobScheduler(tick.name, { every: everyMs }, { name: tick.name, data: {} });
}

/**
 * BullMQ dates the next tick by the clock of the worker that took the last one, and goes on from there whoever schedules it
 * anew: after a worker that was 12 minutes fast, nothing would come due for 12 minutes. Where no tick has come for a while the
 * schedule is begun afresh.
 */
export async function keepTicking(
  pods: Queue,
  everyMs: number,
  { snapshots, clocks }: { snapshots: Snapshots; clocks: Clocks },
): Promise<boolean> {
  const last = await snapshots.lastSeen('worker');
  if (last !== null && Math.abs(clocks.realNow() - last) <= LATE_TICKS * everyMs) return false;
  await pods.removeJobScheduler(tick.name);
  await scheduleTicks(pods, everyMs);
  return true;
}
