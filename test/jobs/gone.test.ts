import { expect, it } from 'vitest';
import { BETWEEN_READS_MS, provenGone } from '../../src/jobs/gone.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';
import { cutOff, type FakeProvider, refused } from './provider.ts';

const redis = useRedis();

/** What RunPod shows of a pod that was deleted, and what it may show of one that only seems to be. */
const CASES: [shown: string, spot: boolean, gone: boolean, (provider: FakeProvider) => void][] = [
  ['nowhere', false, true, ({ pods }) => pods.clear()],
  ['nowhere, spot', true, true, ({ pods }) => pods.clear()],
  ['as TERMINATED everywhere', false, true, ({ pods }) => void Object.assign(pods.get('pod1') ?? {}, TERMINATED)],
  ['by id', false, false, () => {}],
  ['by id at the second read', false, false, (provider) => appearsAt(provider, 'get', 2)],
  ['in the list alone', false, false, (provider) => appearsAt(provider, 'list', 1)],
  ['in the other list alone', true, false, (provider) => appearsAt(provider, 'otherList', 1)],
  ['nowhere, and the first read failed', false, false, (provider) => failsAt(provider, 'get', 1)],
  ['nowhere, and the second read failed', false, false, (provider) => failsAt(provider, 'get', 2)],
  ['nowhere, and the list failed', false, false, (provider) => failsAt(provider, 'list', 1)],
  ['nowhere, and the other list failed', true, false, (provider) => failsAt(provider, 'otherList', 1)],
  [
    'nowhere, and the other list failed, which has no say',
    false,
    true,
    (provider) => failsAt(provider, 'otherList', 1),
  ],
  [
    'nowhere, and the key may not ask for the other list',
    true,
    true,
    ({ pods, failures }) => {
      pods.clear();
      failures.otherList = [refused('access')];
    },
  ],
];
const TERMINATED = { status: 'TERMINATED', reporting: false };

function appearsAt(provider: FakeProvider, call: string, time: number): void {
  const pod = provider.pods.get('pod1');
  provider.pods.clear();
  provider.before[call] = () => {
    if (pod && provider.count(call) === time) provider.pods.set(pod.id, pod);
  };
}

function failsAt(provider: FakeProvider, call: string, time: number): void {
  provider.pods.clear();
  provider.failures[call] = [...Array(time - 1).fill(undefined), cutOff];
}

it.each(CASES)('a pod that RunPod shows %s: spot %s, proven gone %s', async (_, spot, gone, stage) => {
  const { provider, context, time, signal } = governed(redis.client());
  provider.add('pod1', 'alice-run7-k3f9t2');
  stage(provider);
  const before = time.real;
  expect(await provenGone('pod1', { spot }, context, signal)).toBe(gone);
  if (gone) expect(time.real - before).toBeGreaterThanOrEqual(BETWEEN_READS_MS);
});
