import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowFault } from '../../emulators/runpod/faults.ts';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import type { GovernedContext } from '../../src/jobs/approvals.ts';
import { confirmedReads } from '../../src/jobs/confirmed-reads.ts';
import { provenGone } from '../../src/jobs/gone.ts';
import { readBilling } from '../../src/jobs/read-billing.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { refreshCatalogue } from '../../src/jobs/refresh-catalogue.ts';
import { settle } from '../../src/jobs/settle.ts';
import { fingerprintOf } from '../../src/policy/fingerprint.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import { createRunpod, type Runpod } from '../../src/runpod/client.ts';
import { governed } from '../jobs/context.ts';
import { newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { BEGIN, place } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const redis = useRedis();
const signal = new AbortController().signal;
let time: { now: number };
let runpod: RunpodEmulator;
let client: Runpod;
let context: GovernedContext;
let warnings: { fields: object; text: string }[];

beforeEach(async () => {
  time = { now: BEGIN };
  warnings = [];
  runpod = await startRunpodEmulator({ clock: () => time.now, apiKey: 'rpa_t', balance: 1e6, quotaPerMinute: 1e9 });
  client = createRunpod({ apiKey: 'rpa_t', baseUrl: runpod.url, userAgent: 'test' });
  const base = governed(redis.client());
  context = {
    ...base.context,
    provider: confirmedReads(runpodPort(client), base.context.snapshots),
    clocks: { ...base.context.clocks, now: () => time.now, pause: async () => {} },
    log: { ...base.context.log, warn: (fields, text) => warnings.push({ fields, text }) },
  };
});
afterEach(async () => {
  await client?.close();
  await runpod?.close();
});

const spoil = (field: string, value: unknown, of: string | null = 'pod1'): RowFault => ({ of, field, value });

async function scan(minutes = 5): Promise<void> {
  time.now += minutes * MINUTE;
  await readFleet.handle({}, context, signal);
}

async function podNow(id: string): Promise<FleetPod | undefined> {
  return (await context.snapshots.fleet())?.pods.find((pod) => pod.id === id);
}

/** Two pods that were seen up. */
async function twoPods(): Promise<void> {
  runpod.account.volumes.set('nv1', { id: 'nv1', name: 'data', size: 100, dataCenter: 'EU-RO-1' });
  place({ account: runpod.account, time } as never, { id: 'pod1', name: 'alice-run1-k3f9t2', networkVolume: 'nv1' });
  place({ account: runpod.account, time } as never, { id: 'pod2', name: 'alice-run2-k3f9t2', volumeDiskGb: 20 });
  await scan();
  await scan();
}

const FACTS = [
  'name',
  'image',
  'disk',
  'mounts',
  'mounts.network',
  'gpu.id',
  'gpu.count',
  'cloud',
  'cost',
  'locked',
  'createdAt',
];
const VALUES: [string, unknown][] = [
  ['null', null],
  ['missing', undefined],
  ['a flag', true],
  ['a list with null', [null]],
];
const FIELDS = [
  ...['id', 'args', 'status', 'actions', 'ports', 'env', 'registry', 'gpu', 'dataCenterId', 'cudaVersion', 'ssh'],
  ...['ssh.proxy', 'ssh.direct', 'template', 'runtime', 'runtime.uptime', 'runtime.gpus', 'runtime.ports'],
  ...['runtime.cpu', 'runtime.memory', 'startedAt', 'globalNetworking', 'cluster'],
];

describe('a pod with a field that does not read', () => {
  it.each(FACTS)('keeps what was last confirmed where %s is of no use', async (field) => {
    await twoPods();
    const before = await podNow('pod1');
    for (const [what, value] of VALUES) {
      if (field === 'mounts.network' && value === undefined) continue;
      if (field === 'mounts.network' && value === null) continue;
      if (field === 'locked' && value === true) continue;
      runpod.faults.podRow = spoil(field, value);
      await scan();
      expect(await podNow('pod1'), what).toEqual(before);
      const { trouble, changes, pods } = (await context.findings.memory()) ?? {};
      expect({ trouble, changes }, what).toEqual({ trouble: null, changes: [] });
      expect(Object.values(pods ?? {}).map(({ missing, next }) => [missing, next])).toEqual([
        [0, null],
        [0, null],
      ]);
      const named = (await context.snapshots.fleet())?.unread ?? [];
      expect(
        named.some((one) => one.id === 'pod1' && one.field.startsWith(field)),
        what,
      ).toBe(true);
    }
    runpod.faults.podRow = null;
    await scan();
    expect(await context.snapshots.fleet()).toMatchObject({ unread: [] });
    expect((await context.findings.memory())?.changes).toEqual([]);
  });

  it.each([...FACTS, ...FIELDS])('never blinds the account nor ends a pod, whatever stands in %s', async (field) => {
    await twoPods();
    const other = await podNow('pod2');
    for (const [what, value] of [...VALUES, ['a word', 'seven'], ['a number', 7], ['an object', {}]] as const) {
      // Another id is another pod.
      if (field === 'id' && typeof value === 'string') continue;
      runpod.faults.podRow = spoil(field, value);
      await scan();
      await scan();
      const memory = await context.findings.memory();
      expect([memory?.lastAt, memory?.trouble], what).toEqual([time.now, null]);
      expect(Object.keys(memory?.pods ?? {}).sort(), what).toEqual(['pod1', 'pod2']);
      expect(await podNow('pod2'), what).toEqual(other);
      expect((memory?.changes ?? []).filter((change) => change.what === 'terminated')).toEqual([]);
    }
  });

  it('is read where its numbers stand in strings', async () => {
    await twoPods();
    const before = await podNow('pod1');
    for (const [field, value] of [
      ['cost', String((before?.microUsdPerHour ?? 0) / 1e6)],
      ['disk', '50'],
    ] as const) {
      runpod.faults.podRow = spoil(field, value);
      await scan();
    }
    expect(await podNow('pod1')).toEqual(before);
    expect((await context.snapshots.fleet())?.unread).toEqual([]);
  });

  it('is named in the log once for as long as it stays so', async () => {
    await twoPods();
    runpod.faults.podRow = spoil('cost', null);
    for (let i = 0; i < 3; i++) await scan();
    const said = warnings.filter(({ text }) => text === 'rows of Runpod’s lists do not read');
    expect(said).toEqual([
      { text: expect.anything(), fields: { count: 1, rows: ['pod alice-run1-k3f9t2 (pod1): cost is null'] } },
    ]);
  });

  it('is taken in from the rest of its row at a first start', async () => {
    place({ account: runpod.account, time } as never, { id: 'pod1', name: 'alice-run1-k3f9t2', volumeDiskGb: 20 });
    for (const field of ['name', 'createdAt', 'cost', 'mounts']) {
      runpod.faults.podRow = spoil(field, null);
      await scan();
      expect((await context.findings.memory())?.trouble).toBeNull();
      expect(await podNow('pod1')).toMatchObject({ id: 'pod1', status: 'RUNNING' });
    }
  });

  it('a volume that loses its size keeps it, and a nameless one does not hide the others', async () => {
    await twoPods();
    await refreshCatalogue.handle({}, context, signal);
    runpod.faults.volumeRow = spoil('size', null, null);
    await scan();
    expect((await context.findings.memory())?.volumes.nv1).toMatchObject({ sizeGb: 100, missing: 0 });
    runpod.faults.volumeRow = spoil('id', null, null);
    for (let i = 0; i < 4; i++) await scan();
    expect((await context.findings.memory())?.volumes.nv1).toMatchObject({ sizeGb: 100 });
  });
});

describe('a member of a cluster', () => {
  it('is listed, marked, and counted in what is spent', async () => {
    await twoPods();
    const before = (await context.findings.memory())?.lastBurn ?? 0;
    place({ account: runpod.account, time } as never, { id: 'pod3', name: 'alice-node0-k3f9t2' });
    Object.assign(runpod.account.pods.get('pod3') ?? {}, { cluster: 'c1' });
    await scan();
    await scan();
    expect(await podNow('pod3')).toMatchObject({ name: 'alice-node0-k3f9t2', clustered: true });
    expect(await podNow('pod1')).toMatchObject({ clustered: false });
    expect((await context.findings.memory())?.lastBurn).toBeGreaterThan(before);
  });

  it('does not block what is not one: a cluster that does not read leaves its pod as it was', async () => {
    await twoPods();
    runpod.faults.podRow = spoil('cluster', 7);
    await scan();
    expect(await podNow('pod1')).toMatchObject({ clustered: false });
    expect((await context.provider.get('pod1', signal))?.guessed).toEqual(['clustered']);
  });
});

describe('what must be sure', () => {
  it('no pod is proven gone while a row of the list has no id', async () => {
    await twoPods();
    const gone = () => provenGone('nobody', { spot: false }, context, signal);
    expect(await gone()).toBe(true);
    runpod.faults.podRow = spoil('id', null);
    expect(await gone()).toBe(false);
  });

  it('a launch is not taken for absent while a row may be it', async () => {
    await twoPods();
    const attempts = [
      { number: 1, podName: 'alice-new-aaaaaa', state: 'ambiguous' as const, sentAt: 1, doubtAt: 1, absentReads: 0 },
    ];
    await context.ledger.add(newRow({ id: 'l1', status: 'settling', attempts }), () => null);
    const look = async () => {
      const current = await context.ledger.get('l1');
      if (!current) throw new Error('no row');
      await settle(current, context, signal);
      return (await context.ledger.get('l1'))?.attempts[0]?.absentReads;
    };
    runpod.faults.graphql = 'gone';
    runpod.account.pods.set('pod3', { ...(runpod.account.pods.get('pod1') as never as object), id: 'pod3' } as never);
    runpod.faults.podRow = spoil('name', null, 'pod3');
    expect(await look()).toBe(0);
    runpod.faults.podRow = null;
    expect(await look()).toBe(1);
  });

  it('what was approved is compared with what was last confirmed', async () => {
    await twoPods();
    const pod = await podNow('pod1');
    runpod.faults.podRow = spoil('image', null);
    const live = await context.provider.get('pod1', signal);
    expect(pod && live && fingerprintOf(live, null)).toEqual(pod && fingerprintOf(pod, null));
    // Whoever deletes it is told that this is no comparison.
    expect(live?.guessed).toEqual(['imageMark']);
  });
});

describe('a GPU type with a field that does not read', () => {
  const type = async (id: string) => (await context.snapshots.catalogue())?.gpus.find((gpu) => gpu.id === id);
  const A40 = 'NVIDIA A40';

  it.each(['name', 'memory', 'secure', 'price', 'maxCount', 'dataCenters', 'availability'])(
    'leaves the catalog usable at a first start where %s is of no use',
    async (field) => {
      for (const value of [null, undefined, 'seven', [null]]) {
        runpod.faults.gpuRow = spoil(field, value, A40);
        await refreshCatalogue.handle({}, context, signal);
        expect((await context.snapshots.catalogue())?.gpus.length).toBeGreaterThan(40);
        expect((await type('NVIDIA RTX A6000'))?.memoryGb).toBe(48);
      }
    },
  );

  it('keeps what was last confirmed, and is named', async () => {
    await refreshCatalogue.handle({}, context, signal);
    const before = await type(A40);
    for (const field of ['name', 'memory', 'secure']) {
      runpod.faults.gpuRow = spoil(field, null, A40);
      await refreshCatalogue.handle({}, context, signal);
      expect(await type(A40)).toEqual(before);
      expect((await context.snapshots.catalogue())?.unread).toMatchObject([{ of: 'GPU type', id: A40, field }]);
    }
    expect(warnings.at(-1)).toMatchObject({ fields: { count: 1 } });
  });
});

describe('a bill with a row that does not read', () => {
  const hourAt = async (start: number) => (await context.costs.hours([start])).get(start);

  /** Two pods for three hours. */
  async function threeHours(): Promise<void> {
    await twoPods();
    time.now = BEGIN + 3 * HOUR + MINUTE;
  }

  const partsOf = async (start: number) => (await hourAt(start))?.parts.filter(([product]) => product === 'pods') ?? [];

  it.each(['gpuAmount', 'cpuAmount', 'diskAmount', 'totalAmount', 'endTime'])(
    'is whole all the same where only %s is null: the others tell it',
    async (field) => {
      await threeHours();
      await readBilling.handle({}, context, signal);
      const before = await partsOf(BEGIN);
      await redis.client().flushall();
      for (const value of [null, undefined, 'much']) {
        runpod.faults.billRow = spoil(field, value, null);
        await readBilling.handle({}, context, signal);
        const after = await partsOf(BEGIN);
        expect(after.map(([, id]) => id)).toEqual(before.map(([, id]) => id));
        for (const [i, [, , usd]] of after.entries()) {
          expect(Object.keys(usd).sort()).toEqual(Object.keys(before[i]?.[2] ?? {}).sort());
          for (const [name, amount] of Object.entries(before[i]?.[2] ?? {}))
            expect(usd[name as 'gpu']).toBeCloseTo(amount, 9);
        }
        expect(await context.costs.unread()).toMatchObject([{ of: 'bill', field }]);
      }
    },
  );

  it.each(['startTime', 'podId'])('costs that row alone where %s is null', async (field) => {
    await threeHours();
    runpod.faults.billRow = spoil(field, null, null);
    await readBilling.handle({}, context, signal);
    expect(await context.costs.trouble()).toBeNull();
    const pods = await Promise.all([0, 1, 2].map(async (n) => (await partsOf(BEGIN + n * HOUR)).length));
    expect(pods).toEqual([1, 2, 2]);
    // The sum over all still holds it.
    expect((await hourAt(BEGIN))?.total).toBeGreaterThan(0);
    expect(await context.costs.unread()).toMatchObject([{ of: 'bill', field, what: 'null' }]);
    expect(warnings).toContainEqual({ text: 'bills do not read', fields: expect.objectContaining({ count: 1 }) });
  });

  it('an hour whose sum does not read stays unread, and is read again', async () => {
    await threeHours();
    runpod.faults.sumRow = spoil('totalAmount', null, null);
    await readBilling.handle({}, context, signal);
    expect(await hourAt(BEGIN)).toBeUndefined();
    expect((await hourAt(BEGIN + HOUR))?.total).toBeGreaterThan(0);
    runpod.faults.sumRow = null;
    await readBilling.handle({}, context, signal);
    expect((await hourAt(BEGIN))?.total).toBeGreaterThan(0);
    expect(await context.costs.unread()).toEqual([]);
  });

  it('a sum without one of its amounts keeps its total, and its parts theirs', async () => {
    await threeHours();
    await readBilling.handle({}, context, signal);
    const before = await hourAt(BEGIN);
    await redis.client().flushall();
    runpod.faults.sumRow = spoil('podGpuAmount', undefined, null);
    await readBilling.handle({}, context, signal);
    const after = await hourAt(BEGIN);
    expect(after?.total).toBeCloseTo(before?.total ?? 0, 9);
    expect(after?.products.pods?.gpu).toBeCloseTo(before?.products.pods?.gpu ?? 0, 9);
    expect(await context.costs.unread()).toMatchObject([{ field: 'podGpuAmount', what: 'missing' }]);
  });
});
