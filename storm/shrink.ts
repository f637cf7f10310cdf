import type { Plan } from './plan.ts';

export interface ShrinkBounds {
  /** Storms that may be run. */
  runs: number;
  /** True once no more time is left. */
  isOver: () => boolean;
}

/**
 * The smallest plan found that still fails: entries are left out by halves, then quarters, down to one by one, for as long as
 * that works and the bounds allow.
 */
export async function shrink(
  failing: Plan,
  fails: (plan: Plan) => Promise<boolean>,
  { runs, isOver }: ShrinkBounds,
): Promise<Plan> {
  let best = failing;
  let left = runs;
  let size = Math.ceil(best.entries.length / 2);
  while (size >= 1 && best.entries.length > 1) {
    let from = 0;
    let shrunk = false;
    while (from < best.entries.length) {
      if (left === 0 || isOver()) return best;
      const smaller = { ...best, entries: best.entries.filter((_, i) => i < from || i >= from + size) };
      const isEmpty = smaller.entries.length === 0;
      if (!isEmpty) left -= 1;
      if (!isEmpty && (await fails(smaller))) {
        best = smaller;
        shrunk = true;
      } else from += size;
    }
    if (size === 1 && !shrunk) return best;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}
