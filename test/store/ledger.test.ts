import { describe, expect, it } from 'vitest';
import * as moves from '../../src/policy/ledger-moves.ts';
import { Cards } from '../../src/store/cards.ts';
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

  it('the same launch written twice at once is one row, and counts once', async () => {
    const ledger = new Ledger(redis.client());
    const judge = (open: unknown[]) => (open.length >= 1 ? 'full' : null);
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.add(newRow(), judge)));
    expect(results.every((r) => 'row' in r && r.row.id === 'p1')).toBe(true);
    expect(await ledger.open()).toHaveLength(1);
  });

  it('starts at once never exceed a limit either', async () => {
    const ledger = new Ledger(redis.client());
    const off = (i: number) => newRow({ id: `p${i}`, podId: `pod${i}`, facts: FACTS, status: 'stopped' });
    for (let i = 0; i < 10; i++) await ledger.add(off(i), yes);
    const task = (i: number) => ({ id: `t${i}`, kind: 'start' as const, by: off(0).by, at: NOW, asOnDemand: false });
    const atMostThree = (open: { status: string }[]) =>
      open.filter((r) => r.status === 'starting').length >= 3 ? 'full' : null;
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ledger.moveJudged(`p${i}`, moves.ask(task(i), NOW), atMostThree)),
    );
    expect(results.filter((r) => r !== null && 'moved' in r && r.moved)).toHaveLength(3);
  });

  it('one of many workers gets the claim', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    await ledger.move('p1', moves.take('name', NOW));
    const claims = await Promise.all(Array.from({ length: 20 }, () => ledger.move('p1', moves.sending(1, NOW, 1))));
    expect(claims.filter((c) => c?.moved)).toHaveLength(1);
  });

  it('the row, its pod, and what must follow are written together', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    expect(await ledger.untold()).toEqual(['p1']);
    expect((await ledger.passing()).map((r) => r.id)).toEqual(['p1']);
    await ledger.move('p1', moves.take('name', NOW));
    await ledger.move('p1', moves.sending(1, NOW, 1));
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
    await Promise.all(['pa', 'pa', 'pa', 'pa'].map(adopt));
    expect(await ledger.open()).toHaveLength(1);
    expect(await ledger.untold()).toEqual([]);
  });

  it('watches the names that nobody answered for, for a day', async () => {
    const ledger = new Ledger(redis.client());
    await ledger.add(newRow(), yes);
    await ledger.move('p1', moves.take('name', NOW));
    await ledger.move('p1', moves.sending(1, NOW, 1000));
    await ledger.move('p1', moves.ambiguous(1, NOW, 1000));
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
