import { expect, it } from 'vitest';
import { TryLater } from '../../src/jobs/define.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { bare } from '../../src/policy/identity.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, PEOPLE } from './context.ts';
import { limited, neverSent } from './provider.ts';

const redis = useRedis();

/** One approved request, and a worker. */
async function approved() {
  const world = governed(redis.client());
  const { context, approvals, provider } = world;
  provider.add('pod1', FACTS.name, { gpuId: 'NVIDIA RTX A6000' });
  const member = { name: 'x', membership: 'member' as const, groups: [] };
  const accounts = new Map(PEOPLE.map(({ accounts: [account = ''] }) => [account, { ...member, account }]));
  await context.snapshots.saveMembers('slack', accounts, await context.snapshots.beginRead(NOW));
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  await approvals.add([newApproval()], (await context.links.guarded()).guard, () => []);
  const vote = { by: BOB, at: NOW, accounts: [bare(BOB.account)] };
  await approvals.move('r1', moves.approve(vote, 0), () => []);
  const run = async () => {
    try {
      await terminatePod.handle({ request: 'r1' }, context, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof TryLater)) throw error;
    }
    return approvals.get('r1');
  };
  return { ...world, run };
}

it.each([
  ['RunPod could not be reached for', neverSent],
  ['RunPod’s limit turned away', limited],
])('a pod that goes after a DELETE that %s is not said to be terminated by it', async (_, failure) => {
  const { provider, run } = await approved();
  provider.failures.terminate = [failure];
  provider.before.get = () => {
    if (provider.count('terminate') === 1) provider.pods.delete('pod1');
  };
  expect(await run()).toMatchObject({ status: 'void', end: { text: expect.stringContaining('not by this request') } });
});

it('a DELETE that never left does not count among the five that RunPod was asked', async () => {
  const { provider, run } = await approved();
  provider.failures.terminate = Array.from({ length: 6 }, () => neverSent);
  expect(await run()).toMatchObject({ status: 'done' });
  expect(provider.terminated).toEqual(['pod1']);
});

it('where no DELETE left for half an hour, nobody is told that RunPod was asked', async () => {
  const { provider, time, run } = await approved();
  provider.failures.terminate = Array.from({ length: 99 }, () => neverSent);
  provider.before.terminate = () => {
    time.now += 31 * 60_000;
  };
  expect(await run()).toMatchObject({
    status: 'failed',
    end: { text: expect.stringMatching(/^RunPod was not asked to delete it/) },
  });
});
