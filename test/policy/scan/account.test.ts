import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceAt, believeBalance, paysItself, peakOf, withJump, withPeak } from '../../../src/policy/scan/account.ts';
import { believeOther } from '../../../src/policy/scan/burn.ts';
import { type AccountMemory, blank } from '../../../src/policy/scan/memory.ts';
import { DAY, HOUR, MINUTE, NOW } from './scans.ts';

const DOLLAR = 1_000_000;
const burn = { before: 12 * DOLLAR, now: 12 * DOLLAR, compute: 12 * DOLLAR };
const at = (usd: number, more: Partial<AccountMemory> = {}): AccountMemory => ({
  balance: usd * DOLLAR,
  readAt: NOW,
  postpaid: false,
  declared: null,
  source: null,
  doubt: null,
  topUps: [],
  ...more,
});

/** Reads five minutes apart, in USD. */
function read(start: AccountMemory | null, ...reads: (number | null)[]): AccountMemory | null {
  return reads.reduce<AccountMemory | null>(
    (account, usd, i) =>
      believeBalance(
        account,
        usd === null ? null : { balance: Math.round(usd * DOLLAR), postpaid: false },
        burn,
        NOW + (i + 1) * 5 * MINUTE,
      ),
    start,
  );
}

describe('the balance', () => {
  it('is believed where the burn explains it', () => {
    expect(read(at(100), 99)).toMatchObject({ balance: 99 * DOLLAR, doubt: null });
  });

  it('is doubted where it does not, until three scans agree', () => {
    expect(read(at(100), 40)).toMatchObject({ balance: 100 * DOLLAR, doubt: { reads: 1 } });
    expect(read(at(100), 40, 39)).toMatchObject({ balance: 100 * DOLLAR, doubt: { reads: 2 } });
    expect(read(at(100), 40, 39, 38)).toMatchObject({ balance: 38 * DOLLAR, doubt: null, topUps: [] });
  });

  it('that rose is a top-up, from what there was by then', () => {
    const account = read(at(100), 149, 148, 147);
    expect(account?.topUps).toMatchObject([
      { at: NOW + 15 * MINUTE, from: 97 * DOLLAR, amount: 50 * DOLLAR, promised: false },
    ]);
  });

  it('keeps who told it, and stays postpaid where a source does not tell that', () => {
    const broke = { balance: -5 * DOLLAR, postpaid: null, source: 'graphql' as const };
    const account = believeBalance(at(1, { postpaid: true, source: 'v2' }), broke, burn, NOW + 5 * MINUTE);
    expect(account).toMatchObject({ balance: -5 * DOLLAR, postpaid: true, source: 'graphql' });
    expect(believeBalance(null, { ...broke, balance: DOLLAR }, burn, NOW)).toMatchObject({ postpaid: false });
  });

  it('is not agreed on by three reads in half a minute', () => {
    const soon = [0, 10_000, 20_000, 30_000].reduce<AccountMemory | null>(
      (account, ms) => believeBalance(account, { balance: 40 * DOLLAR, postpaid: false }, burn, NOW + 5 * MINUTE + ms),
      at(100),
    );
    expect(soon).toMatchObject({ balance: 100 * DOLLAR, doubt: { reads: 1 } });
  });

  it('of one bad read is forgotten', () => {
    expect(read(at(100), 0, 98, 97)).toMatchObject({ balance: 97 * DOLLAR, doubt: null, topUps: [] });
  });

  it('of $0 while pods run contradicts itself, however often it is read', () => {
    expect(read(at(100), 0, 0, 0, 0, 0, 0, 0, 0)).toMatchObject({ balance: 100 * DOLLAR });
    expect(read(null, 0, 0)).toBeNull();
  });

  it('of $0 that the burn explains is $0', () => {
    expect(read(at(1), 0)).toMatchObject({ balance: 0 });
  });

  it('that cannot be read stays what it was, less what is spent', () => {
    const account = read(at(100), null, null);
    expect(account).toEqual(at(100));
    expect(balanceAt(at(100), 12 * DOLLAR, NOW + 2 * HOUR)).toBe(76 * DOLLAR);
  });

  it('never follows one read that differs from all others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.double({ min: -500, max: 5000, noNaN: true }), (when, lie) => {
        const reads = Array.from({ length: 15 }, (_, i) => (i === when ? lie : 100 - (i + 1)));
        const last = read(at(100), ...reads);
        expect(Math.abs((last?.balance ?? 0) - 85 * DOLLAR)).toBeLessThan(1.01 * DOLLAR);
        expect(last?.topUps).toEqual([]);
      }),
    );
  });
});

describe('auto-pay', () => {
  const rise = (days: number, usd: number, promised = false) => ({
    at: NOW - days * DAY,
    from: 0,
    amount: usd * DOLLAR,
    promised,
  });
  it.each([
    ['two rises of one size', [rise(1, 50), rise(5, 48)], null, true],
    ['of two sizes: people', [rise(1, 50), rise(5, 200)], null, false],
    ['of one size, but one was promised here', [rise(1, 50, true), rise(5, 50)], null, false],
    ['one alone', [rise(1, 50)], null, false],
    ['as declared', [], true, true],
    ['as denied', [rise(1, 50), rise(5, 50)], false, false],
  ])('%s', (_, topUps, declared, expected) => {
    expect(paysItself(at(100, { topUps }), declared)).toBe(expected);
  });
});

describe('what bills beyond pods and volumes', () => {
  const seen = (...reads: (number | null)[]) =>
    reads.reduce((memory, read) => Object.assign(memory, believeOther(memory, read)), { ...blank(NOW), lastAt: NOW });
  it('is believed when three reads agree, and never by one', () => {
    expect(seen(300e6)).toMatchObject({ otherPerHour: 0, otherDoubt: { reads: 1 } });
    expect(seen(300e6, 0)).toMatchObject({ otherPerHour: 0, otherDoubt: null });
    expect(seen(300e6, 301e6, 299e6)).toMatchObject({ otherPerHour: 299e6, otherDoubt: null });
    expect(seen(300e6, null, 300e6, 0, 300e6)).toMatchObject({ otherPerHour: 0 });
  });
});

describe('peaks', () => {
  it('are the highest of each day, for fourteen of them', () => {
    let peaks = {};
    for (let day = 0; day < 40; day++) peaks = withPeak(peaks, day * DOLLAR, NOW + day * DAY);
    peaks = withPeak(peaks, 1, NOW + 39 * DAY);
    expect(Object.keys(peaks)).toHaveLength(15);
    expect(peakOf(peaks)).toBe(39 * DOLLAR);
    expect(peakOf({})).toBeNull();
  });
});

it('a jump of the burn is remembered from the last scan that saw it open', () => {
  const open = [{ facts: { rule: 'burn-jump' as const, perHour: 16e6, peak: 10e6, limit: null, pods: [] } }];
  const seen = withJump(null, open, 5);
  expect(seen).toEqual({ at: 5, perHour: 16e6 });
  expect(withJump(seen, open, 6)).toEqual({ at: 6, perHour: 16e6 });
  expect(withJump(seen, [], 7)).toBe(seen);
});
