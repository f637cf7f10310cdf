import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { confirmedReads } from '../../src/jobs/confirmed-reads.ts';
import { refreshCatalogue } from '../../src/jobs/refresh-catalogue.ts';
import { unreadLines } from '../../src/policy/unread.ts';
import { createRunpod, type Runpod } from '../../src/runpod/client.ts';
import { RunpodRejected, RunpodUnexpected } from '../../src/runpod/errors.ts';
import { governed } from '../jobs/context.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const signal = new AbortController().signal;
let runpod: RunpodEmulator;
let client: Runpod;

beforeEach(async () => {
  runpod = await startRunpodEmulator({ clock: () => Date.now(), apiKey: 'rpa_t', balance: 1e6, quotaPerMinute: 1e9 });
  client = createRunpod({ apiKey: 'rpa_t', baseUrl: runpod.url, userAgent: 'test' });
});
afterEach(async () => {
  await client?.close();
  await runpod?.close();
});

async function refreshed() {
  const { context } = governed(redis.client());
  const provider = confirmedReads(runpodPort(client), context.snapshots);
  await refreshCatalogue.handle({}, { ...context, provider }, signal);
  return context.snapshots.catalogue();
}

it('a list of volumes that is null, or that the key may not read, leaves GPU types readable at a first start', async () => {
  for (const failure of [
    new RunpodUnexpected('the reply has an unknown shape', { call: 'x' }),
    new RunpodRejected(403, 'access', 'the key lacks the scope', { call: 'x' }),
  ]) {
    await redis.client().flushall();
    client.pods.listNetworkVolumes = () => Promise.reject(failure);
    const catalogue = await refreshed();
    expect(catalogue?.gpus.length).toBeGreaterThan(40);
    expect(catalogue?.dataCenters.length).toBeGreaterThan(5);
    expect(catalogue?.networkVolumes).toEqual([]);
    expect(unreadLines(catalogue?.unread ?? [])).toEqual(['list of network volumes: reply is unreadable']);
  }
});

it('what was last read of a list stays while it cannot be read', async () => {
  runpod.account.volumes.set('nv1', { id: 'nv1', name: 'data', size: 100, dataCenter: 'EU-RO-1' });
  const before = await refreshed();
  expect(before?.networkVolumes.map(({ id }) => id)).toEqual(['nv1']);
  const gone = () => Promise.reject(new RunpodUnexpected('the reply has an unknown shape', { call: 'x' }));
  client.pods.listNetworkVolumes = gone;
  client.catalogue.dataCenters = gone;
  const after = await refreshed();
  expect(after?.networkVolumes).toEqual(before?.networkVolumes);
  expect(after?.dataCenters).toEqual(before?.dataCenters);
  expect(after?.unread).toHaveLength(2);
});

it('Community Cloud that cannot be read leaves the types of Secure Cloud, with its own stock unknown', async () => {
  const gpus = client.catalogue.gpus.bind(client.catalogue);
  client.catalogue.gpus = (cloud, options) =>
    cloud === 'COMMUNITY' ? Promise.reject(new RunpodUnexpected('null', { call: 'x' })) : gpus(cloud, options);
  const catalogue = await refreshed();
  expect(catalogue?.gpus.find(({ id }) => id === 'NVIDIA RTX A6000')?.community?.stock).toBe('UNKNOWN');
});
