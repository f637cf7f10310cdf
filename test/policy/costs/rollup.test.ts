import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumOf } from '../../../src/policy/costs/amounts.ts';
import type { CostDay } from '../../../src/policy/costs/day.ts';
import { cutOf } from '../../../src/policy/costs/days.ts';
import { type BilledHour, HOUR_MS, type MeteredHour } from '../../../src/policy/costs/hours.ts';
import { GROUPINGS, grouped, sumsOf } from '../../../src/policy/costs/report.ts';
import { type Ending, type Known, type RollUp, rollUp } from '../../../src/policy/costs/rollup.ts';
import { ALICE } from '../rows.ts';

const DAY = '2026-11-24';
const cut = cutOf(DAY, 'UTC');
const nobodys: Known = { name: '', owner: null, project: null, gpu: null, orphan: false, spot: null };

function day(
  hours: Record<number, BilledHour | MeteredHour>,
  more: Partial<RollUp> = {},
  known: Partial<Known> = {},
): CostDay {
  const at = (start: number) => hours[(start - cut.from) / HOUR_MS];
  const isBilled = (hour: BilledHour | MeteredHour | undefined): hour is BilledHour =>
    hour !== undefined && 'total' in hour;
  return rollUp({
    day: DAY,
    zone: 'UTC',
    cut,
    now: cut.to,
    billed: (start) => {
      const hour = at(start);
      return isBilled(hour) ? hour : null;
    },
    metered: (start) => {
      const hour = at(start);
      return hour && !isBilled(hour) ? hour : null;
    },
    known: (_, id) => ({ ...nobodys, name: id, ...known }),
    endings: [],
    ...more,
  });
}

const billed = (parts: BilledHour['parts'], more: Partial<BilledHour> = {}): BilledHour => ({
  readAt: cut.to,
  total: parts.reduce((sum, [, , usd]) => sum + sumOf(usd), 0),
  products: {},
  parts,
  ...more,
});

const usd = fc.double({ min: 0, max: 40, noNaN: true });
const part = fc
  .tuple(fc.constantFrom('a', 'b', 'c'), usd, usd)
  .map(([id, gpu, disk]): BilledHour['parts'][number] => ['pods', id, { gpu, disk }]);

describe('hours rolled up to a day', () => {
  it('add up to RunPod’s total, whatever rounding left over, in every grouping', () => {
    const hour = fc.array(part, { maxLength: 5 }).chain((parts) =>
      // What the products sum up to may be more than the parts that were told, and the total more than the products.
      fc.tuple(usd, usd).map(([unlisted, unknown]) => {
        const gpu = parts.reduce((sum, [, , of]) => sum + (of.gpu ?? 0), 0) + unlisted;
        const disk = parts.reduce((sum, [, , of]) => sum + (of.disk ?? 0), 0);
        return billed(parts, { products: { pods: { gpu, disk } }, total: gpu + disk + unknown });
      }),
    );
    fc.assert(
      fc.property(fc.array(hour, { minLength: 1, maxLength: 24 }), (hours) => {
        const one = day(Object.fromEntries(hours.map((of, i) => [i, of])));
        const total = hours.reduce((sum, of) => sum + of.total, 0);
        expect(one.total).toBe(Math.round(total * 1e6));
        expect(one.lines.reduce((sum, line) => sum + sumOf(line.amounts), 0)).toBe(one.total);
        for (const by of GROUPINGS) {
          expect(grouped([one], by).reduce((sum, group) => sum + group.total, 0)).toBe(one.total);
        }
        const { total: all, compute, storage } = sumsOf([one]);
        expect(compute + storage).toBe(all);
      }),
    );
  });

  it('does not let the rounding of hours add up', () => {
    const hour = billed([['pods', 'a', { disk: 0.0000004 }]], { products: { pods: { disk: 0.0000004 } } });
    const one = day(Object.fromEntries(Array.from({ length: 24 }, (_, i) => [i, hour])));
    expect(one.total).toBe(10);
  });

  it('takes disk for stopped in hours without compute', () => {
    const one = day({
      0: billed([['pods', 'a', { gpu: 1, disk: 0.01 }]]),
      1: billed([['pods', 'a', { disk: 0.02 }]]),
    });
    expect(one.lines.find(({ id }) => id === 'a')).toMatchObject({ stopped: 20_000, amounts: { disk: 30_000 } });
  });

  it('says what stands on scans, and of how many hours nothing is known', () => {
    const seen: MeteredHour = { parts: [{ product: 'pods', id: 'a', amounts: { gpu: 300_000 }, idle: 100_000 }] };
    const one = day({ 0: billed([['pods', 'a', { gpu: 1 }]]), 1: seen }, { now: cut.from + 3 * HOUR_MS - 1 });
    expect(one).toMatchObject({ hours: 3, estimated: 1, unknown: 1, total: 1_300_000, final: false });
    expect(one.lines).toMatchObject([{ id: 'a', idle: 100_000 }]);
  });

  it('is final where every hour was read three days after its end', () => {
    const late = (readAt: number) =>
      Object.fromEntries(Array.from({ length: 24 }, (_, i) => [i, { ...billed([]), readAt }]));
    const threeDays = 3 * 24 * HOUR_MS;
    expect(day(late(cut.to + threeDays)).final).toBe(true);
    expect(day(late(cut.to + threeDays - 1)).final).toBe(false);
  });

  it('takes spot’s saving from the on-demand price of the same pod', () => {
    const one = day({ 0: billed([['pods', 'a', { gpu: 2 }]]) }, {}, { spot: { rate: 200_000, onDemand: 500_000 } });
    expect(one.lines[0]?.savedBySpot).toBe(3_000_000);
  });

  it('counts what an ending saved for a day at most', () => {
    const ending: Ending = { kind: 'stops', at: cut.from - 20 * HOUR_MS, rate: 1_000_000, after: 100_000 };
    expect(day({}, { endings: [ending] }).saved).toEqual({ stops: 4 * 900_000, terminations: 0 });
    expect(day({}, { endings: [{ ...ending, at: cut.from - 30 * HOUR_MS }] }).saved.stops).toBe(0);
    expect(day({}, { endings: [{ ...ending, at: cut.to - HOUR_MS, kind: 'terminations' }] }).saved.terminations).toBe(
      900_000,
    );
  });

  it('puts what has an owner under them, and names what has none', () => {
    const one = day(
      {
        0: billed([
          ['pods', 'a', { gpu: 1 }],
          ['volumes', 'v', { standard: 0.5 }],
        ]),
      },
      {},
      { owner: ALICE },
    );
    expect(grouped([one], 'person').map(({ label, total }) => [label, total])).toEqual([['Alice', 1_500_000]]);
    const two = day({
      0: billed([
        ['pods', 'a', { gpu: 1 }],
        ['volumes', 'v', { standard: 0.5 }],
      ]),
    });
    expect(grouped([two], 'person').map(({ label }) => label)).toEqual(['Pods of nobody', 'Network volumes']);
  });
});
