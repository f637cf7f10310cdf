import type { Log } from '../jobs/ports.ts';

/** How often each process looks whether Redis still is what it was. */
const STORE_MS = 3000;

export interface Repeating {
  /** Now too, or as soon as the turn that is under way is over. */
  now(): void;
  end(): void;
}

/** Again and again, in real time; one that takes longer than its turn is not begun twice. */
export function repeatedly(
  work: () => Promise<void>,
  everyMs: number,
  failed: (error: Error) => void,
  { atOnce = true } = {},
): Repeating {
  let busy = false;
  let again = false;
  const once = async () => {
    if (busy) return;
    busy = true;
    do {
      again = false;
      await work().catch(failed);
    } while (again);
    busy = false;
  };
  const now = () => {
    again = busy;
    void once();
  };
  if (atOnce) now();
  const timer = setInterval(once, everyMs);
  return { now, end: () => clearInterval(timer) };
}

export function watchStore(watch: { look(): Promise<void> }, log: Log): Repeating {
  return repeatedly(
    () => watch.look(),
    STORE_MS,
    (error) => log.warn({ error: error.message }, 'Redis could not be looked after'),
  );
}

/** At the first turn after so long, and beside it: what waits for somebody's API holds nothing else up. Not begun twice. */
export function seldom(
  work: () => Promise<void>,
  { everyMs, now }: { everyMs: number; now: () => number },
  failed: (error: Error) => void,
): () => Promise<void> {
  let last: number | null = null;
  let busy = false;
  const once = async () => {
    busy = true;
    await work().catch(failed);
    busy = false;
  };
  return async () => {
    const at = now();
    // A clock that was set back is not waited for.
    if (busy || (last !== null && Math.abs(at - last) < everyMs)) return;
    last = at;
    void once();
  };
}
