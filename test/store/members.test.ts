import { describe, expect, it } from 'vitest';
import { Snapshots } from '../../src/store/snapshots.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const A = 'slack:T1/U1';
const B = 'slack:T1/U2';
const as = (account: string, membership: 'member' | 'guest' | 'deactivated') => ({
  account,
  name: 'x',
  membership,
  groups: [],
});
const all = (...members: ReturnType<typeof as>[]) => new Map(members.map((one) => [one.account, one]));

async function memberships(snapshots: Snapshots): Promise<Record<string, string>> {
  const { accounts } = await snapshots.members('slack');
  return Object.fromEntries(Object.values(accounts).map(({ account, membership }) => [account, membership]));
}

describe('the list of people', () => {
  it('holds for each account what was read last, in whichever order reads end', async () => {
    const snapshots = new Snapshots(redis.client());
    const [early, late] = [await snapshots.beginRead(1000), await snapshots.beginRead(1000)];
    await snapshots.saveMember(A, as(A, 'deactivated'), late);
    await snapshots.saveMember(A, as(A, 'member'), early);
    expect(await memberships(snapshots)).toEqual({ [A]: 'deactivated' });
  });

  it('keeps what was read by itself since a refresh of all began, also whom that refresh does not show', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveMembers('slack', all(as(A, 'member')), await snapshots.beginRead(1000));
    const refresh = await snapshots.beginRead(2000);
    await snapshots.saveMember(A, as(A, 'deactivated'), await snapshots.beginRead(3000));
    await snapshots.saveMember(B, as(B, 'member'), await snapshots.beginRead(3000));
    await snapshots.saveMembers('slack', all(as(A, 'member')), refresh);
    expect(await memberships(snapshots)).toEqual({ [A]: 'deactivated', [B]: 'member' });
    expect((await snapshots.members('slack')).accounts[A]?.readAt).toBe(3000);
    expect((await snapshots.members('slack')).readAt).toBe(2000);
  });

  it('keeps whom a batch did not read, and drops whom it says, unless they were read since', async () => {
    const snapshots = new Snapshots(redis.client());
    const seen = ['slack:T1/U3', 'slack:T1/U4'].map((account) => as(account, 'member'));
    for (const one of [as(B, 'member'), ...seen])
      await snapshots.saveMember(one.account, one, await snapshots.beginRead(1000));
    const batch = await snapshots.beginRead(2000);
    await snapshots.saveMember('slack:T1/U4', as('slack:T1/U4', 'guest'), await snapshots.beginRead(3000));
    const dropped = ['slack:U3', 'slack:U4'];
    await snapshots.saveMembers('slack', all(as(A, 'member')), batch, { pass: null, dropped });
    expect(await memberships(snapshots)).toEqual({ [A]: 'member', [B]: 'member', 'slack:T1/U4': 'guest' });
    expect((await snapshots.members('slack')).readAt).toBeNull();
  });

  it('is not set back by a batch of another bot that began earlier and ended later', async () => {
    const snapshots = new Snapshots(redis.client());
    const [slow, quick] = [await snapshots.beginRead(1000), await snapshots.beginRead(2000)];
    await snapshots.saveMembers('slack', all(as(A, 'guest')), quick);
    await snapshots.saveMembers('slack', all(as(A, 'member'), as(B, 'member')), slow);
    expect(await memberships(snapshots)).toEqual({ [A]: 'guest', [B]: 'member' });
    expect(await snapshots.members('slack')).toMatchObject({ readAt: 2000, count: 1 });
  });

  it('tells who did something here from who was only read', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveMember(A, as(A, 'member'), await snapshots.beginRead(1000));
    await snapshots.saveMembers('slack', all(as(B, 'member')), await snapshots.beginRead(2000));
    const { accounts } = await snapshots.members('slack');
    expect([accounts[A]?.seenAt, accounts[B]?.seenAt]).toEqual([1000, undefined]);
  });

  it('names whom a chat did not show, and why, until the next time', async () => {
    const snapshots = new Snapshots(redis.client());
    expect(await snapshots.unreadPeople('slack')).toEqual({ chat: null, accounts: new Map() });
    const unread = {
      chat: { why: 'Slack did not answer', since: 1000, triedAt: 2000 },
      accounts: new Map([['slack:U1', { why: 'Slack does not know it', since: 1, triedAt: 2 }]]),
    };
    await snapshots.saveUnreadPeople('slack', unread);
    expect(await snapshots.unreadPeople('slack')).toEqual(unread);
    expect((await snapshots.unreadPeople('discord')).accounts.size).toBe(0);
    await snapshots.saveUnreadPeople('slack', { chat: null, accounts: new Map() });
    expect(await snapshots.unreadPeople('slack')).toEqual({ chat: null, accounts: new Map() });
  });

  it('orders reads by when they began, whatever the clocks of two bots say', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveMember(A, as(A, 'member'), await snapshots.beginRead(9_000_000));
    await snapshots.saveMember(A, as(A, 'deactivated'), await snapshots.beginRead(1000));
    expect(await memberships(snapshots)).toEqual({ [A]: 'deactivated' });
  });

  it('was never read where only single accounts were', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveMember(A, as(A, 'member'), await snapshots.beginRead(1000));
    expect((await snapshots.members('slack')).readAt).toBeNull();
    expect((await snapshots.members('discord')).accounts).toEqual({});
  });
});
