import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { podCard } from '../../src/bot/views/pod-card.ts';
import { launchPod } from '../../src/jobs/launch-pod.ts';
import { reconcile } from '../../src/jobs/reconcile.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { startPod } from '../../src/jobs/start-pod.ts';
import { stopPod } from '../../src/jobs/stop-pod.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import type { Approval } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { bare } from '../../src/policy/identity.ts';
import type { Row } from '../../src/policy/ledger.ts';
import * as rowMoves from '../../src/policy/ledger-moves.ts';
import { ServerTime } from '../../src/store/server-time.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, PEOPLE } from './context.ts';

const redis = useRedis();
const MINUTE = 60_000;
const signal = new AbortController().signal;

/** The time of Redis as a process reads it whose machine is so many minutes ahead. */
async function timeOn(minutes: number): Promise<ServerTime> {
  const wall = () => Date.now() + minutes * MINUTE;
  const time = new ServerTime(redis.client(), { wall, steady: () => performance.now() });
  await time.measure();
  return time;
}

/** A worker on such a machine. `trusting`: without the refusal, so that the stamps alone are looked at. */
async function workerOn(minutes: number, { trusting = false } = {}) {
  const { context, provider } = governed(redis.client());
  const time = await timeOn(minutes);
  const now = () => time.now();
  const ahead = trusting ? {} : { ahead: () => time.ahead() };
  context.clocks = { now, realNow: now, pause: async () => {}, ...ahead };
  const row = async () => (await context.ledger.get('p1')) as Row;
  const record = async () => (await context.approvals.get('r1')) as Approval;
  return { context, provider, row, record };
}
type Worker = Awaited<ReturnType<typeof workerOn>>;

/** As a bot on a machine so many minutes ahead stamps a launch. */
async function launchFrom(minutes: number, { context }: Worker): Promise<void> {
  const at = (await timeOn(minutes)).now();
  await context.ledger.add(newRow({ createdAt: at, since: at }), () => null);
}

/** As a bot on such a machine stamps a request and its approval. */
async function approvedFrom(minutes: number, { context, provider }: Worker): Promise<void> {
  const bot = await timeOn(minutes);
  const at = bot.now();
  provider.add('pod1', 'alice-run7-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
  const accounts = Object.fromEntries(
    PEOPLE.map(({ accounts: [account = ''] }) => [
      account,
      { account, name: 'x', membership: 'member' as const, groups: [] },
    ]),
  );
  await context.snapshots.saveMembers(
    'slack',
    new Map(Object.entries(accounts)),
    await context.snapshots.beginRead(at),
  );
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  const { guard } = await context.links.guarded();
  await context.approvals.add([newApproval({ createdAt: at, expiresAt: at + 60 * MINUTE })], guard, () => []);
  const vote = { by: BOB, at: bot.now(), accounts: [bare(BOB.account)] };
  await context.approvals.move('r1', moves.approve(vote, 0), () => []);
}

describe('a launch that a worker’s wrong clock holds up', () => {
  const around = { now: 0, catalogue: [], accounts: [] };
  const shown = async (w: Worker) => plainText(podCard(await w.row(), around), 1000);

  it('says so on its card, and no more once a worker with the right time takes it', async () => {
    const w = await workerOn(12);
    const at = w.context.clocks.now() - 20_000;
    await w.context.ledger.add(newRow({ createdAt: at, since: at }), () => null);
    await launchPod.handle({ row: 'p1' }, w.context, signal);
    expect(await shown(w)).toMatch(/queued.*not sent yet: the clock of the worker’s machine is 12 minutes fast.*NTP/is);
    const { rev } = await w.row();
    await launchPod.handle({ row: 'p1' }, w.context, signal);
    // Said once: its card is not edited at every tick.
    expect((await w.row()).rev).toBe(rev);
    const right = await workerOn(0);
    await launchPod.handle({ row: 'p1' }, right.context, signal);
    expect(await shown(right)).not.toMatch(/clock/);
    expect(await right.row()).toMatchObject({ status: 'running', heldUp: null });
  });

  it('is no news while another worker may still take it at once', async () => {
    const w = await workerOn(12);
    await launchFrom(0, w);
    await launchPod.handle({ row: 'p1' }, w.context, signal);
    expect(await shown(w)).not.toMatch(/clock/);
  });
});

describe('stamps of machines that do not agree', () => {
  it.each([
    [0, 12],
    [0, -12],
    [20, 0],
    [-20, 12],
  ])('a launch asked for on a machine %d minutes ahead is carried out by one %d minutes ahead', async (bot, worker) => {
    const w = await workerOn(worker, { trusting: true });
    await launchFrom(bot, w);
    await reconcile.handle({}, w.context, signal);
    await launchPod.handle({ row: 'p1' }, w.context, signal);
    expect(await w.row()).toMatchObject({ status: 'running' });
    expect(w.provider.count('create')).toBe(1);
  });

  it.each([
    [20, 0],
    [-40, 0],
    [0, 12],
  ])(
    'an approval on a machine %d minutes ahead is carried out at once by one %d minutes ahead',
    async (bot, worker) => {
      const w = await workerOn(worker, { trusting: true });
      await approvedFrom(bot, w);
      await reviewRequests.handle({}, w.context, signal);
      await terminatePod.handle({ request: 'r1' }, w.context, signal);
      expect((await w.record()).status).toBe('done');
      expect(w.provider.count('terminate')).toBe(1);
    },
  );
});

describe('a worker that may have slept since it claimed', () => {
  it('creates nothing on that claim, and gives it back', async () => {
    const w = await workerOn(0);
    await launchFrom(0, w);
    let jumped = true;
    w.context.clocks.jumped = () => jumped;
    await expect(launchPod.handle({ row: 'p1' }, w.context, signal)).rejects.toThrow(/try again/);
    expect(w.provider.count('create')).toBe(0);
    expect((await w.row()).attempts).toMatchObject([{ state: 'planned' }]);
    jumped = false;
    await launchPod.handle({ row: 'p1' }, w.context, signal);
    expect(w.provider.count('create')).toBe(1);
  });

  it('deletes nothing on that claim, and judges it anew', async () => {
    const w = await workerOn(0);
    await approvedFrom(0, w);
    let jumped = true;
    w.context.clocks.jumped = () => jumped;
    await expect(terminatePod.handle({ request: 'r1' }, w.context, signal)).rejects.toThrow(/try again/);
    expect(w.provider.count('terminate')).toBe(0);
    jumped = false;
    await terminatePod.handle({ request: 'r1' }, w.context, signal);
    expect((await w.record()).status).toBe('done');
  });
});

describe('a worker on a machine that is 6 minutes off', () => {
  const starting = () => {
    const stopped = newRow({ status: 'stopped', podId: 'pod1', facts: FACTS });
    return rowMoves.ask({ id: 't1', kind: 'start', by: ALICE, at: 1, asOnDemand: false }, 1)(stopped) as Row;
  };
  const off = { status: 'EXITED', reporting: false, startedAt: null };

  it.each([6, -6])('leaves a launch to another, which carries it out (%d minutes)', async (minutes) => {
    const wrong = await workerOn(minutes);
    await launchFrom(0, wrong);
    await launchPod.handle({ row: 'p1' }, wrong.context, signal);
    await reconcile.handle({}, wrong.context, signal);
    expect((await wrong.row()).status).toBe('requested');
    const right = await workerOn(4);
    await launchPod.handle({ row: 'p1' }, right.context, signal);
    expect((await wrong.row()).status).toBe('running');
    expect(wrong.provider.calls).toEqual([]);
  });

  it('deletes nothing, and says why in its log', async () => {
    const wrong = await workerOn(6);
    const said: string[] = [];
    wrong.context.log.warn = (_, text) => said.push(text);
    await approvedFrom(0, wrong);
    await terminatePod.handle({ request: 'r1' }, wrong.context, signal);
    expect((await wrong.record()).status).toBe('approved');
    expect(wrong.provider.calls).toEqual([]);
    expect(said.join()).toMatch(/clock is wrong, set it \(NTP\)/);
  });

  it('starts nothing', async () => {
    const wrong = await workerOn(6);
    wrong.provider.add('pod1', FACTS.name, off);
    await wrong.context.ledger.add(starting(), () => null);
    await startPod.handle({ row: 'p1' }, wrong.context, signal);
    expect(wrong.provider.count('start')).toBe(0);
    expect((await wrong.row()).task?.state).toBe('open');
  });

  it('stops what it is asked to stop: that is how an emergency ends', async () => {
    const wrong = await workerOn(6);
    wrong.provider.add('pod1', FACTS.name);
    const up = newRow({ status: 'running', podId: 'pod1', facts: FACTS });
    await wrong.context.ledger.add(
      rowMoves.ask({ id: 't1', kind: 'stop', by: ALICE, at: 1, asOnDemand: false }, 1)(up) as Row,
      () => null,
    );
    await stopPod.handle({ row: 'p1' }, wrong.context, signal);
    expect(wrong.provider.count('stop')).toBe(1);
    expect((await wrong.row()).status).toBe('stopped');
  });
});
