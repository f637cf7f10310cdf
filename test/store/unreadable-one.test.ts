import { describe, expect, it } from 'vitest';
import { blindHit } from '../../src/policy/findings/blind.ts';
import { settle } from '../../src/policy/findings/settle.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Budgets } from '../../src/store/budgets.ts';
import { Cards } from '../../src/store/cards.ts';
import { Choices } from '../../src/store/choices.ts';
import { Costs } from '../../src/store/costs.ts';
import { Digests } from '../../src/store/digests.ts';
import { Findings } from '../../src/store/findings.ts';
import { key } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Links } from '../../src/store/links.ts';
import { MachineClocks } from '../../src/store/machine-clocks.ts';
import { Owners } from '../../src/store/owners.ts';
import { Places } from '../../src/store/places.ts';
import { Pulses } from '../../src/store/pulses.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { Unreadable } from '../../src/store/unreadable.ts';
import { StoreWitness } from '../../src/store/witness.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const client = () => redis.client();
const audit = () => new Audit(client(), 'k'.repeat(32));
const approvals = () => new Approvals(client(), audit());
const links = () => new Links(client(), audit(), approvals());
const witness = () => new StoreWitness(client(), audit(), () => 'i1');
const AT = { now: NOW, realNow: NOW };
const nothing = async () => ({ requests: [], launches: [] });
const PLACE = { chat: 'slack', channel: 'C1' };
const HOUR = Math.floor(NOW / 3_600_000) * 3_600_000;

/** What another release may have written, or a person by hand. */
const GARBAGE = ['not JSON', 'null', '7', '[]', '{}', '{"version":2}'];

/** Where one record stands: a document's `json`, a field of a hash, or a string. */
type Where = { document: string } | { hash: string; field: string } | { string: string };

async function put(where: Where, text: string): Promise<void> {
  if ('document' in where) await client().hset(where.document, { rev: '3', json: text });
  else if ('hash' in where) await client().hset(where.hash, where.field, text);
  else await client().set(where.string, text);
}

async function stands(where: Where): Promise<string | null> {
  if ('document' in where) return client().hget(where.document, 'json');
  return 'hash' in where ? client().hget(where.hash, where.field) : client().get(where.string);
}

const names = async () => (await new Snapshots(client()).unreadable()).map(({ id }) => id);

interface Kind {
  what: string;
  where: Where;
  /** In health. */
  named: string;
  read: () => Promise<unknown>;
  /** What is read in its place. */
  instead: unknown;
}

const LEFT_OUT: Kind[] = [
  {
    what: 'the name of the store, for health',
    where: { document: key('store') },
    named: 'name of the store',
    read: () => witness().loss(NOW),
    instead: null,
  },
  {
    what: 'the name of the store, for whoever looks after it',
    where: { document: key('store') },
    named: 'name of the store',
    read: () => witness().look(AT, nothing),
    instead: { loss: null, isNew: false },
  },
  {
    what: 'the name of the store, for whoever waits for what was lost',
    where: { document: key('store') },
    named: 'name of the store',
    read: () => witness().takeUntold(),
    instead: null,
  },
  {
    what: 'when all people were read',
    where: { hash: key('people', 'slack'), field: 'all' },
    named: 'people of slack',
    read: () => new Snapshots(client()).members('slack'),
    instead: { readAt: null, count: 0, accounts: {} },
  },
  {
    what: 'an account that could not be read',
    where: { hash: key('people-unread', 'slack'), field: 'slack:U1' },
    named: 'unread account slack:U1',
    read: () => new Snapshots(client()).unreadPeople('slack'),
    instead: { chat: null, accounts: new Map() },
  },
  {
    what: 'why a chat could not be read',
    where: { hash: key('people-unread', 'slack'), field: 'all' },
    named: 'unread account all of slack',
    read: () => new Snapshots(client()).unreadPeople('slack'),
    instead: { chat: null, accounts: new Map() },
  },
  {
    what: 'where a card was posted',
    where: { document: key('card', 'c1') },
    named: 'card c1',
    read: () => new Cards(client()).get('c1'),
    instead: { rev: 3, copies: {} },
  },
  {
    what: 'what a person chose',
    where: { hash: key('choices'), field: 'alice' },
    named: 'choices of alice',
    read: async () => (await new Choices(client()).of('alice')).level,
    instead: 'all',
  },
  {
    what: 'a connection of a bot',
    where: { hash: key('pulses'), field: 'slack b1' },
    named: 'connection slack b1',
    read: async () => (await new Pulses(client()).states(['slack'], NOW, { bot: 'b2', told: [] }))[0]?.isOpen,
    instead: false,
  },
  {
    what: 'a closed channel',
    where: { hash: key('places', 'closed'), field: 'slack C1' },
    named: 'channel slack C1',
    read: async () => [await new Places(client()).closed(), await new Places(client()).regained(PLACE)],
    instead: [[], false],
  },
  {
    what: 'what a channel lacks',
    where: { hash: key('places', 'lacking'), field: 'slack C1' },
    named: 'channel slack C1',
    read: () => new Places(client()).lacking(),
    instead: [],
  },
  {
    what: 'the trouble of the bill',
    where: { string: key('cost', 'trouble') },
    named: 'trouble of the bill',
    read: () => new Costs(client()).trouble(),
    instead: null,
  },
  {
    what: 'a digest',
    where: { document: key('digest', 'd1') },
    named: 'digest d1',
    read: () => new Digests(client()).get('d1'),
    instead: null,
  },
  {
    what: 'a link that is to be confirmed',
    where: { string: key('link-pending', 'l1') },
    named: 'link l1 that is to be confirmed',
    read: () => links().pending('l1'),
    instead: null,
  },
  {
    what: 'the form of some requests',
    where: { document: key('approval-batch', 'b1') },
    named: 'form b1',
    read: () => approvals().inBatch('b1'),
    instead: [],
  },
  {
    what: 'a request',
    where: { document: key('approval', 'r1') },
    named: 'request r1',
    read: () => approvals().get('r1'),
    instead: null,
  },
  {
    what: 'all claims, for lists',
    where: { document: key('owners') },
    named: 'claims of pods',
    read: () => new Owners(client(), audit()).all(),
    instead: new Map(),
  },
  {
    what: 'all budgets, for launches that are then asked about',
    where: { document: key('budgets') },
    named: 'budgets',
    read: () => new Budgets(client(), audit()).set(),
    instead: { budgets: new Map(), isWhole: false },
  },
];

const all = LEFT_OUT.flatMap((kind) => GARBAGE.map((text) => ({ ...kind, text })));

describe('one record that cannot be read is left out, named, and stands as it is', () => {
  it.each(all)('$what: $text', async ({ where, named, read, instead, text }) => {
    await put(where, text);
    expect(await read()).toEqual(instead);
    expect(await names()).toContain(named);
    expect(await stands(where)).toBe(text);
  });
});

interface Refusing {
  what: string;
  where: Where;
  named: string;
  ask: () => Promise<unknown>;
}

const entry = { at: NOW, kind: 'x', actor: null, subject: null, facts: {} };

/** What may be done hangs on it: a guess could double a pod, or delete one. */
const REFUSED: Refusing[] = [
  {
    what: 'a row of the ledger',
    where: { document: key('row', 'r1') },
    named: 'row r1',
    ask: () => new Ledger(client()).get('r1'),
  },
  {
    what: 'a warning that somebody acts on',
    where: { document: key('finding', 'f1') },
    named: 'warning f1',
    ask: () => new Findings(client()).get('f1'),
  },
  {
    what: 'what scans remember',
    where: { document: key('scan') },
    named: 'scan memory',
    ask: () => new Findings(client()).memory(),
  },
  {
    what: 'who is one person',
    where: { document: key('links') },
    named: 'links of accounts',
    ask: () => links().all(),
  },
  {
    what: 'which request is open for a pod',
    where: { document: key('approval-pod', 'p1') },
    named: 'request for pod p1',
    ask: () => approvals().forPod('p1'),
  },
  {
    what: 'whose a pod is, for its deletion',
    where: { document: key('owners') },
    named: 'claims of pods',
    ask: () => new Owners(client(), audit()).of('p1'),
  },
  {
    what: 'the claims, for a change',
    where: { document: key('owners') },
    named: 'claims of pods',
    ask: () => new Owners(client(), audit()).change((pods) => ({ ...pods }), [entry]),
  },
  {
    what: 'the budgets, for a change',
    where: { document: key('budgets') },
    named: 'budgets',
    ask: () => new Budgets(client(), audit()).change('team', () => ({ next: { day: 1, month: null }, entry })),
  },
];

describe('one record on which it hangs what may be done is refused, named, and stands as it is', () => {
  const each = REFUSED.flatMap((kind) => GARBAGE.map((text) => ({ ...kind, text })));
  it.each(each)('$what: $text', async ({ where, named, ask, text }) => {
    await put(where, text);
    await expect(ask()).rejects.toThrow(Unreadable);
    expect(await names()).toContain(named);
    expect(await stands(where)).toBe(text);
  });
});

describe('one part that cannot be read', () => {
  const one = (id: string, b: string) => ({ id, a: ALICE, b: { account: b, person: null, name: 'x' }, at: NOW });
  const whole = { ...one('l1', 'discord:1'), confirmed: BOB };

  it('of a link leaves the other links, and still joins the two for refusing', async () => {
    const odd = { ...one('l2', 'discord:2'), at: 'noon', confirmed: BOB, more: 'x' };
    await put({ document: key('links') }, JSON.stringify({ rev: 3, links: [whole, odd] }));
    const read = await links().all();
    expect(read.map(({ id, confirmed }) => [id, confirmed])).toEqual([
      ['l1', BOB],
      ['l2', null],
    ]);
    expect(read[1]?.b.account).toBe('discord:2');
    expect(await names()).toContain('link l2');
    await links().change((before) => before.filter(({ id }) => id !== 'l1'), [], entry);
    expect(JSON.parse((await stands({ document: key('links') })) ?? '').links).toEqual([odd]);
  });

  it('of the links that may be anybody’s refuses all that asks who is one person', async () => {
    await put({ document: key('links') }, JSON.stringify({ rev: 3, links: [whole, { id: 'l2', a: 7 }] }));
    await expect(links().all()).rejects.toThrow(Unreadable);
    await expect(links().guarded()).rejects.toThrow(Unreadable);
  });

  it('of a card leaves its other copies, and stands as it is', async () => {
    const cards = new Cards(client());
    const good = { ref: 'm1', marker: 'a', revision: 1 };
    const odd = { ref: 'm2', marker: 'b', revision: 'first' };
    await put({ document: key('card', 'c1') }, JSON.stringify({ rev: 3, copies: { a: good, b: odd } }));
    expect((await cards.get('c1')).copies).toEqual({ a: good });
    expect(await names()).toContain('card c1 at b');
    await cards.save('c1', 'c', () => good);
    expect(JSON.parse((await stands({ document: key('card', 'c1') })) ?? '').copies).toEqual({
      a: good,
      b: odd,
      c: good,
    });
  });

  it('of a card that reads not at all is posted anew', async () => {
    const cards = new Cards(client());
    const good = { ref: 'm1', marker: 'a', revision: 1 };
    await put({ document: key('card', 'c1') }, 'not JSON');
    await cards.save('c1', 'a', () => good);
    expect((await cards.get('c1')).copies).toEqual({ a: good });
  });

  it('of what a watchdog has raised is raised anew', async () => {
    const findings = new Findings(client());
    let ids = 0;
    const when = { now: NOW, newId: () => `i${++ids}`, awake: () => NOW };
    const raise = () =>
      findings.watch(
        'bot',
        (before) =>
          settle(before ? [before] : [], [blindHit('failing', 'bot', NOW, '', NOW, 'gpu')], when as never)[0] ?? null,
      );
    expect((await raise())?.id).toBe('i1');
    await put({ document: key('finding', 'i1') }, '{"version":2}');
    expect((await raise())?.id).toBe('i2');
    expect(await raise()).toBeNull();
    await client().hset(key('finding-watch', 'bot'), 'json', 'not JSON');
    expect((await raise())?.id).toBe('i3');
  });

  it('of what was metered leaves the other amounts', async () => {
    const at = key('cost', 'meter', String(HOUR / 3_600_000));
    await client().hset(at, { 'pods gpu p1': '0.5', 'pods tape p1': '0.25', 'pods disk p2': 'much' });
    const parts = (await new Costs(client()).metered([HOUR])).get(HOUR)?.parts;
    expect(parts).toEqual([{ product: 'pods', id: 'p1', amounts: { gpu: 0.5 }, idle: 0 }]);
    expect(await names()).toContain(`metered hour ${HOUR}`);
  });

  it('of the clocks is forgotten, because its machine tells it anew', async () => {
    await client().hset(key('clocks'), 'bot host 1', 'not JSON');
    expect(await new MachineClocks(client()).differing(NOW)).toEqual([]);
    expect(await names()).toContain('clock of bot host 1');
  });

  it('of bills that do not read leaves health', async () => {
    await put({ string: key('cost', 'unread') }, 'not JSON');
    expect(await new Costs(client()).unread()).toEqual([]);
  });

  it('of when something last ran makes it due, and of when a part was seen is no sign of life', async () => {
    await client().hset(key('runs'), { 'read-fleet': 'noon', 'read-billing': String(NOW) });
    expect(await new Snapshots(client()).lastRuns()).toEqual({ 'read-billing': NOW });
    const snapshots = new Snapshots(client());
    await snapshots.seen('worker', NOW);
    await client().hset(key('seen'), 'worker', 'noon');
    expect(await snapshots.lastSeen('worker')).toBe(NOW);
    expect(await new Snapshots(client()).lastSeen('worker')).toBeNull();
  });

  it('of the people of a chat is written over by the next read of it', async () => {
    const snapshots = new Snapshots(client());
    await client().hset(key('people', 'slack'), ALICE.account.replace('T1/', ''), 'not JSON');
    const member = { account: ALICE.account, name: 'alice', membership: 'member' as const, groups: [] };
    await snapshots.saveMembers('slack', new Map([[ALICE.account, member]]), await snapshots.beginRead(NOW));
    expect(Object.keys((await snapshots.members('slack')).accounts)).toEqual([ALICE.account]);
  });
});

it('a breaker that cannot be read lets nothing be terminated', async () => {
  const [store, { guard }] = [approvals(), await links().guarded()];
  await store.add([newApproval()], guard, () => []);
  const record = await store.get(newApproval().id);
  if (!record) throw new Error('no request');
  await client().hset(key('approvals', 'breaker'), { rev: '3', json: '{"version":2}' });
  const claiming = store.claim(
    record,
    (now) => now,
    (state) => state,
    () => [],
  );
  await expect(claiming).rejects.toThrow(Unreadable);
  expect(await names()).toContain('the breaker');
});

it('a store whose name reads again is watched on, and no loss is said meanwhile', async () => {
  const one = witness();
  await one.look(AT, nothing);
  const before = (await stands({ document: key('store') })) ?? '';
  await client().hset(key('store'), 'json', '{"version":2}');
  expect(await one.look(AT, nothing)).toEqual({ loss: null, isNew: false });
  await client().hset(key('store'), 'json', before);
  expect(await one.look(AT, nothing)).toEqual({ loss: null, isNew: false });
  await client().del(key('store'));
  expect((await one.look(AT, nothing)).loss?.kind).toBe('emptied');
});
