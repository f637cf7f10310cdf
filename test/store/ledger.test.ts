import { describe, expect, it } from 'vitest';
import * as moves from '../../src/policy/ledger-moves.ts';
import { Cards } from '../../src/store/cards.ts';
import { Claims } from '../../src/store/claims.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const yes = () => null;

describe('the ledger', () => {
  it('fifty launches at once never exceed a limit', async () => {
    const ledger = new Ledger(redis.client());
    const add = (i: number) => ledger.add(newRow({ id: `p${i}` }), (open) => (open.length >= 7 ? 'full' : null));
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => add(i)));
    expect(results.filter((r) => 'row' in r)).toHaveLength(7);
    expect(await ledger.open()).toHaveLength(7);
  });

  it('one of many workers gets the claim', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    await ledger.move('p1', moves.take('name', NOW));
    const claims = await Promise.all(Array.from({ length: 20 }, () => ledger.move('p1', moves.sending(1, 1))));
    expect(claims.filter((c) => c?.moved)).toHaveLength(1);
  });

  it('the row, its pod, and what must follow are written together', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    expect(await ledger.untold()).toEqual(['p1']);
    expect((await ledger.passing()).map((r) => r.id)).toEqual(['p1']);
    await ledger.move('p1', moves.take('name', NOW));
    await ledger.move('p1', moves.sending(1, 1));
    await ledger.move('p1', moves.created('pod1', FACTS, NOW));
    expect((await ledger.byPod('pod1'))?.id).toBe('p1');
    await ledger.move('p1', moves.running(FACTS, NOW));
    expect(await ledger.passing()).toEqual([]);
    expect(await ledger.open()).toHaveLength(1);
  });

  it('is told only at the revision that was told', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    await ledger.move('p1', moves.take('name', NOW));
    await ledger.told('p1', 1);
    expect(await ledger.untold()).toEqual(['p1']);
    await ledger.told('p1', 2);
    expect(await ledger.untold()).toEqual([]);
  });

  it('keeps one row for a pod that was made elsewhere, however many ask at once, and tells nobody yet', async () => {
    const ledger = new Ledger(redis.client());
    const adopt = (id: string) =>
      ledger.adopt(newRow({ id, podId: 'pod9', spec: null, status: 'running', facts: FACTS }));
    await Promise.all(['pa', 'pb', 'pc', 'pd'].map(adopt));
    expect(await ledger.open()).toHaveLength(1);
    expect(await ledger.untold()).toEqual([]);
  });

  it('watches the names that nobody answered for, for a day', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    await ledger.move('p1', moves.take('name', NOW));
    await ledger.move('p1', moves.sending(1, 1000));
    await ledger.move('p1', moves.ambiguous(1, NOW));
    expect(await ledger.watched(2000)).toHaveLength(1);
    expect(await ledger.watched(1001 + 24 * 3_600_000)).toEqual([]);
  });
});

describe('cards', () => {
  it('an older revision never overwrites a newer one', async () => {
    const cards = new Cards(redis.client());
    const at = (revision: number) =>
      cards.save('p1', 'here', (now) => (now && now.revision >= revision ? null : { ref: 1, marker: 'm', revision }));
    await Promise.all([3, 1, 5, 2, 4].map(at));
    expect((await cards.get('p1')).copies.here?.revision).toBe(5);
  });
});

describe('claims', () => {
  it('one delivery of an event is taken, and an acknowledged one stays so', async () => {
    const claims = new Claims(redis.client());
    const taken = await Promise.all(Array.from({ length: 10 }, () => claims.claim('e1')));
    expect(taken.filter(Boolean)).toHaveLength(1);
    await claims.acknowledged('e1');
    expect(await redis.client().pttl('{podwarden}:event:e1')).toBeGreaterThan(60_000);
    expect(await claims.claim('e1')).toBe(false);
  });

  it('an unacknowledged claim lapses within a second', async () => {
    const claims = new Claims(redis.client());
    await claims.claim('e2');
    expect(await redis.client().pttl('{podwarden}:event:e2')).toBeLessThanOrEqual(1000);
  });
});
