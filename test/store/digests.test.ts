import { describe, expect, it } from 'vitest';
import { Digests } from '../../src/store/digests.ts';
import { digest } from './digest.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();

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

  it('count windows from where they were first begun, however often somebody begins', async () => {
    const digests = new Digests(redis.client());
    await digests.begin('gpu', 'daily', '2026-11-20');
    await digests.begin('gpu', 'daily', '2026-11-23');
    expect(await digests.done('gpu', 'daily')).toBe('2026-11-20');
  });
});
