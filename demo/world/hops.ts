import { nextPromise, tickOnce, untilQuiet } from './quiet.ts';
import type { World } from './world.ts';

const HOUR = 3_600_000;
const DRAIN_LIMIT_MS = 10_000;

/** A move of the clock that is under way, ms since 1970. */
export interface Move {
  from: number;
  to: number;
  stop: () => void;
}

/** One move at a time in a world, whoever asks: the others wait. */
const waiting = new WeakMap<World, Promise<void>>();
const moves = new WeakMap<World, Move>();

export const moveOf = (world: World): Move | null => moves.get(world) ?? null;

/**
 * Moves the clock by `ms`, in hops to what changes next or to the next full hour, each with a tick and its work. An aborted move
 * ends after the hop that is under way.
 */
export function moveClock(world: World, ms: number, signal?: AbortSignal): Promise<void> {
  const done = (waiting.get(world) ?? Promise.resolve()).then(() => hopOn(world, ms, signal));
  waiting.set(
    world,
    done.catch(() => {}),
  );
  return done;
}

async function hopOn(world: World, ms: number, signal?: AbortSignal): Promise<void> {
  const { clock, runpod } = world;
  const from = clock.now();
  const target = from + ms;
  const stopped = new AbortController();
  moves.set(world, { from, to: target, stop: () => stopped.abort() });
  try {
    // What is under way ends before time moves: nobody's three seconds become an hour.
    if (world.running('worker')) await untilQuiet(world, 0, DRAIN_LIMIT_MS);
    while (clock.now() < target && !signal?.aborted && !stopped.signal.aborted) {
      runpod.account.settle();
      const now = clock.now();
      // What is overdue already (nobody works it) is no reason for another hop.
      const changes = [runpod.account.nextChange() ?? now, await nextPromise(world)].filter((at) => at > now);
      // What is promised for an hour of the day comes at that hour.
      const fullHour = now - (now % HOUR) + HOUR;
      clock.moveTo(Math.min(target, fullHour, ...changes));
      await tickOnce(world);
    }
  } finally {
    moves.delete(world);
  }
}
