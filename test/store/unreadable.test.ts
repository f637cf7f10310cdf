import { describe, expect, it } from 'vitest';
import { budgetsIn } from '../../src/jobs/cost-reading.ts';
import { blindHit } from '../../src/policy/findings/blind.ts';
import { settle } from '../../src/policy/findings/settle.ts';
import { blank } from '../../src/policy/scan/memory.ts';
import { unread as unreadSchema } from '../../src/policy/unread.ts';
import { Audit } from '../../src/store/audit.ts';
import { Budgets } from '../../src/store/budgets.ts';
import { Choices } from '../../src/store/choices.ts';
import { Costs } from '../../src/store/costs.ts';
import { Digests } from '../../src/store/digests.ts';
import { Findings } from '../../src/store/findings.ts';
import { key } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Owners } from '../../src/store/owners.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { FakeProvider } from '../jobs/provider.ts';
import { ALICE, NOW, newRow } from '../policy/rows.ts';
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
    await redis.client().hset(key('digest', 'd1'), 'json', '{"room":7}');
    expect(await new Digests(redis.client()).get('d1')).toBeNull();
    expect((await named()).filter((one) => /hour|costs of pod b|bob|digest d1/.test(one))).toHaveLength(4);
  });

  it('leaves the other people that a chat was read for: who cannot be read is not known', async () => {
    const snapshots = new Snapshots(redis.client());
    const member = { name: 'x', membership: 'member' as const, groups: [] };
    const people = ['slack:T1/U1', 'slack:T1/U2', 'slack:T1/U3'].map(
      (account) => [account, { ...member, account }] as const,
    );
    await snapshots.saveMembers('slack', new Map(people), await snapshots.beginRead(NOW));
    const stored = await redis.client().hgetall(key('people', 'slack'));
    const fields = Object.keys(stored).filter((field) => field !== 'all');
    await redis.client().hset(key('people', 'slack'), fields[0] ?? '', '1 {"account":"slack:T1/U1"}');
    await redis.client().hset(key('people', 'slack'), fields[1] ?? '', '1 not JSON');
    expect(Object.keys((await snapshots.members('slack')).accounts)).toHaveLength(1);
    expect((await named()).filter((one) => one.startsWith('account '))).toHaveLength(2);
  });

  it('leaves the other claims, and stands as it is where they change', async () => {
    const owners = new Owners(redis.client(), new Audit(redis.client(), 'k'.repeat(32)));
    const claim = { by: ALICE, room: null, at: NOW };
    await owners.change(() => ({ a: claim, b: claim }), []);
    await spoil(key('owners'), (document: { pods: { b: { at: unknown } } }) => {
      document.pods.b.at = 'noon';
    });
    expect([...(await owners.all()).keys()]).toEqual(['a']);
    expect(await named()).toEqual(['claim of pod b: at']);
    // Whose a pod is decides whether it may be deleted.
    await expect(owners.of('b')).rejects.toThrow('cannot be read');
    expect(await owners.of('a')).toMatchObject({ at: NOW });
    await owners.change((pods) => ({ ...pods, c: claim }), []);
    const kept = JSON.parse((await redis.client().hget(key('owners'), 'json')) ?? '');
    expect(kept.pods.b.at).toBe('noon');
    await owners.change((pods) => ({ ...pods, b: claim }), []);
    expect((await owners.of('b'))?.at).toBe(NOW);
  });

  it('leaves the other budgets, while nobody can tell how they stand', async () => {
    const budgets = new Budgets(redis.client(), new Audit(redis.client(), 'k'.repeat(32)));
    const entry = { at: NOW, kind: 'budget', actor: null, subject: 'x', facts: {} };
    for (const scope of ['team', 'person alice']) {
      await budgets.change(scope, () => ({ next: { day: 10, month: null }, entry }));
    }
    // A bill that was read.
    const costs = { sums: async () => new Map([['2020-01-01', {}]]) } as never;
    const rules = { base: new Map(), beyond: 'ask' as const };
    expect(await budgetsIn('UTC', NOW, { costs, budgets, rules })).toHaveLength(2);
    await spoil(key('budgets'), (document: { scopes: { team: { day: unknown } } }) => {
      document.scopes.team.day = 'much';
    });
    expect([...(await budgets.all()).keys()]).toEqual(['person alice']);
    expect(await budgetsIn('UTC', NOW, { costs, budgets, rules })).toBe('unread');
    expect(await named()).toEqual(['budget of team: day']);
  });
});
