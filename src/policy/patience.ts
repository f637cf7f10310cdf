/** How long an answer that nobody can explain is taken for a passing one. */
export const PATIENCE_MS = 15 * 60_000;
const SHORTEST_MS = 1000;
const LONGEST_MS = 2 * 60_000;

export type Patience = { kind: 'retry'; afterMs: number } | { kind: 'closed' };

/**
 * What to do about an unknown refusal that was first seen at `firstAt`: again, each pause as long as it went on until now,
 * and once more when the patience ends; after that it counts as closed, and is reported.
 */
export function patience(firstAt: number, now: number): Patience {
  const passed = Math.max(0, now - firstAt);
  if (passed >= PATIENCE_MS) return { kind: 'closed' };
  const pause = Math.min(Math.max(passed, SHORTEST_MS), LONGEST_MS);
  return { kind: 'retry', afterMs: Math.min(pause, PATIENCE_MS - passed) };
}
