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

  it('drops whom a later refresh of all no longer shows', async () => {
    const snapshots = new Snapshots(redis.client());
    await snapshots.saveMember(B, as(B, 'member'), await snapshots.beginRead(1000));
    await snapshots.saveMembers('slack', all(as(A, 'member')), await snapshots.beginRead(2000));
    expect(await memberships(snapshots)).toEqual({ [A]: 'member' });
  });

  it('is not set back by a refresh of another bot that began earlier and ended later', async () => {
    const snapshots = new Snapshots(redis.client());
    const [slow, quick] = [await snapshots.beginRead(1000), await snapshots.beginRead(2000)];
    await snapshots.saveMembers('slack', all(as(A, 'guest')), quick);
    await snapshots.saveMembers('slack', all(as(A, 'member'), as(B, 'member')), slow);
    expect(await memberships(snapshots)).toEqual({ [A]: 'guest' });
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
