import { describe, expect, it } from 'vitest';
import { type Digest, factsFor } from '../../src/policy/costs/digest.ts';
import { forecast } from '../../src/policy/costs/forecast.ts';
import { Digests } from '../../src/store/digests.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();

function digest(createdAt: number): Digest {
  const window = { kind: 'daily' as const, first: '2026-11-23', last: '2026-11-23', dueAt: NOW };
  const facts = factsFor({
    window,
    now: createdAt,
    days: new Map(),
    sums: new Map(),
    memory: null,
    autoPay: null,
    postpaid: null,
    month: forecast({ day: '2026-11-23', soFar: 0 }, new Map()),
    budgets: [],
    dayBudget: null,
    audit: { n: 0, mac: '' },
  });
  return { id: 'daily_2026-11-23_gpu', rev: 1, room: 'gpu', zone: 'UTC', createdAt, ...window, facts };
}

describe('digests', () => {
  it('the first who writes a window has written it, and it is done and owed in the same step', async () => {
    const digests = new Digests(redis.client());
    const written = await Promise.all([1, 2, 3].map((at) => digests.write(digest(at))));
    expect(written.filter(Boolean)).toHaveLength(1);
    expect((await digests.get('daily_2026-11-23_gpu'))?.createdAt).toBe(written.indexOf(true) + 1);
    expect(await digests.done('gpu', 'daily')).toBe('2026-11-23');
    expect(await digests.untold()).toEqual(['daily_2026-11-23_gpu']);
  });

  it('stays owed where it moved on while it was told', async () => {
    const digests = new Digests(redis.client());
    const first = digest(1);
    await digests.write(first);
    expect(await digests.correct(first, { ...first.facts, total: 5 })).toBe(true);
    // Judged on what is not there any more.
    expect(await digests.correct(first, { ...first.facts, total: 6 })).toBe(false);
    await digests.told(first.id, 1);
    expect(await digests.untold()).toEqual([first.id]);
    await digests.told(first.id, 2);
    expect(await digests.untold()).toEqual([]);
    expect((await digests.get(first.id))?.facts.total).toBe(5);
  });
});
