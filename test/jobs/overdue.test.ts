import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { requestCard } from '../../src/bot/views/request-card.ts';
import { OverdueWatch } from '../../src/jobs/overdue.ts';
import type { Approval } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { bare } from '../../src/policy/identity.ts';
import { OVERDUE_MS } from '../../src/policy/overdue.ts';
import { MachineClocks } from '../../src/store/machine-clocks.ts';
import { BOB, CAROL, newApproval } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, PEOPLE } from './context.ts';

const redis = useRedis();
const MINUTE = 60_000;

/** A bot that looks at an approved request every quarter of a minute; the worker said just now that it is there. */
async function world(more: Partial<Approval> = {}, ownerWaitMs = 0) {
  const { context, time } = governed(redis.client());
  const machineClocks = new MachineClocks(redis.client());
  const told: string[] = [];
  const bot = {
    ...context,
    machineClocks,
    waiting: async () => 0,
    tell: async (batch: string) => void told.push(batch),
  };
  const watch = new OverdueWatch(bot);
  const member = { account: 'slack:x', name: 'x', membership: 'member' as const, groups: [] };
  const accounts = Object.fromEntries(PEOPLE.map(({ accounts: [account = ''] }) => [account, member]));
  await context.snapshots.saveMembers(
    'slack',
    new Map(Object.entries(accounts)),
    await context.snapshots.beginRead(NOW),
  );
  await context.snapshots.seen('worker', time.real);
  const { guard } = await context.links.guarded();
  await context.approvals.add([newApproval(more)], guard, () => []);
  const vote = { by: BOB, at: NOW, accounts: [bare(BOB.account)] };
  await context.approvals.move('r1', moves.approve(vote, ownerWaitMs), () => []);
  const pass = async (ms: number, worker: 'responds' | 'is dead' = 'responds') => {
    for (let left = ms; left > 0; left -= 15_000) {
      time.now += Math.min(left, 15_000);
      time.real += Math.min(left, 15_000);
      if (worker === 'responds') await context.snapshots.seen('worker', time.real);
      await watch.look();
    }
  };
  await watch.look();
  const record = async () => (await context.approvals.get('r1')) as Approval;
  const card = async () =>
    plainText(
      requestCard([await record()], time.now, ({ account }) => [account]),
      5000,
    );
  return { context, time, machineClocks, told, watch, pass, record, card };
}

describe('a request that is said to be carried out now', () => {
  it('is believed for a minute; then its card says that the worker is not responding, once', async () => {
    const { pass, card, told } = await world();
    await pass(OVERDUE_MS - 15_000, 'is dead');
    expect(await card()).toContain('It is carried out now.');
    expect(told).toEqual([]);
    await pass(30_000, 'is dead');
    expect(await card()).toMatch(/Not carried out yet: the Podwarden worker is not responding.*The approval lapses/);
    expect(await card()).not.toContain('carried out now');
    await pass(5 * MINUTE, 'is dead');
    expect(told).toEqual(['b1']);
  });

  it('says another reason once that is another: a clock, an approver who was not read', async () => {
    const { pass, card, told, machineClocks, time } = await world();
    await machineClocks.differs('w', { part: 'worker', host: 'gpu-box', ahead: 6 * MINUTE, at: time.real });
    await pass(MINUTE);
    expect(await card()).toContain('gpu-box is 6 minutes fast, so it refuses to act');
    await machineClocks.agrees('w');
    await pass(15 * MINUTE);
    expect(await card()).toContain('approver’s account on slack');
    // In between it did not know why, and said so.
    expect(told).toEqual(['b1', 'b1', 'b1']);
  });

  it('says nothing more of it once it is executing, and why where it lapses', async () => {
    const { pass, card, context, record, time } = await world();
    await pass(2 * MINUTE, 'is dead');
    const { fingerprint } = await record();
    const sent = moves.sending(fingerprint, time.now, time.real)(await record());
    expect(
      plainText(
        requestCard([sent as Approval], NOW, ({ account }) => [account]),
        5000,
      ),
    ).not.toContain('yet');
    time.now += 31 * MINUTE;
    await context.approvals.move('r1', moves.expire(time.now), () => []);
    expect(await card()).toMatch(/not carried out within 30 minutes: the Podwarden worker is not responding/);
  });

  it('waits for its owner first, and is late from then on', async () => {
    const { pass, card } = await world({ owner: CAROL, by: ALICE }, 10 * MINUTE);
    await pass(9 * MINUTE, 'is dead');
    expect(await card()).toContain('whose pod it is, denies it');
    await pass(3 * MINUTE, 'is dead');
    expect(await card()).toContain('Not carried out yet');
  });

  it('is late by real time: a clock that somebody moves accuses nobody', async () => {
    const { time, watch, told } = await world();
    time.now += 20 * MINUTE;
    await watch.look();
    expect(told).toEqual([]);
  });
});
