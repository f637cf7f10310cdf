import { describe, expect, it } from 'vitest';
import { denyLaunch } from '../../src/bot/actions/launching.ts';
import { whoami } from '../../src/bot/commands/about.ts';
import { Dispatch } from '../../src/bot/dispatch.ts';
import { ChatUnavailable, type Front, type GroupMembers, type Member } from '../../src/bot/front.ts';
import { DurableInbox } from '../../src/bot/inbox.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { Standings } from '../../src/bot/people.ts';
import { PeopleReads } from '../../src/bot/people-reads.ts';
import type { Asker, Services } from '../../src/bot/services.ts';
import { readPolicy } from '../../src/config/load.ts';
import { peopleNow } from '../../src/jobs/approvals.ts';
import type { Membership } from '../../src/policy/access.ts';
import { deciderOf, noLongerHolds, refusalOf } from '../../src/policy/approvers.ts';
import { type AccountId, bare } from '../../src/policy/identity.ts';
import { Drafts } from '../../src/store/drafts.ts';
import { Events } from '../../src/store/events.ts';
import { Places } from '../../src/store/places.ts';
import { governed } from '../jobs/context.ts';
import { newApproval } from '../policy/requests.ts';
import { NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const { policy } = readPolicy(
  `rooms: { gpu: { slack: { channel: C01 }, discord: { channel: "800000000000000001" } } }
people:
  alice: { slack: T1/U1, discord: "700000000000000001" }
  bob: { slack: U2, discord: "700000000000000002" }
roles: { approvers: { grant: [approve], slack_groups: [S1], discord_roles: ["900000000000000009"] } }`,
  ['slack', 'discord'],
);
if (!policy) throw new Error('the policy does not parse');
const people = policy.people;

const BOB = 'slack:T1/U2';
const BOB_THERE = 'discord:700000000000000002';

/** A chat in memory; reads wait while `gate` is closed. */
class Chat {
  readonly chat: string;
  readonly known = new Map<AccountId, Member>();
  /** What the next reads end in, instead of what is known. */
  failures: Error[] = [];
  readonly reads: AccountId[] = [];
  gate: Promise<void> = Promise.resolve();

  constructor(chat: string) {
    this.chat = chat;
  }

  set(account: AccountId, membership: Membership, groups: string[] = []): void {
    this.known.set(bare(account), { account, name: account, membership, groups });
  }

  async member(account: AccountId): Promise<Member | null> {
    this.reads.push(account);
    const found = this.known.get(bare(account)) ?? null;
    const failure = this.failures.shift();
    await this.gate;
    if (failure) throw failure;
    return found;
  }

  /** They stand with each member here. */
  async groupMembers(): Promise<GroupMembers> {
    return new Map();
  }
}

function closed(): { gate: Promise<void>; open: () => void } {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

function stage() {
  const { context, time, approvals } = governed(redis.client());
  const slack = new Chat('slack');
  const discord = new Chat('discord');
  slack.set('slack:T1/U1', 'member');
  slack.set(BOB, 'member', ['slack:S1']);
  discord.set('discord:700000000000000001', 'member');
  discord.set(BOB_THERE, 'member', ['discord:900000000000000009']);
  const fronts = new Map([slack, discord].map((chat) => [chat.chat, chat]));
  const services = { ...context, policy: policy ?? never() };
  const standings = new Standings(fronts, services);
  const refresh = (chat: Chat) => new PeopleReads(new Map([[chat.chat, chat]]), services).refresh();
  const judged = () => peopleNow({ ...context, governance: services.policy });
  const mayApprove = async (account: AccountId) => {
    const who = await standings.of(account, { live: ['approve'] });
    const registry = { people, links: await context.links.all() };
    return refusalOf(newApproval(), who, registry, false);
  };
  return { slack, discord, standings, refresh, judged, mayApprove, time, services, approvals, fronts };
}

function never(): never {
  throw new Error('unreachable');
}

describe('a decision reads the person live', () => {
  it('in every chat, and somebody deactivated in one of them holds nothing in the other', async () => {
    const { slack, discord, refresh, mayApprove } = stage();
    await Promise.all([refresh(slack), refresh(discord)]);
    slack.reads.length = 0;
    expect(await mayApprove(BOB_THERE)).toBeNull();
    slack.set(BOB, 'deactivated');
    expect(await mayApprove(BOB_THERE)).toMatchObject({
      kind: 'membership',
      text: expect.stringContaining('deactivated'),
    });
    expect(slack.reads).toEqual(['slack:U2', 'slack:U2']);
  });

  it('once or twice for fifty clicks at once', async () => {
    const { slack, discord, mayApprove } = stage();
    const { gate, open } = closed();
    slack.gate = gate;
    const clicks = Array.from({ length: 50 }, () => mayApprove(BOB));
    await expect.poll(() => slack.reads.length).toBe(1);
    open();
    expect(new Set(await Promise.all(clicks))).toEqual(new Set([null]));
    // Whoever came after the first read was sent shares the second.
    expect(slack.reads.length).toBeLessThanOrEqual(2);
    expect(discord.reads.length).toBeLessThanOrEqual(2);
  });

  it('never by a read that was sent before the click: a right that was taken away meanwhile no longer approves', async () => {
    const { slack, mayApprove, services } = stage();
    const { gate, open } = closed();
    slack.gate = gate;
    const first = mayApprove(BOB);
    await expect.poll(() => slack.reads.length).toBe(1);
    slack.set(BOB, 'member', []);
    const second = mayApprove(BOB);
    // Redis answers in the order in which it is asked: by then the second has come to the chat.
    for (let asked = 0; asked < 4; asked++) await services.links.all();
    open();
    expect(await first).toBeNull();
    expect(await second).toMatchObject({ kind: 'right' });
  });

  it('again after a read has ended: a right that was taken away meanwhile no longer approves', async () => {
    const { slack, mayApprove } = stage();
    expect(await mayApprove(BOB)).toBeNull();
    slack.set(BOB, 'member', []);
    expect(await mayApprove(BOB)).toMatchObject({ kind: 'right' });
    expect(slack.reads).toHaveLength(2);
  });

  it('again while an earlier read is only being written down', async () => {
    const { slack, mayApprove, services } = stage();
    const { snapshots } = services;
    const save = snapshots.saveMember.bind(snapshots);
    const { gate, open } = closed();
    snapshots.saveMember = async (...args) => {
      snapshots.saveMember = save;
      await gate;
      return save(...args);
    };
    slack.set('slack:T1/U7', 'member', ['slack:S1']);
    const first = mayApprove('slack:T1/U7');
    await expect.poll(() => snapshots.saveMember === save).toBe(true);
    slack.set('slack:T1/U7', 'member', []);
    expect(await mayApprove('slack:T1/U7')).toMatchObject({ kind: 'right' });
    open();
    expect(await first).toBeNull();
  });

  it('with accounts that were joined while the chats were asked', async () => {
    const { slack, discord, services, mayApprove } = stage();
    const { gate, open } = closed();
    slack.set('slack:T1/U9', 'member', ['slack:S1']);
    discord.set('discord:700000000000000009', 'deactivated');
    slack.gate = gate;
    const asked = mayApprove('slack:T1/U9');
    await expect.poll(() => slack.reads.length).toBe(1);
    const ref = (account: AccountId) => ({ account, person: null, name: account });
    const link = { id: 'l1', a: ref('slack:T1/U9'), b: ref('discord:700000000000000009'), at: NOW, confirmed: null };
    const entry = { at: NOW, kind: 'linked', actor: null, subject: null, facts: {} };
    await services.links.change(() => [link], people, entry);
    open();
    expect(await asked).toMatchObject({ kind: 'membership' });
  });

  it.each<[string, Error | null, RegExp]>([
    [
      'away',
      new ChatUnavailable('down', 0),
      /^Your Slack account U2 could not be read: Slack is not reachable\. Nothing was changed; try again when Slack is back\.$/,
    ],
    ['limiting', new ChatUnavailable('slow down', 60_000), /Slack limits how often it can be asked.*in a minute/],
    ['refusing', new Error('missing_scope'), /Slack refused.*log/],
    [
      'without that account',
      null,
      /^Your Slack account U2 could not be read: Slack does not know it.*under people in podwarden\.yaml/,
    ],
  ])('and refuses where a chat is %s, also for a click in the other one', async (_, failure, text) => {
    const { slack, discord, refresh, mayApprove } = stage();
    await Promise.all([refresh(slack), refresh(discord)]);
    if (failure) slack.failures = [failure];
    else slack.known.delete('slack:U2');
    expect(await mayApprove(BOB_THERE)).toMatchObject({ kind: 'unread', text: expect.stringMatching(text) });
  });

  it('and refuses where Podwarden is not connected to a chat of its rooms', async () => {
    const { slack, services } = stage();
    const who = await new Standings(new Map([['slack', slack]]), services).of(BOB, { live: ['approve'] });
    expect(who).toMatchObject({
      membership: 'unknown',
      unread: expect.stringContaining(
        'Your Discord account 700000000000000002 could not be read: Podwarden is not connected to Discord',
      ),
    });
  });

  it('and waits for a chat that has had enough for a moment', async () => {
    const { slack, mayApprove } = stage();
    slack.failures = [new ChatUnavailable('slow down', 1), new ChatUnavailable('slow down', 1)];
    expect(await mayApprove(BOB)).toBeNull();
    expect(slack.reads).toHaveLength(3);
  });
});

describe('what was read live is what a worker judges by', () => {
  const vote = { by: { account: BOB, person: 'bob', name: 'Bob' }, at: NOW, accounts: [bare(BOB), BOB_THERE] };

  it('somebody who has just become an approver stays one', async () => {
    const { slack, discord, refresh, mayApprove, judged } = stage();
    slack.set(BOB, 'guest');
    await Promise.all([refresh(slack), refresh(discord)]);
    slack.set(BOB, 'member', ['slack:S1']);
    expect(await mayApprove(BOB)).toBeNull();
    expect(noLongerHolds(newApproval({ votes: [vote] }), await judged(), false)).toBeNull();
  });

  it('an account that was declared without its workspace is kept as the chat names it', async () => {
    const { standings, judged, services } = stage();
    await standings.of(BOB_THERE, { live: ['approve'] });
    expect(Object.keys((await services.snapshots.members('slack')).accounts)).toEqual([BOB]);
    const { memberOf } = await judged();
    expect(memberOf(BOB)).toEqual(memberOf('slack:U2'));
    expect(memberOf('slack:T9/U2')).toBeNull();
  });

  it('each account counts from its own read: a list that grew old takes nobody along who was read since', async () => {
    const { slack, discord, refresh, standings, judged, time } = stage();
    await Promise.all([refresh(slack), refresh(discord)]);
    time.now += 14 * 60_000;
    await standings.of(BOB, { live: ['approve'] });
    time.now += 2 * 60_000;
    const { memberOf } = await judged();
    expect(memberOf(BOB)?.membership).toBe('member');
    expect(memberOf('slack:T1/U1')).toBeNull();
  });

  it('somebody whom the chat no longer shows is not a member any more', async () => {
    const { slack, discord, refresh, standings, judged } = stage();
    await Promise.all([refresh(slack), refresh(discord)]);
    slack.known.delete('slack:U2');
    await standings.of(BOB, { live: ['approve'] });
    expect((await judged()).memberOf(BOB)?.membership).toBe('unknown');
  });

  it('somebody who was seen deactivated stays so while nobody can look again', async () => {
    const { slack, discord, refresh, judged, time } = stage();
    slack.set(BOB, 'deactivated');
    await Promise.all([refresh(slack), refresh(discord)]);
    time.now += 20 * 60_000;
    await refresh(discord);
    expect(deciderOf(BOB_THERE, await judged()).membership).toBe('deactivated');
  });

  it('a refresh of everybody that began before a live read does not undo it', async () => {
    const { slack, refresh, standings, judged } = stage();
    const { gate, open } = closed();
    slack.gate = gate;
    const refreshed = refresh(slack);
    await expect.poll(async () => (await redis.client().get('{podwarden}:people-reads')) ?? '').toBe('1');
    slack.gate = Promise.resolve();
    slack.set(BOB, 'deactivated');
    await standings.of(BOB, { live: ['approve'] });
    open();
    await refreshed;
    expect((await judged()).memberOf(BOB)?.membership).toBe('deactivated');
  });
});

const event = { account: BOB, name: 'bob', place: { chat: 'slack', channel: 'C01' }, reply: 'r' };

async function opened(token: string) {
  const world = stage();
  const { slack, discord, refresh, standings, services, approvals } = world;
  await Promise.all([refresh(slack), refresh(discord)]);
  const drafts = new Drafts(redis.client(), services.audit);
  const said: string[] = [];
  const reply = async (_: unknown, message: Message) => void said.push(plainText(message, 1000));
  const front = { chat: 'slack', reply, rights: async () => null } as unknown as Front;
  const places = new Places(redis.client());
  const all = { ...services, approvals, drafts, places, knowsApprovers: true } as unknown as Services;
  const dispatch = new Dispatch(front, all, standings);
  const inbox = new DurableInbox(front, dispatch, new Events(redis.client(), 'slack', all.audit), all);
  const submit = async (answers: Record<string, string[]>) => {
    const incoming = { ...event, eventId: 'e2', token, answers, kept: null };
    if (await inbox.problems(incoming)) throw new Error('the form has problems');
    await (await inbox.take({ kind: 'submit', incoming })).run();
  };
  return { ...world, drafts, inbox, submit, said };
}

describe('a form is judged at its submit by what the chats say then, not by what was kept when it opened', () => {
  it('a request to terminate', async () => {
    const { services, slack, drafts, submit, said, approvals } = await opened('v1.terminate.d1');
    const pod = governed(redis.client()).provider.add('pod1', 'alice-run7-k3f9t2', {});
    await services.snapshots.saveFleet({ readAt: NOW, pods: [pod] });
    await drafts.put('d1', { pods: ['pod1'] });
    slack.set(BOB, 'guest');
    await submit({ reason: ['done'], data: ['nothing'] });
    expect(said.join()).toContain('needs the right "request" (you are a guest here)');
    expect(await approvals.forPod('pod1')).toBeNull();
  });

  it('a denial', async () => {
    const { services, slack, inbox, submit, said, approvals } = await opened('v1.deny.b1');
    const { guard } = await services.links.guarded();
    await approvals.add([newApproval()], guard, () => []);
    const click = { ...event, eventId: 'e1', token: 'v1.deny.b1', label: 'Deny' };
    expect(await (await inbox.take({ kind: 'click', incoming: click })).open()).toHaveProperty('form');
    slack.set(BOB, 'member', []);
    await submit({ reason: ['no'] });
    expect(said.join()).toContain('You are not allowed to deny this');
    expect((await approvals.get('r1'))?.status).toBe('requested');
  });

  it('names the chat that cannot be read, and does nothing', async () => {
    const { services, discord, drafts, submit, said, approvals } = await opened('v1.terminate.d1');
    const pod = governed(redis.client()).provider.add('pod1', 'alice-run7-k3f9t2', {});
    await services.snapshots.saveFleet({ readAt: NOW, pods: [pod] });
    await drafts.put('d1', { pods: ['pod1'] });
    discord.failures = [new ChatUnavailable('down', 0)];
    await submit({ reason: ['done'], data: ['nothing'] });
    expect(said.join()).toContain(
      'Your Discord account 700000000000000002 could not be read: Discord is not reachable',
    );
    expect(await approvals.forPod('pod1')).toBeNull();
  });
});

describe('a click decides by what the chats say then', () => {
  it.each(['v1.approve.b1!', 'v1.release.b1'])('%s', async (token) => {
    const { slack, services, inbox, said, approvals } = await opened(token);
    const { guard } = await services.links.guarded();
    const held = { status: 'held', hold: 'breaker' } as const;
    await approvals.add([newApproval(token.includes('release') ? held : {})], guard, () => []);
    const before = await approvals.get('r1');
    const press = async (eventId: string) =>
      (await inbox.take({ kind: 'click', incoming: { ...event, eventId, token, label: null } })).run();
    slack.set(BOB, 'member', []);
    await press('e1');
    expect(said.at(-1)).toContain('You are not allowed to approve: it needs the right "approve"');
    slack.failures = [new ChatUnavailable('down', 0)];
    await press('e2');
    expect(said.at(-1)).toContain('Your Slack account U2 could not be read');
    expect(await approvals.get('r1')).toEqual(before);
    slack.set(BOB, 'member', ['slack:S1']);
    await press('e3');
    expect((await approvals.get('r1'))?.rev).toBeGreaterThan(before?.rev ?? 0);
  });
});

it('a launch is denied only by who may approve at that moment', async () => {
  const { slack, discord, refresh, standings, services } = stage();
  await Promise.all([refresh(slack), refresh(discord)]);
  const ask = { beyond: 'the budget', self: ['slack:U1'], allowedBy: null };
  await services.ledger.add(newRow({ status: 'asking', ask }), () => null);
  const kept = await standings.of(BOB, 'kept');
  const who = { account: BOB, person: 'bob', name: 'Bob' };
  const asker = { ...kept, who, live: () => standings.of(BOB, { live: ['approve'] }) } as unknown as Asker;
  const deny = async () => {
    const message = await denyLaunch.run({ id: 'p1', choice: null }, asker, services as unknown as Services);
    return plainText(message ?? never(), 1000);
  };
  slack.set(BOB, 'member', []);
  expect(kept.access.may.has('approve')).toBe(true);
  expect(await deny()).toContain('You are not allowed to deny this');
  slack.failures = [new ChatUnavailable('down', 0)];
  expect(await deny()).toContain('Your Slack account U2 could not be read');
  expect((await services.ledger.get('p1'))?.status).toBe('asking');
});

describe('somebody of a company with several workspaces', () => {
  const ABROAD = 'slack:T9/U2';

  it('is one of us under whichever workspace a click names them, as Slack places them with us', async () => {
    const { standings, judged, mayApprove } = stage();
    expect(await standings.of(ABROAD, { live: ['approve'] })).toMatchObject({
      account: BOB,
      person: 'bob',
      membership: 'member',
    });
    expect(await standings.of(ABROAD, 'fresh')).toMatchObject({ account: BOB, membership: 'member' });
    expect(await mayApprove(ABROAD)).toBeNull();
    expect((await judged()).memberOf(BOB)?.membership).toBe('member');
  });

  it('is nobody of ours where Slack places them elsewhere, whatever a click names', async () => {
    const { slack, standings, mayApprove } = stage();
    slack.known.set('slack:U2', { account: ABROAD, name: 'bob', membership: 'stranger', groups: [] });
    const who = await standings.of(BOB, { live: ['approve'] });
    expect(who).toMatchObject({ account: ABROAD, membership: 'stranger' });
    expect(who.access.may.has('launch')).toBe(false);
    expect(await mayApprove(BOB)).toMatchObject({ kind: 'membership' });
  });

  it('holds nothing where Slack places them nowhere, and hears that', async () => {
    const { slack, standings, mayApprove } = stage();
    slack.set(BOB, 'unknown', ['slack:S1']);
    expect([...(await standings.of(BOB, 'fresh')).access.may]).toEqual([]);
    expect(await mayApprove(BOB)).toMatchObject({
      kind: 'unread',
      text: expect.stringMatching(/^Your Slack account U2 could not be read: Slack does not say which workspace/),
    });
  });
});

describe('whoami', () => {
  async function shown(world: ReturnType<typeof stage>, account: AccountId): Promise<string> {
    const kept = await world.standings.of(account, 'kept');
    const who = { account, person: kept.person, name: 'Bob' };
    const asker = {
      ...kept,
      who,
      room: null,
      live: () => world.standings.of(account, { live: ['approve'] }),
    } as unknown as Asker;
    return plainText(await whoami.run({}, asker, world.services as unknown as Services), 4000);
  }

  it.each<[string, (world: ReturnType<typeof stage>) => void]>([
    ['somebody who may approve', () => {}],
    ['a right that was just taken away', ({ slack }) => slack.set(BOB, 'member', [])],
    ['a guest whom a rule allows it', ({ slack }) => slack.set(BOB, 'guest', ['slack:S1'])],
    ['an account that was just deactivated in the other chat', ({ discord }) => discord.set(BOB_THERE, 'deactivated')],
    ['an account that the other chat does not know', ({ discord }) => void discord.known.clear()],
    ['a chat that is away', ({ discord }) => void discord.failures.push(...times(2, new ChatUnavailable('down', 0)))],
  ])('says the same as a decision: %s', async (_, change) => {
    const world = stage();
    await Promise.all([world.refresh(world.slack), world.refresh(world.discord)]);
    change(world);
    const text = await shown(world, BOB);
    const refusal = await world.mayApprove(BOB);
    expect(/approve: (yes|no)/.exec(text)?.[1]).toBe(refusal === null ? 'yes' : 'no');
    if (refusal?.kind === 'unread') expect(text).toContain(refusal.text);
    if (refusal?.kind === 'membership') expect(text).toContain(refusal.text);
  });
});

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
