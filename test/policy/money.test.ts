import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOver, formatUsd, microUsd, storagePerDay, storagePerHour } from '../../src/policy/money.ts';

describe('money', () => {
  it.each([
    [330_000, '$0.33'],
    [0, '$0.00'],
    [5479, '$0.0055'],
    [1_204_500_000, '$1,204.50'],
    [-4_000_000, '-$4.00'],
    [10_000, '$0.01'],
    [9999, '$0.0100'],
  ])('%i micro-dollars read %s', (amount, text) => {
    expect(formatUsd(amount)).toBe(text);
  });

  it('prices a stopped 100 GB volume disk at $0.66 a day', () => {
    expect(formatUsd(storagePerDay(100, 200_000))).toBe('$0.66');
    expect(formatUsd(storagePerHour(100, 200_000))).toBe('$0.03');
  });

  it('is always a whole number of micro-dollars', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(1e9), (usd, ms) => {
        expect(Number.isInteger(microUsd(usd))).toBe(true);
        expect(Number.isInteger(costOver(microUsd(usd), ms))).toBe(true);
      }),
    );
  });

  it('costs an hour what the hourly rate says', () => {
    expect(costOver(490_000, 3_600_000)).toBe(490_000);
    expect(costOver(490_000, 1_800_000)).toBe(245_000);
  });
});
