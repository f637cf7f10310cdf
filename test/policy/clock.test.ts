import { describe, expect, it } from 'vitest';
import { clockState, clockText } from '../../src/policy/clock.ts';

const MINUTE = 60_000;

describe("a machine's clock", () => {
  it.each([
    [0, 'right'],
    [2000, 'right'],
    [-2000, 'right'],
    [2001, 'off'],
    [-2001, 'off'],
    [5 * MINUTE, 'off'],
    [5 * MINUTE + 1, 'wrong'],
    [-6 * MINUTE, 'wrong'],
  ] as const)('%d ms from the clock of Redis is %s', (ahead, state) => {
    expect(clockState(ahead)).toBe(state);
  });

  it.each([
    [2400, '2 seconds fast'],
    [-61_000, '61 seconds slow'],
    [20 * MINUTE, '20 minutes fast'],
    [-3 * 60 * MINUTE, '3 hours slow'],
    [400 * 24 * 60 * MINUTE, '400 days fast'],
    [-900, '1 second slow'],
  ])('%d ms are called "%s"', (ahead, words) => {
    expect(clockText(ahead)).toBe(words);
  });
});
