import { afterEach, describe, expect, it } from 'vitest';
import { ChatUnavailable, type GroupMembers, type Member } from '../../src/bot/front.ts';
import { GroupReads, OTHER_GROUPS_MS } from '../../src/bot/group-reads.ts';
import { Standings } from '../../src/bot/people.ts';
import { NEXT_BATCH_MS, PeopleReads } from '../../src/bot/people-reads.ts';
import { readPolicy } from '../../src/config/load.ts';
import type { Right } from '../../src/policy/access.ts';
import { type AccountId, bare } from '../../src/policy/identity.ts';
import { governed } from '../jobs/context.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { ALICE_ON_DISCORD, bothChats, DISCORD_ROOM } from './chats.ts';

const redis = useRedis();
const MINUTE = 60_000;
const BOB = 'slack:T0PODW/U0BOB';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const TEAMS = Array.from({ length: 12 }, (_, i) => `SLAUNCH${i}`);
const policyOf = (teams: readonly string[]) => `rooms: { gpu: { slack: { channel: C0GPU } } }
people: { bob: { slack: T0PODW/U0BOB } }
roles:
  approvers: { grant: [approve], slack_groups: [SAPPROVE] }
  barred: { deny: [approve], slack_groups: [SBARRED] }
  payers: { grant: [budget], slack_groups: [SBUDGET] }
${teams.map((team) => `  ${team.toLowerCase()}: { grant: [launch], slack_groups: [${team}] }`).join('\n')}`;

/** A chat that counts what it is asked about groups, and waits while its gate is closed. */
class Groups {
  readonly in = new Map<string, AccountId[]>();
  asked: string[] = [];
  gate: Promise<void> = Promise.resolve();
  /** So many it still tells. */
  left = Number.POSITIVE_INFINITY;

  async member(account: AccountId): Promise<Member | null> {
    return { account: BOB, name: bare(account), membership: 'member', groups: [] };
  }

  async groupMembers(groups: readonly string[]): Promise<GroupMembers> {
    this.asked.push(...groups);
    const found = new Map(groups.map((group) => [group, new Set(this.in.get(group) ?? [])]));
    this.left -= groups.length;
    if (this.left < 0) throw new ChatUnavailable('ratelimited', 0);
    await this.gate;
    return found;
  }
}

function bot(chat: Pick<Groups, 'member' | 'groupMembers'>, teams: readonly string[] = TEAMS) {
  const { policy, findings } = readPolicy(policyOf(teams), ['slack']);
  if (!policy) throw new Error(JSON.stringify(findings));
  const { context, time } = governed(redis.client());
  const services = { ...context, policy };
  const fronts = new Map([['slack', chat]]);
  const groups = new GroupReads(policy.access, services.clocks);
  const people = new PeopleReads(fronts, services, groups);
  const standings = new Standings(fronts, services, groups);
  const may = async (right: Right) => {
    const { access, unread } = await standings.of(BOB, { live: [right] });
    if (unread !== null) throw new Error(unread);
    return access.may.has(right);
  };
  const kept = async () => (await services.snapshots.members('slack')).accounts[BOB];
  return { people, may, kept, time };
}

function stage(teams?: readonly string[]) {
  const chat = new Groups();
  chat.in.set('slack:SAPPROVE', ['slack:U0BOB']).set('slack:SBUDGET', ['slack:U0BOB']);
  chat.in.set('slack:SLAUNCH3', ['slack:U0BOB']);
  return { chat, ...bot(chat, teams) };
}

describe('a company with fifteen groups in its rules', () => {
  it('has two clicks in a row decided within what Slack lets be asked in a minute', async () => {
    const { slack, front: frontOf, close } = await bothChats();
    closing.push(close);
    for (const group of [...TEAMS, 'SAPPROVE', 'SBARRED', 'SBUDGET'])
      slack.workspace.groups.set(group, { handle: group, users: group === 'SBARRED' ? [] : ['U0BOB'] });
    const front = frontOf('slack');
    await front.start({} as never);
    closing.push(() => front.stop());
    const { people, may } = bot(front);
    await people.refresh();
    expect([await may('approve'), await may('approve')]).toEqual([true, true]);
  });

  it('is asked only for those that give or take the right, and for what workers judge votes by', async () => {
    const { chat, people, may } = stage();
    await people.refresh();
    expect(chat.asked).toHaveLength(15);
    chat.asked = [];
    expect([await may('approve'), await may('approve')]).toEqual([true, true]);
    expect(chat.asked.sort()).toEqual(['slack:SAPPROVE', 'slack:SAPPROVE', 'slack:SBARRED', 'slack:SBARRED']);
    chat.asked = [];
    expect(await may('budget')).toBe(true);
    expect(chat.asked.sort()).toEqual(['slack:SAPPROVE', 'slack:SBARRED', 'slack:SBUDGET']);
  });

  it('has a right given or taken in any of these as of the click', async () => {
    const { chat, people, may, kept } = stage();
    await people.refresh();
    chat.in.set('slack:SBARRED', ['slack:U0BOB']);
    expect(await may('approve')).toBe(false);
    chat.in.set('slack:SBARRED', []).set('slack:SBUDGET', []);
    expect([await may('approve'), await may('budget')]).toEqual([true, false]);
    // What no click was about stays as it was read.
    expect((await kept())?.groups.sort()).toEqual(['slack:SAPPROVE', 'slack:SLAUNCH3']);
  });

  it('is asked for all others once what was read of them is too old to stand beside a decision', async () => {
    const { chat, people, may, kept, time } = stage();
    await people.refresh();
    chat.asked = [];
    time.now += OTHER_GROUPS_MS - 1;
    await may('approve');
    expect(chat.asked).toHaveLength(2);
    // The account is as old as what is oldest in it, so that nothing of it counts for longer than before.
    expect((await kept())?.readAt).toBe(NOW);
    time.now += 1;
    chat.asked = [];
    await may('approve');
    expect(chat.asked).toHaveLength(15);
    expect((await kept())?.readAt).toBe(NOW + OTHER_GROUPS_MS);
  });

  it('has what another bot read of the others', async () => {
    const { people, time } = stage();
    await people.refresh();
    const { chat, may, kept, time: there } = stage();
    there.now = time.now + MINUTE;
    expect(await may('approve')).toBe(true);
    expect(chat.asked).toHaveLength(2);
    expect((await kept())?.groups.sort()).toEqual(['slack:SAPPROVE', 'slack:SBUDGET', 'slack:SLAUNCH3']);
  });

  it('never has a group decided by a read that was sent before the click', async () => {
    const { chat, people, may } = stage();
    await people.refresh();
    let open = () => {};
    chat.gate = new Promise((resolve) => {
      open = resolve;
    });
    chat.asked = [];
    const first = may('approve');
    await expect.poll(() => chat.asked.length).toBe(2);
    chat.in.set('slack:SAPPROVE', []);
    const later = [may('approve'), may('approve'), may('budget')];
    open();
    expect(await first).toBe(true);
    expect(await Promise.all(later)).toEqual([false, false, true]);
    // The three share the next, and ask once for what only one of them needs.
    expect(chat.asked.length).toBeLessThanOrEqual(5);
  });
});

it('a company with more groups than calls has its people read: what was told is not asked again', async () => {
  const teams = Array.from({ length: 30 }, (_, i) => `SLAUNCH${i}`);
  const { chat, people, kept, time } = stage(teams);
  chat.left = 20;
  await people.refresh();
  expect(await kept()).toBeUndefined();
  time.now += NEXT_BATCH_MS;
  chat.left = 20;
  await people.refresh();
  expect((await kept())?.groups.sort()).toEqual(['slack:SAPPROVE', 'slack:SBUDGET', 'slack:SLAUNCH3']);
});

it('a role that was taken away on Discord is gone as of any click: Discord names roles with each member', async () => {
  const { discord, front: frontOf, close } = await bothChats();
  closing.push(close);
  const front = frontOf('discord');
  await front.start({} as never);
  closing.push(() => front.stop());
  const [LAUNCHERS, APPROVERS] = ['900000000000000021', '900000000000000022'];
  const { policy } = readPolicy(
    `rooms: { gpu: { discord: { channel: "${DISCORD_ROOM.channel}" } } }
roles:
  launchers: { grant: [launch], discord_roles: ["${LAUNCHERS}"] }
  approvers: { grant: [approve], discord_roles: ["${APPROVERS}"] }`,
    ['discord'],
  );
  if (!policy) throw new Error('the policy does not parse');
  const { context, time } = governed(redis.client());
  const standings = new Standings(new Map([['discord', front]]), { ...context, policy });
  const alice = discord.server.users.get(ALICE_ON_DISCORD);
  if (!alice) throw new Error('no alice');
  alice.roles = [LAUNCHERS, APPROVERS];
  const account = `discord:${ALICE_ON_DISCORD}`;
  const rights = async () => (await standings.of(account, { live: ['approve'] })).access.may;
  expect([...(await rights())]).toContain('launch');
  alice.roles = [APPROVERS];
  time.now += MINUTE;
  expect([...(await rights())]).not.toContain('launch');
  const kept = (await context.snapshots.members('discord')).accounts[account];
  expect(kept).toMatchObject({ groups: [`discord:${APPROVERS}`], readAt: time.now });
});
