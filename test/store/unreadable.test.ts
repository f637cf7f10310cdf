import { describe, expect, it } from 'vitest';
import { blindHit } from '../../src/policy/findings/blind.ts';
import { settle } from '../../src/policy/findings/settle.ts';
import { blank } from '../../src/policy/scan/memory.ts';
import { unread as unreadSchema } from '../../src/policy/unread.ts';
import { Choices } from '../../src/store/choices.ts';
import { Costs } from '../../src/store/costs.ts';
import { Findings } from '../../src/store/findings.ts';
import { key } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { FakeProvider } from '../jobs/provider.ts';
import { NOW, newRow } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const named = async () =>
  (await new Snapshots(redis.client()).unreadable()).map((one) => `${unreadSchema.parse(one).id}: ${one.field}`).sort();

/** Spoils one field of a document in the store, behind everybody's back. */
async function spoil(at: string, change: (document: never) => void, field: string | null = 'json'): Promise<void> {
  const client = redis.client();
  const document = JSON.parse((field === null ? await client.get(at) : await client.hget(at, field)) ?? '');
  change(document as never);
  const json = JSON.stringify(document);
  if (field === null) await client.set(at, json);
  else await client.hset(at, field, json);
}

const pod = (id: string) => new FakeProvider().add(id, `alice-${id}-k3f9t2`);

describe('one record in the store that cannot be read', () => {
  it('leaves the other rows of the ledger, and is named', async () => {
    const ledger = new Ledger(redis.client());
    for (const id of ['a', 'b', 'c']) await ledger.add(newRow({ id, podId: `pod-${id}` }), () => null);
    await spoil(key('row', 'b'), (row: { status: string }) => {
      row.status = 'dreaming';
    });
    await redis.client().hset(key('row', 'c'), 'json', 'not JSON');
    expect((await ledger.open()).map(({ id }) => id)).toEqual(['a']);
    expect((await ledger.passing()).map(({ id }) => id)).toEqual(['a']);
    expect([...(await ledger.byPods(['pod-a', 'pod-b'])).keys()]).toEqual(['pod-a']);
    expect(await named()).toEqual(['row b: status', 'row c: row']);
    // Who asks for that row alone hears that it cannot be read: nothing is done to it.
    await expect(ledger.get('b')).rejects.toThrow();
  });

  it('leaves the other warnings', async () => {
    const findings = new Findings(redis.client());
    let ids = 0;
    const when = { now: NOW, newId: () => `i${++ids}`, awake: () => NOW };
    const hits = ['scan', 'bot'].map((subject) => blindHit('failing', subject, NOW, '', NOW, 'gpu'));
    const steps = settle([], hits, when as never).map((after) => ({ before: null, after }));
    await findings.commit(null, blank(NOW), steps);
    await spoil(key('finding', 'i1'), (one: { severity: string }) => {
      one.severity = 'loud';
    });
    expect((await findings.open()).map(({ id }) => id)).toEqual(['i2']);
    expect(await named()).toEqual(['warning i1: severity']);
  });

  it('leaves what scans remember of the other pods', async () => {
    const findings = new Findings(redis.client());
    const look = {
      name: 'x',
      state: 'up' as const,
      zeroGpu: false,
      rate: 1,
      containerDiskGb: 1,
      volumeDiskGb: 1,
      imageMark: '',
    };
    const remembered = {
      ...{ look, next: null, firstSeenAt: 1, since: 1, source: 'seen' as const, said: null, upRate: 1 },
      ...{ idleSince: null, idleReads: 0, missing: 0 },
    };
    await findings.commit(null, { ...blank(NOW), pods: { a: remembered, b: remembered } }, []);
    await spoil(key('scan'), (memory: { pods: { b: { since: unknown } } }) => {
      memory.pods.b.since = null;
    });
    expect(Object.keys((await findings.memory())?.pods ?? {})).toEqual(['a']);
    expect(await named()).toEqual(['pods b: since']);
  });

  it('leaves the other pods, GPU types and volumes that were last read', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveFleet({ readAt: NOW, pods: [pod('a'), pod('b')] });
    await spoil(
      key('fleet'),
      (fleet: { pods: { name: unknown }[] }) => {
        for (const one of fleet.pods.slice(1)) one.name = null;
      },
      null,
    );
    expect((await snapshots.fleet())?.pods.map(({ id }) => id)).toEqual(['a']);
    const volume = { id: 'v', name: 'v', sizeGb: 1, dataCenter: 'EU-RO-1' };
    const gpu = {
      ...{ id: 'g', name: 'g', memoryGb: 8, stock: 'HIGH' as const, dataCenters: [], spot: null },
      sold: { SECURE: true, COMMUNITY: false },
      price: { SECURE: 1, COMMUNITY: null },
      maxCount: { SECURE: 1, COMMUNITY: null },
    };
    const gpus = [gpu, { ...gpu, id: 'bad', memoryGb: null as never }];
    const networkVolumes = [
      { ...volume, sizeGb: 'x' as never },
      { ...volume, id: 'w' },
    ];
    await snapshots.saveCatalogue({ readAt: NOW, gpus, dataCenters: ['A'], networkVolumes });
    const read = await snapshots.catalogue();
    expect([read?.gpus.map(({ id }) => id), read?.networkVolumes.map(({ id }) => id)]).toEqual([['g'], ['w']]);
    expect(await named()).toEqual(['gpus bad: memoryGb', 'networkVolumes v: sizeGb', 'pods b: name']);
  });

  it('is nothing read yet where it is a whole snapshot: the next read replaces it', async () => {
    const snapshots = new Snapshots(redis.client());
    await redis.client().set(key('fleet'), '{"readAt":');
    expect(await snapshots.fleet()).toBeNull();
    expect(await named()).toEqual(['fleet: row']);
  });

  it('leaves the other hours, the other pods of the bill, and other people’s choices', async () => {
    const costs = new Costs(redis.client());
    const hour = { readAt: NOW, total: 1, products: {}, parts: [] };
    const [first, second] = [NOW, NOW + 3_600_000];
    await costs.saveHours(
      new Map([
        [first, hour],
        [second, { ...hour, total: null as never }],
      ]),
    );
    expect([...(await costs.hours([first, second])).keys()]).toEqual([first]);
    await costs.see(
      new Map([
        ['a', { name: 'a', gpu: null, at: NOW }],
        ['b', { name: 7 as never, gpu: null, at: NOW }],
      ]),
    );
    expect([...(await costs.seen(['a', 'b'])).keys()]).toEqual(['a']);
    await redis.client().hset(key('choices'), { alice: '{}', bob: '7' });
    expect([...(await new Choices(redis.client()).all()).keys()]).not.toContain('bob');
    expect((await named()).filter((one) => /hour|costs of pod b|bob/.test(one))).toHaveLength(3);
  });
});
