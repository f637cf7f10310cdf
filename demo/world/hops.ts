import { nextPromise, tickOnce, untilQuiet } from './quiet.ts';
import type { World } from './world.ts';

const HOUR = 3_600_000;
const DRAIN_LIMIT_MS = 10_000;

/**
 * Moves the clock by `ms`, in hops to what changes next or to the next full hour, each with a tick and its work. An aborted move
 * ends after the hop that is under way.
 */
export async function moveClock(world: World, ms: number, signal?: AbortSignal): Promise<void> {
  const { clock, runpod } = world;
  const target = clock.now() + ms;
  // What is under way ends before time moves: nobody's three seconds become an hour.
  if (world.running('worker')) await untilQuiet(world, 0, DRAIN_LIMIT_MS);
  while (clock.now() < target && !signal?.aborted) {
    runpod.account.settle();
    const now = clock.now();
    // What is overdue already (nobody works it) is no reason for another hop.
    const changes = [runpod.account.nextChange() ?? now, await nextPromise(world)].filter((at) => at > now);
    // What is promised for an hour of the day comes at that hour.
    const fullHour = now - (now % HOUR) + HOUR;
    clock.moveTo(Math.min(target, fullHour, ...changes));
    await tickOnce(world);
  }
}
