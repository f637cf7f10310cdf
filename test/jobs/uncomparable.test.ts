import { describe, expect, it } from 'vitest';
import { TryLater } from '../../src/jobs/define.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import type { Approval } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import { accountsOf } from '../../src/policy/identity.ts';
import type { Partly } from '../../src/policy/unread.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { FACTS, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, PEOPLE } from './context.ts';
import { cutOff } from './provider.ts';

const redis = useRedis();
const signal = new AbortController().signal;
const MEMBER = { account: 'slack:x', name: 'x', membership: 'member' as const, groups: [] };

/** One request for pod1, which one person has approved unless `votes` says otherwise. */
async function requested({ votes = true } = {}) {
  const { provider, time, context, approvals } = governed(redis.client());
  const pod: Partly<FleetPod> = provider.add('pod1', 'alice-run7-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
  const accounts = PEOPLE.map(({ accounts: [account = ''] }) => [account, MEMBER] as const);
  const { snapshots } = context;
  await snapshots.saveMembers('slack', new Map(accounts) as never, await snapshots.beginRead(time.now));
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  const { guard } = await context.links.guarded();
  await approvals.add([newApproval({})], guard, () => []);
  if (votes) {
    const voter = accountsOf(BOB.account, { people: PEOPLE, links: [] });
    await approvals.move('r1', moves.approve({ by: BOB, at: time.now, accounts: voter }, 600_000), () => []);
  }
  const run = async () => {
    try {
      await terminatePod.handle({ request: 'r1' }, context, signal);
    } catch (error) {
      if (!(error instanceof TryLater)) throw error;
    }
  };
  const record = async () => (await approvals.get('r1')) as Approval;
  return { provider, time, context, pod, run, record };
}

/** In whichever order the requests are gone over. */
it.each([
  ['pod1', 'r1', 'r2'],
  ['pod2', 'r2', 'r1'],
])(
  'a request that cannot be judged, since the claim of %s cannot be read, holds no other up',
  async (bad, its, other) => {
    const w = await requested({ votes: false });
    w.provider.add('pod2', 'alice-other-k3f9t2');
    Object.assign(w.pod, { name: 'alice-renamed-k3f9t2' });
    const { guard } = await w.context.links.guarded();
    await w.context.approvals.add([newApproval({ id: 'r2', podId: 'pod2', batch: 'b2' })], guard, () => []);
    const of = w.context.owners.of.bind(w.context.owners);
    w.context.owners.of = async (podId) => {
      if (podId === bad) throw new Error('the claim cannot be read');
      return of(podId);
    };
    w.time.now += 300_000;
    await w.context.snapshots.saveFleet({ readAt: w.time.now, pods: [...w.provider.pods.values()] });
    await expect(reviewRequests.handle({}, w.context, signal)).rejects.toThrow('cannot be read');
    expect((await w.context.approvals.get(its))?.status).toBe('requested');
    expect((await w.context.approvals.get(other))?.status).toBe('void');
  },
);

describe('a pod that does not show what was approved', () => {
  it.each([
    ['name', 'name'],
    ['imageMark', 'image'],
    ['containerDiskGb', 'container disk'],
    ['volumeDisk', 'volume disk'],
    ['networkVolume', 'network volume'],
    ['gpuId', 'GPU type'],
    ['gpuCount', 'number of GPUs'],
    ['startedAt', 'start time'],
    ['locked', 'lock'],
    ['clustered', 'cluster'],
  ] as const)('is not deleted where its %s does not read, and the card says so', async (field, word) => {
    const w = await requested();
    // What was last confirmed stands there, and would compare well.
    w.pod.guessed = [field];
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    expect(await w.record()).toMatchObject({ status: 'void', attempt: null });
    expect((await w.record()).end?.text).toContain(`does not show its ${word},`);
  });

  it('names every field that does not read', async () => {
    const w = await requested();
    w.pod.guessed = ['volumeDisk', 'microUsdPerHour', 'networkVolume'];
    await w.run();
    expect((await w.record()).end?.text).toContain('does not show its volume disk, network volume,');
  });

  it.each(['microUsdPerHour', 'cloud', 'dataCenter', 'createdAt', 'reporting', 'gpuName', 'gpuUtil'] as const)(
    'is deleted all the same where only its %s does not read',
    async (field) => {
      const w = await requested();
      w.pod.guessed = [field];
      await w.run();
      expect((await w.record()).status).toBe('done');
      expect(w.provider.terminated).toEqual(['pod1']);
    },
  );

  it('is deleted where a read a moment later shows it', async () => {
    const w = await requested();
    w.pod.guessed = ['imageMark'];
    w.provider.before.get = () => {
      if (w.provider.count('get') === 3) delete w.pod.guessed;
    };
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it('is deleted while it is stopped and does not show on what it computed', async () => {
    const w = await requested();
    Object.assign(w.pod, { status: 'EXITED', startedAt: null, reporting: false, guessed: ['gpuId', 'gpuCount'] });
    await w.run();
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it('is not asked for a second time after a DELETE that did not say how it ended', async () => {
    const w = await requested();
    w.provider.failures.terminate = [cutOff];
    w.provider.before.terminate = () => void Object.assign(w.pod, { guessed: ['imageMark'] });
    await w.run();
    expect(w.provider.count('terminate')).toBe(1);
    expect(await w.record()).toMatchObject({ status: 'failed' });
    expect((await w.record()).end?.text).toContain('does not show its image,');
  });

  it('keeps its open request where a guess differs from what was asked for', async () => {
    const w = await requested({ votes: false });
    w.time.now += 300_000;
    Object.assign(w.pod, { imageMark: 'a guess', guessed: ['imageMark'] });
    await w.context.snapshots.saveFleet({ readAt: w.time.now, pods: [w.pod] });
    await reviewRequests.handle({}, w.context, signal);
    expect((await w.record()).status).toBe('requested');
    delete w.pod.guessed;
    await reviewRequests.handle({}, w.context, signal);
    expect((await w.record()).status).toBe('void');
  });
});
