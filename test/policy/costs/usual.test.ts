import { describe, expect, it } from 'vitest';
import type { CostDay, CostLine } from '../../../src/policy/costs/day.ts';
import { type Day, plusDays } from '../../../src/policy/costs/days.ts';
import { forecast } from '../../../src/policy/costs/forecast.ts';
import { sinceFirstUse, sumsOfDay } from '../../../src/policy/costs/sums.ts';
import { movers, usualFor } from '../../../src/policy/costs/usual.ts';
import { ALICE } from '../rows.ts';

const usd = (amount: number) => amount * 1e6;
const line = (name: string, amount: number, more: Partial<CostLine> = {}): CostLine => ({
  product: 'pods',
  id: `id-${name}`,
  name,
  owner: null,
  project: null,
  gpu: 'RTX 4090',
  amounts: { gpu: usd(amount) },
  stopped: 0,
  idle: 0,
  orphan: false,
  savedBySpot: 0,
  ...more,
});
const day = (of: Day, lines: CostLine[]): CostDay => ({
  zone: 'UTC',
  day: of,
  from: Date.parse(of),
  to: Date.parse(of) + 86_400_000,
  exact: true,
  readAt: 0,
  final: true,
  hours: 24,
  estimated: 0,
  unknown: 0,
  total: lines.reduce((sum, one) => sum + (one.amounts.gpu ?? 0), 0),
  lines,
  saved: { stops: 0, terminations: 0 },
});
const LAST = '2026-11-17';
const history = (backs: Record<number, CostLine[]>) =>
  new Map(
    Object.entries(backs).map(([back, lines]) => {
      const at = plusDays(LAST, -Number(back));
      return [at, day(at, lines)] as const;
    }),
  );

describe('what is usual', () => {
  it('is the median of the same weekday, where three of them are known', () => {
    const known = history({ 7: [line('a', 10)], 14: [line('a', 30)], 21: [line('a', 20)], 1: [line('a', 500)] });
    expect(usualFor(LAST, known)).toMatchObject({ total: usd(20), sameWeekday: true });
  });

  it('else that of the two weeks before, and nothing where fewer than three days are known', () => {
    const known = history({ 7: [line('a', 10)], 1: [line('a', 40)], 2: [line('a', 30)] });
    expect(usualFor(LAST, known)).toMatchObject({ total: usd(30), sameWeekday: false });
    expect(usualFor(LAST, history({ 1: [line('a', 40)], 7: [line('a', 10)] }))).toBeNull();
  });

  it('counts no day before the first that cost anything', () => {
    const days = history({ 3: [line('a', 5)], 2: [line('a', 5)] });
    const empty = history({ 7: [], 14: [], 21: [] });
    const all = new Map([...days, ...empty]);
    const sums = new Map([...all].map(([at, one]) => [at, sumsOfDay(one)]));
    expect([...sinceFirstUse(all, sums).keys()].sort()).toEqual([...days.keys()].sort());
  });

  it('says by whom a day differs, in its own direction, jobs by owner and name and not by id', () => {
    const same = {
      7: [line('alice-train-k3f9t2', 10)],
      14: [line('alice-train-m7q4w8', 10)],
      21: [line('alice-train-p2r5s9', 12)],
    };
    const usual = usualFor(LAST, history(same));
    if (!usual) throw new Error('nothing is usual');
    const dear = day(LAST, [
      line('alice-train-z2z2z2', 11),
      line('bob-sweep-3-k3f9t2', 335, { owner: ALICE }),
      line('c', 0.001),
    ]);
    expect(movers(dear, usual)).toMatchObject([
      { name: 'sweep-3', owner: ALICE, by: usd(335) },
      { name: 'train', by: usd(1) },
    ]);
    expect(movers(day(LAST, []), usual)).toMatchObject([{ name: 'train', by: usd(-10) }]);
  });
});

describe('what a month will come to', () => {
  const totals = (from: Day, amounts: number[]) =>
    new Map(amounts.map((amount, i) => [plusDays(from, i), usd(amount)] as const));

  it('is what was spent, and days like those before', () => {
    const known = totals('2026-11-01', [10, 10, 10, 20, 10]);
    expect(forecast({ day: '2026-11-06', soFar: usd(4) }, known)).toEqual({
      soFar: usd(64),
      month: { low: usd(60 + 25 * 10), expected: usd(60 + 25 * 12), high: usd(60 + 25 * 20) },
      missing: 0,
    });
  });

  it('of a month that is over is what it has cost, however few days of it are known', () => {
    const over = { day: '2026-11-30', soFar: usd(4), over: true };
    const all = { low: usd(14), expected: usd(14), high: usd(14) };
    // The first use was the day before: two days are too few for a forecast, and enough for a sum.
    expect(forecast(over, totals('2026-11-29', [10]), '2026-11-29')).toEqual({
      soFar: usd(14),
      month: all,
      missing: 0,
    });
    expect(forecast({ ...over, day: '2026-11-29' }, totals('2026-11-28', [10]), '2026-11-28').month).toBeNull();
  });

  it('is no less than today has come to already', () => {
    const { month } = forecast({ day: '2026-11-30', soFar: usd(99) }, totals('2026-11-01', Array(29).fill(10)));
    expect(month).toEqual({ low: usd(389), expected: usd(389), high: usd(389) });
  });

  it('is not told where days of it are missing, or too few are known', () => {
    expect(forecast({ day: '2026-11-06', soFar: 0 }, totals('2026-11-02', [10, 10, 10, 10]))).toMatchObject({
      month: null,
      missing: 1,
    });
    expect(
      forecast({ day: '2026-11-06', soFar: 0 }, totals('2026-11-02', [10, 10, 10, 10]), '2026-11-02').month,
    ).not.toBeNull();
    expect(forecast({ day: '2026-12-02', soFar: 0 }, totals('2026-12-01', [10]))).toMatchObject({
      month: null,
      soFar: usd(10),
    });
  });
});
