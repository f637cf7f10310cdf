import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { confirmedReads } from '../../src/jobs/confirmed-reads.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { createRunpod, type Runpod } from '../../src/runpod/client.ts';
import { governed } from '../jobs/context.ts';
import { useRedis } from '../store/redis.ts';
import { BEGIN, place } from './stage.ts';

const redis = useRedis();
let runpod: RunpodEmulator;
let client: Runpod;
let time: { now: number };

beforeEach(async () => {
  time = { now: BEGIN };
  runpod = await startRunpodEmulator({ clock: () => time.now, apiKey: 'rpa_t', balance: 1e6, quotaPerMinute: 1e9 });
  client = createRunpod({ apiKey: 'rpa_t', baseUrl: runpod.url, userAgent: 'test' });
});
afterEach(async () => {
  await client?.close();
  await runpod?.close();
});

describe('a field that does not read when its pod is first seen', () => {
  it.each([
    ['name', { name: 'alice-run1-k3f9t2' }],
    ['disk', { containerDiskGb: 50 }],
    ['mounts', { volumeDisk: { sizeGb: 20, path: '/workspace' } }],
    ['image', {}],
    ['cost', { microUsdPerHour: 270_000 }],
  ])('is taken as it reads later where it is %s, and nobody changed it', async (field, known) => {
    const { context } = governed(redis.client());
    const provider = confirmedReads(runpodPort(client), context.snapshots);
    const clocks = { ...context.clocks, now: () => time.now, pause: async () => {} };
    const scan = async () => {
      time.now += 300_000;
      await readFleet.handle({}, { ...context, provider, clocks }, new AbortController().signal);
    };
    const stage = { account: runpod.account, time } as never;
    place(stage, { id: 'pod1', name: 'alice-run1-k3f9t2', volumeDiskGb: 20 });
    runpod.faults.podRow = { of: 'pod1', field, value: null };
    await scan();
    await scan();
    runpod.faults.podRow = null;
    await scan();
    await scan();
    expect((await context.snapshots.fleet())?.pods).toMatchObject([{ id: 'pod1', ...known }]);
    expect((await context.findings.memory())?.changes).toEqual([]);
  });
});
