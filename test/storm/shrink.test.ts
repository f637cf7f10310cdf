import { describe, expect, it } from 'vitest';
import { generate } from '../../storm/generate.ts';
import type { Entry, Plan } from '../../storm/plan.ts';
import { shrink } from '../../storm/shrink.ts';

const at = (ms: number): Entry => ({ kind: 'clock', at: ms, ms: 1 });
const times = (plan: Plan) => plan.entries.map((entry) => entry.at);
const forever = { runs: 1000, isOver: () => false };
const many: Plan = { seed: 1, clocks: {}, entries: Array.from({ length: 60 }, (_, i) => at(i)) };

describe('shrinking', () => {
  it('finds the two of sixty entries that fail together', async () => {
    const smallest = await shrink(many, async (plan) => times(plan).includes(11) && times(plan).includes(47), forever);
    expect(times(smallest)).toEqual([11, 47]);
  });

  it('finds the one act and one trouble of a storm that fail together', async () => {
    const storm = generate(3);
    const act = storm.entries.find(({ kind }) => kind === 'type');
    const clock = storm.entries.find(({ kind }) => kind === 'clock');
    const fails = async ({ entries }: Plan) => entries.includes(act as Entry) && entries.includes(clock as Entry);
    const smallest = await shrink(storm, fails, forever);
    expect(smallest.entries.map(({ kind }) => kind).sort()).toEqual(['clock', 'type']);
    expect(smallest.seed).toBe(3);
  });

  it('ends after so many runs with the smallest that still failed', async () => {
    let runs = 0;
    const fails = async (plan: Plan) => {
      runs += 1;
      return times(plan).includes(59);
    };
    const smaller = await shrink(many, fails, { runs: 2, isOver: () => false });
    expect(runs).toBe(2);
    expect(times(smaller)).toContain(59);
    expect(smaller.entries.length).toBeLessThan(60);
  });

  it('ends when no time is left, without another run', async () => {
    const fails = async () => {
      throw new Error('no time was left');
    };
    expect(await shrink(many, fails, { runs: 10, isOver: () => true })).toBe(many);
  });
});
