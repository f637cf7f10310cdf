import { afterEach, describe, expect, it } from 'vitest';
import { health } from '../../src/bot/commands/health.ts';
import { ChatError } from '../../src/bot/failure.ts';
import { ChatUnavailable, type Front, type GroupMembers, type Member } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { NEXT_BATCH_MS, PeopleReads } from '../../src/bot/people-reads.ts';
import type { Services } from '../../src/bot/services.ts';
import { readPolicy } from '../../src/config/load.ts';
import { peopleNow } from '../../src/jobs/approvals.ts';
import type { Membership } from '../../src/policy/access.ts';
import { noLongerHolds } from '../../src/policy/approvers.ts';
import { type AccountId, bare } from '../../src/policy/identity.ts';

import { governed } from '../jobs/context.ts';
import { newApproval } from '../policy/requests.ts';
import { FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { ALICE_ON_DISCORD, BOB_ON_DISCORD, bothChats, botServices } from './chats.ts';

const redis = useRedis();
const MINUTE = 60_000;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A chat that shows whom it knows, and counts. */
class Chat {
  readonly known = new Map<AccountId, Member>();
  readonly groups = new Map<string, string[]>();
  /** What reading somebody ends in. */
  readonly failures = new Map<AccountId, Error>();
  groupsFail: Error | null = null;
  reads: AccountId[] = [];

  set(account: AccountId, membership: Membership = 'member'): void {
    this.known.set(bare(account), { account, name: account, membership, groups: [] });
  }

  async member(account: AccountId): Promise<Member | null> {
    this.reads.push(bare(account));
    const failure = this.failures.get(bare(account));
    if (failure) throw failure;
    return this.known.get(bare(account)) ?? null;
  }

  async groupMembers(groups: readonly string[]): Promise<GroupMembers> {
    if (this.groupsFail) throw this.groupsFail;
    return new Map(groups.map((group) => [group, new Set(this.groups.get(group) ?? [])]));
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `slack:T1/U${1000 + i}`);

function stage(people: string, more = '') {
  const text = `rooms: { gpu: { slack: { channel: C01 } } }\npeople: { ${people} }\n${more}`;
  const { policy, findings } = readPolicy(text, ['slack', 'discord']);
  if (!policy) throw new Error(JSON.stringify(findings));
  const { context, time, approvals } = governed(redis.client());
  const logged: { fields: object; what: string }[] = [];
  const log = { ...context.log, warn: (fields: object, what: string) => void logged.push({ fields, what }) };
  const services: Services = { ...botServices(redis.client(), 'slack').services, ...context, approvals, policy, log };
  const chat = new Chat();
  const reads = new PeopleReads(new Map([['slack', chat]]), services);
  const memberships = async () => {
    const { accounts } = await services.snapshots.members('slack');
    return Object.fromEntries(Object.values(accounts).map((one) => [bare(one.account), one.membership]));
  };
  const unread = async () => {
    const { chat: all, accounts } = await services.snapshots.unreadPeople('slack');
    return { chat: all?.why ?? null, ...Object.fromEntries([...accounts].map(([id, { why }]) => [id, why])) };
  };
  const said = async () => plainText(await health.run({}, {} as never, services), 4000);
  return { chat, reads, services, time, memberships, unread, said, logged, policy };
}

const declared = (accounts: readonly string[]) =>
  accounts.map((account, i) => `p${i}: { slack: ${account.slice('slack:'.length)} }`).join(', ');

it('reads only those who matter: declared, in requests, owning pods, approving, or seen here lately', async () => {
  const roles = 'roles: { ops: { grant: [approve], slack_groups: [S1] }, all: { grant: [view], slack_groups: [S2] } }';
  const { chat, reads, services, memberships, time } = stage('bob: { slack: T1/U2 }', roles);
  for (const id of ['U1', 'U2', 'U3', 'U4', 'U5', 'U6', 'U7']) chat.set(`slack:T1/${id}`);
  chat.groups.set('slack:S1', ['slack:U4']).set('slack:S2', ['slack:U7', 'slack:U4']);
  // Asked by U1; the pod of U5; U6 typed something a week ago, less a minute.
  const { guard } = await services.links.guarded();
  await services.approvals.add([newApproval()], guard, () => []);
  const by = { account: 'slack:T1/U5', person: null, name: 'five' };
  const row = newRow({ id: 'r5', status: 'running', podId: 'pod5', by });
  await services.ledger.add({ ...row, facts: FACTS }, () => null);
  const seen = await services.snapshots.beginRead(NOW - 7 * 1440 * MINUTE + MINUTE);
  await services.snapshots.saveMember('slack:T1/U6', { ...(chat.known.get('slack:U6') as Member) }, seen);
  await reads.refresh();
  expect(Object.keys(await memberships()).sort()).toEqual(['slack:U1', 'slack:U2', 'slack:U4', 'slack:U5', 'slack:U6']);
  expect((await services.snapshots.members('slack')).accounts['slack:T1/U4']?.groups).toEqual(['slack:S1', 'slack:S2']);
  time.now += 5 * MINUTE;
  await reads.refresh();
  expect(Object.keys(await memberships()).sort()).toEqual(['slack:U1', 'slack:U2', 'slack:U4', 'slack:U5']);
});

it('reads anew whom a clock that was a day ahead has stamped', async () => {
  const { chat, reads, time, memberships } = stage(declared(['slack:T1/U1']));
  chat.set('slack:T1/U1');
  time.now = NOW + 1440 * MINUTE;
  await reads.refresh();
  time.now = NOW + 10 * MINUTE;
  chat.set('slack:T1/U1', 'deactivated');
  await reads.refresh();
  expect(await memberships()).toEqual({ 'slack:U1': 'deactivated' });
});

describe('a company of many', () => {
  it('is read in batches that go on where the last one ended', async () => {
    const all = numbered(120);
    const { chat, reads, services, time } = stage(declared(all));
    for (const account of all) chat.set(account);
    expect(await reads.refresh()).toBe(true);
    expect(chat.reads).toHaveLength(50);
    expect((await services.snapshots.members('slack')).readAt).toBeNull();
    time.now += MINUTE;
    expect(await reads.refresh()).toBe(true);
    time.now += MINUTE;
    expect(await reads.refresh()).toBe(false);
    expect(new Set(chat.reads).size).toBe(120);
    expect(chat.reads).toHaveLength(120);
    expect(await services.snapshots.members('slack')).toMatchObject({ readAt: NOW, count: 120 });
    // And then again, the oldest first.
    time.now += 2 * MINUTE;
    chat.reads = [];
    expect(await reads.refresh()).toBe(false);
    expect(chat.reads.sort()).toEqual(all.slice(0, 50).map(bare));
  });

  it('has those read first whom workers judge', async () => {
    const { chat, reads, services, time } = stage(declared(numbered(3)));
    for (const account of [...numbered(3), 'slack:T1/U1']) chat.set(account);
    await reads.refresh();
    const { guard } = await services.links.guarded();
    await services.approvals.add([newApproval()], guard, () => []);
    time.now += MINUTE;
    await reads.refresh();
    chat.reads = [];
    // Of all of them they were read last.
    time.now += 5 * MINUTE;
    await reads.refresh();
    expect(chat.reads).toEqual(['slack:U1', ...numbered(3).map(bare)]);
  });

  it('waits for as long as the chat says, and goes on from there', async () => {
    const all = numbered(3);
    const { chat, reads, unread } = stage(declared(all));
    for (const account of all) chat.set(account);
    chat.failures.set('slack:U1001', new ChatUnavailable('rate limited by Slack', 200, 'ratelimited'));
    expect(await reads.refresh()).toBe(true);
    expect(await unread()).toEqual({ chat: 'Slack limits how often it can be asked' });
    expect(await reads.refresh()).toBe(true);
    expect(chat.reads).toEqual(['slack:U1000', 'slack:U1001']);
    chat.failures.clear();
    await expect
      .poll(async () => (await reads.refresh()) || chat.reads)
      .toEqual(['slack:U1000', 'slack:U1001', 'slack:U1001', 'slack:U1002']);
    expect(await unread()).toEqual({ chat: null });
  });

  it('of 5,000 accounts at Slack’s own limits has everybody read who matters, and approves', async () => {
    const chats = await bothChats();
    closing.push(chats.close);
    const { slack } = chats;
    slack.workspace.addCrowd(5000);
    const front = chats.front('slack');
    const { services, memberships, time, said } = stage('alice: { slack: U0ALICE }, bob: { slack: U0BOB }');
    await front.start({} as never);
    closing.push(() => front.stop());
    const reads = new PeopleReads(new Map<string, Front>([['slack', front]]), services);
    for (let minutes = 0; minutes <= 20; minutes += 5) {
      expect(await reads.refresh()).toBe(false);
      time.now += 5 * MINUTE;
    }
    expect(await memberships()).toEqual({ 'slack:U0ALICE': 'member', 'slack:U0BOB': 'member' });
    expect(await said()).toMatch(/People on slack: 2, the oldest read/);
    const people = await peopleNow({ ...services, governance: services.policy });
    const by = { account: 'slack:T0PODW/U0ALICE', person: 'alice', name: 'alice' };
    const vote = {
      by: { account: 'slack:T0PODW/U0BOB', person: 'bob', name: 'bob' },
      at: NOW,
      accounts: ['slack:U0BOB'],
    };
    expect(noLongerHolds(newApproval({ by, self: ['slack:U0ALICE'], votes: [vote] }), people, false)).toBeNull();
  });
});

it('of Discord a mistyped id and an outage at one account leave all others read', async () => {
  const chats = await bothChats();
  closing.push(chats.close);
  const { discord } = chats;
  const [alice, bob, nobody] = [ALICE_ON_DISCORD, BOB_ON_DISCORD, '700000000000000009'];
  discord.server.nobodies.add(nobody);
  const { services } = stage(`a: { discord: "${alice}" }, b: { discord: "${bob}" }, n: { discord: "${nobody}" }`);
  const front = chats.front('discord');
  await front.start({} as never);
  closing.push(() => front.stop());
  discord.faults = { ...discord.faults, mode: { kind: 'error', code: '503', at: [`members.${bob}`] } };
  const reads = new PeopleReads(new Map<string, Front>([['discord', front]]), services);
  expect(await reads.refresh()).toBe(false);
  const { accounts } = await services.snapshots.members('discord');
  expect(accounts[`discord:${alice}`]?.membership).toBe('member');
  expect(accounts[`discord:${bob}`]).toBeUndefined();
  const unread = await services.snapshots.unreadPeople('discord');
  expect([...unread.accounts].map(([id, { why }]) => [id, why]).sort()).toEqual([
    [`discord:${bob}`, 'Discord did not answer'],
    [`discord:${nobody}`, 'Discord does not know it'],
  ]);
});

describe('one account that cannot be read', () => {
  const three = numbered(3);
  const [first = '', second = '', third = ''] = three;

  it.each<[string, Error | null, string]>([
    ['is not known there', null, 'Slack does not know it'],
    ['meets an outage', new ChatUnavailable('503', 0), 'Slack did not answer'],
    ['is refused', new ChatError('no', { kind: 'bad-payload' }, 'too_many_users'), 'Slack refused it (too_many_users)'],
  ])('costs that account alone, and is named: it %s', async (_, failure, why) => {
    const { chat, reads, services, memberships, unread, said, logged } = stage(declared(three));
    for (const account of [first, third]) chat.set(account);
    if (failure) chat.failures.set(bare(second), failure);
    expect(await reads.refresh()).toBe(false);
    expect(await memberships()).toMatchObject({ [bare(first)]: 'member', [bare(third)]: 'member' });
    expect(await unread()).toEqual({ chat: null, [bare(second)]: why });
    expect(logged).toEqual([{ fields: { account: bare(second), why }, what: 'an account could not be read' }]);
    expect(await said()).toContain(`Cannot read on slack: p1 (U1001): ${why}`);
    expect(await said()).toMatch(/but cannot read one account|not well/);
    // Said once, until it is another reason.
    await reads.refresh();
    expect(logged).toHaveLength(1);
    expect((await services.snapshots.members('slack')).readAt).toBe(NOW);
  });

  it('keeps its last read for as long as that counts, and no longer', async () => {
    const { chat, reads, services, time } = stage(declared(three));
    for (const account of three) chat.set(account);
    await reads.refresh();
    chat.failures.set(bare(second), new ChatUnavailable('503', 0));
    const memberOf = async () =>
      (await peopleNow({ ...services, governance: services.policy })).memberOf(second)?.membership ?? null;
    time.now += 10 * MINUTE;
    await reads.refresh();
    expect(await memberOf()).toBe('member');
    time.now += 6 * MINUTE;
    await reads.refresh();
    expect(await memberOf()).toBeNull();
  });

  it('is read again when it is there again', async () => {
    const { chat, reads, unread, memberships, time } = stage(declared(three));
    for (const account of [first, third]) chat.set(account);
    await reads.refresh();
    chat.set(second);
    time.now += 5 * MINUTE;
    await reads.refresh();
    expect(await unread()).toEqual({ chat: null });
    expect(await memberships()).toMatchObject({ [bare(second)]: 'member' });
  });

  it('that left, and is not shown any more, has still left', async () => {
    const { chat, reads, memberships, time } = stage(declared(three));
    chat.set(second, 'deactivated');
    await reads.refresh();
    chat.known.delete(bare(second));
    time.now += 5 * MINUTE;
    await reads.refresh();
    expect(await memberships()).toMatchObject({ [bare(second)]: 'deactivated' });
  });

  it('holds up nobody, also where three of them come first', async () => {
    const all = numbered(6);
    const { chat, reads, memberships, time } = stage(declared(all));
    for (const account of all) chat.set(account);
    for (const account of all.slice(0, 3)) chat.failures.set(bare(account), new ChatUnavailable('503', 0));
    expect(await reads.refresh()).toBe(true);
    expect(await memberships()).toEqual({});
    time.now += MINUTE;
    expect(await reads.refresh()).toBe(false);
    expect(Object.keys(await memberships()).sort()).toEqual(all.slice(3).map(bare));
  });
});

describe('a chat that cannot be read', () => {
  it('is a warning, and is bad once nobody’s membership counts any more', async () => {
    const roles = 'roles: { ops: { grant: [launch], slack_groups: [S1] } }';
    const { chat, reads, time, said, services, unread } = stage(declared(numbered(2)), roles);
    for (const account of numbered(2)) chat.set(account);
    await reads.refresh();
    for (const part of ['bot', 'worker']) await services.snapshots.seen(part, time.real);
    const pulse = { chat: 'slack', isOpen: true, changedAt: time.real, eventAt: null, postedAt: null, at: time.real };
    await services.pulses.save('bot', pulse);
    const lastAt = (now: number) => ({ ...EMPTY, lastAt: now });
    services.findings.memory = async () => lastAt(time.now) as never;
    expect(await said()).toMatch(/^Podwarden is well\n/);
    for (const account of numbered(2)) chat.failures.set(bare(account), new ChatUnavailable('503', 0));
    chat.groupsFail = new ChatUnavailable('503', 0);
    time.now += 10 * MINUTE;
    await reads.refresh();
    expect(await unread()).toEqual({ chat: 'its groups could not be read: Slack did not answer' });
    expect(await said()).toMatch(/^Podwarden is well, but cannot read people on slack\n/);
    time.now += 6 * MINUTE;
    await reads.refresh();
    expect(await said()).toMatch(/^Podwarden is not well\n/);
    expect(await said()).toMatch(/People on slack: 2, the oldest read.*\(too old to decide on\); cannot be read since/);
  });

  it('is not one that has not started yet, whose people are read as soon as it has', async () => {
    const { chat, reads, memberships, unread } = stage(declared(numbered(2)));
    for (const account of numbered(2)) chat.set(account);
    expect(await reads.refresh(() => false)).toBe(false);
    expect([chat.reads, await unread()]).toEqual([[], { chat: null }]);
    await reads.refresh((name) => name === 'slack');
    expect(Object.values(await memberships())).toEqual(['member', 'member']);
  });

  it('has its people read at the next batch after it is back, and not minutes later', async () => {
    const { chat, reads, time, memberships } = stage(declared(numbered(5)));
    for (const account of numbered(5)) {
      chat.set(account);
      chat.failures.set(bare(account), new ChatUnavailable('503', 0));
    }
    expect(await reads.refresh()).toBe(true);
    chat.failures.clear();
    time.now += NEXT_BATCH_MS;
    await reads.refresh();
    expect(Object.values(await memberships())).toEqual(Array(5).fill('member'));
  });
});

const EMPTY = { trouble: null, account: null, balanceSince: null, pods: {} };
