import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, patience } from '../../src/policy/patience.ts';

/** Every try of something that is refused each time, as times since the first. */
function tries(firstAt: number): number[] {
  const at = [0];
  for (;;) {
    const now = at.at(-1) ?? 0;
    const next = patience(firstAt, firstAt + now);
    if (next.kind === 'closed') return at;
    at.push(now + next.afterMs);
  }
}

describe('patience with an unknown refusal', () => {
  it('tries again after longer and longer pauses, the last time after exactly 15 minutes, and then no more', () => {
    const at = tries(1_700_000_000_000);
    expect(at.slice(0, 6)).toEqual([0, 1000, 2000, 4000, 8000, 16_000]);
    expect(at.at(-1)).toBe(PATIENCE_MS);
    expect(PATIENCE_MS).toBe(15 * 60_000);
    expect(at.length).toBeLessThan(20);
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(120_000);
  });

  it('counts from the first refusal whoever looks, and however late', () => {
    expect(patience(0, PATIENCE_MS)).toEqual({ kind: 'closed' });
    expect(patience(0, 30 * 86_400_000)).toEqual({ kind: 'closed' });
    expect(patience(0, PATIENCE_MS - 500)).toEqual({ kind: 'retry', afterMs: 500 });
  });

  it('begins where a clock was set back, rather than never ending', () => {
    expect(patience(1000, 0)).toEqual({ kind: 'retry', afterMs: 1000 });
  });
});
