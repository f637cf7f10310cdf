import { MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { BillingApi } from '../../src/runpod/billing.ts';
import { Caller } from '../../src/runpod/call.ts';
import { CatalogueApi } from '../../src/runpod/catalogue.ts';
import { RunpodUnexpected } from '../../src/runpod/errors.ts';
import { GraphqlApi } from '../../src/runpod/graphql.ts';
import { PodsApi } from '../../src/runpod/pods.ts';
import { undiciTransport } from '../../src/runpod/transport.ts';

const ORIGIN = 'https://runpod.test';
const PODS = '/v2/pods?includeClusterPods=true';
const GPUS = '/v2/catalog/gpus?include=AVAILABILITY&product=POD&cloud=SECURE';

function mocked(now: () => number = Date.now) {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const caller = new Caller({
    baseUrl: ORIGIN,
    graphqlUrl: `${ORIGIN}/graphql`,
    apiKey: 'rpa_t',
    userAgent: 'test',
    transport: undiciTransport(agent),
    retry: { maxAttempts: 1, backoffMs: 1, maxWaitMs: 1 },
    timeoutMs: 5000,
    now,
  });
  const pool = agent.get(ORIGIN);
  return {
    caller,
    reply: (path: string, body: unknown) => pool.intercept({ path }).reply(200, JSON.stringify(body)),
    made: (body: unknown) => pool.intercept({ path: '/v2/pods', method: 'POST' }).reply(201, JSON.stringify(body)),
    graphql: (data: unknown) =>
      pool.intercept({ path: '/graphql', method: 'POST' }).reply(200, JSON.stringify({ data })),
  };
}

/** A pod with everything that the document knows of one. */
const POD = {
  id: 'bad',
  name: 'run1',
  image: 'team/image',
  args: '',
  status: 'RUNNING',
  disk: 50,
  mounts: { persistent: { size: 20, path: '/workspace' }, network: [{ volumeId: 'nv', path: '/data' }] },
  ports: ['22/tcp'],
  env: { HF_TOKEN: 'hf_leak' },
  registry: null,
  gpu: { id: 'NVIDIA RTX A6000', count: 1 },
  cloud: 'SECURE',
  dataCenterId: 'EU-RO-1',
  cudaVersion: '12.8',
  ssh: { proxy: { host: 'h', port: 22, username: 'u', command: 'ssh u@h' }, direct: null },
  cost: 0.74,
  locked: false,
  globalNetworking: { enabled: false },
  runtime: {
    uptime: 5,
    gpus: [{ util: 71, memoryUtil: 40 }],
    cpu: { util: 1 },
    memory: { util: 1 },
    ports: [{ private: 22, public: 10_022, type: 'tcp', ip: '203.0.113.7' }],
  },
  createdAt: '2026-11-24T10:00:00Z',
  startedAt: '2026-11-24T10:00:00Z',
  cluster: { id: 'c', rank: 0 },
};
const GOOD = { ...POD, id: 'good', name: 'run2' };

/** Every path in a value, lists by their first entry. */
function pathsOf(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...at, name]));
  return at.length === 0 ? inner : [at, ...inner];
}

function withValue<T extends object>(of: T, path: readonly string[], value: unknown): T {
  const copy = structuredClone(of);
  const last = path.at(-1) ?? '';
  const holder = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>(
      (one, name) => one[name] as Record<string, unknown>,
      copy as Record<string, unknown>,
    );
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

const BAD: [string, unknown][] = [
  ['null', null],
  ['missing', undefined],
  ['a word', 'seven'],
  ['a number in a string', '0.5'],
  ['a number', 7],
  ['a huge number', 1e300],
  ['a negative number', -1],
  ['a flag', true],
  ['a list with null', [null]],
  ['an object', {}],
];
const cases = (of: object) =>
  pathsOf(of).flatMap((path) => BAD.map(([what, value]) => [path.join('.'), what, value] as const));

describe('a list of pods with one bad row', () => {
  it.each(cases(POD))('has every other row whole where %s is %s', async (field, _, value) => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: [withValue(POD, field.split('.'), value), GOOD] });
    const { rows, unread } = await new PodsApi(caller).list();
    const good = rows.find(({ id }) => id === 'good');
    expect(good).toMatchObject({ name: 'run2', cost: 0.74, gpu: { count: 1 }, runtime: { gpus: [{ util: 71 }] } });
    const own = rows.find(({ id }) => id !== 'good');
    const lost = unread.find((one) => one.field === 'id' || one.field === 'status');
    if (lost) expect([own, field]).toEqual([undefined, lost.field]);
    else expect(own).toMatchObject({ id: field === 'id' ? expect.any(String) : 'bad' });
    for (const one of unread) expect(one.id).not.toBe('good');
    expect(JSON.stringify({ rows, unread })).not.toContain('hf_leak');
  });

  it.each([
    ['name', null, 'null'],
    ['name', 7, 'a number'],
    ['image', undefined, 'missing'],
    ['disk', null, 'null'],
    ['mounts', null, 'null'],
    ['mounts.network', [null], 'a list'],
    ['mounts.persistent.size', undefined, 'missing'],
    ['gpu.count', null, 'null'],
    ['gpu.id', undefined, 'missing'],
    ['cost', null, 'null'],
    ['cost', undefined, 'missing'],
    ['cost', 'free', 'a string'],
    ['cost', 1e300, 'a number'],
    ['locked', null, 'null'],
    ['cloud', undefined, 'missing'],
    ['createdAt', null, 'null'],
    ['createdAt', 'yesterday', 'a string'],
    ['startedAt', 'yesterday', 'a string'],
    ['ports', [22], 'a list'],
    ['runtime', 'up', 'a string'],
    ['status', null, 'null'],
  ])('names %s where it is %j', async (field, value, what) => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: [withValue(POD, field.split('.'), value)] });
    const [named, ...more] = (await new PodsApi(caller).list()).unread;
    // Of a list the entry is named.
    expect(named).toMatchObject({ id: 'bad', name: field === 'name' ? null : 'run1' });
    expect(named?.field.startsWith(field)).toBe(true);
    if (!Array.isArray(value)) expect(named).toMatchObject({ field, what });
    expect(more).toEqual([]);
  });

  it.each([
    ['a pod without a GPU', ['gpu'], undefined],
    ['a pod that does not run', ['runtime'], null],
    ['a GPU that says nothing', ['runtime', 'gpus'], [null]],
    ['a pod that never started', ['startedAt'], null],
    ['a pod without a data center', ['dataCenterId'], null],
    ['a word for a status that nobody knows yet', ['status'], 'HIBERNATING'],
  ] as [string, string[], unknown][])('finds nothing wrong with %s', async (_, path, value) => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: [withValue(POD, path, value)] });
    expect((await new PodsApi(caller).list()).unread).toEqual([]);
  });

  it('reads numbers in strings as numbers', async () => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: [{ ...POD, cost: '0.74', disk: '50', gpu: { id: 'g', count: '2' } }] });
    const { rows, unread } = await new PodsApi(caller).list();
    expect(rows[0]).toMatchObject({ cost: 0.74, disk: 50, gpu: { count: 2 } });
    expect(unread).toEqual([]);
  });

  it('counts a row that is no object, and one that has no id', async () => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: [null, { ...POD, id: null }, GOOD] });
    const { rows, unread } = await new PodsApi(caller).list();
    expect(rows.map(({ id }) => id)).toEqual(['good']);
    expect(unread).toEqual([
      { id: null, name: null, field: 'row', what: 'null' },
      { id: null, name: 'run1', field: 'id', what: 'null' },
    ]);
  });

  it('is no empty account where the list itself is null', async () => {
    const { caller, reply } = mocked();
    reply(PODS, { pods: null });
    await expect(new PodsApi(caller).list()).rejects.toBeInstanceOf(RunpodUnexpected);
  });

  it('read by its id, a pod is known by the id it was asked for', async () => {
    const { caller, reply } = mocked();
    reply('/v2/pods/bad', { ...POD, id: null, name: null });
    expect(await new PodsApi(caller).get('bad')).toMatchObject({
      pod: { id: 'bad', cost: 0.74 },
      unread: [{ id: 'bad', field: 'name', what: 'null' }],
    });
  });

  it('a pod that was made is known by its id, whatever else the answer holds', async () => {
    const { caller, made: answer } = mocked();
    answer({ id: 'new', name: null });
    const pods = new PodsApi(caller);
    const made = pods.create({ name: 'n', gpu: { id: 'g', count: 1 }, cloud: 'SECURE', disk: 5 });
    await expect(made).resolves.toMatchObject({ id: 'new' });
  });
});

const GPU = {
  id: 'NVIDIA A40',
  name: 'A40',
  pool: null,
  manufacturer: 'NVIDIA',
  memory: 48,
  secure: true,
  community: true,
  price: { secure: 0.4, community: 0.3 },
  maxCount: { secure: 8, community: 8 },
  availability: 'HIGH',
  dataCenters: [{ id: 'EU-RO-1', name: 'Romania 1', availability: 'HIGH' }],
};

describe('a catalog with one bad type', () => {
  it.each(cases(GPU))('has every other type whole where %s is %s', async (field, _, value) => {
    const { caller, reply } = mocked();
    reply(GPUS, { gpus: [withValue(GPU, field.split('.'), value), { ...GPU, id: 'good' }] });
    const { rows } = await new CatalogueApi(caller).gpus('SECURE');
    expect(rows.find(({ id }) => id === 'good')).toMatchObject({ memory: 48, price: { secure: 0.4 } });
    expect(rows).toHaveLength(field === 'id' && typeof value !== 'string' ? 1 : 2);
  });

  it('names a type whose memory does not read', async () => {
    const { caller, reply } = mocked();
    reply(GPUS, { gpus: [{ ...GPU, memory: null }] });
    expect((await new CatalogueApi(caller).gpus('SECURE')).unread).toEqual([
      { id: 'NVIDIA A40', name: 'A40', field: 'memory', what: 'null' },
    ]);
  });
});

const HOUR = { startTime: '2026-11-24T10:00:00Z', endTime: '2026-11-24T11:00:00Z' };
const BILL = { ...HOUR, podId: 'p', totalAmount: 3, gpuAmount: 2, cpuAmount: 0, diskAmount: 1 };
const FROM = Date.parse(HOUR.startTime);
const bills = (cursor = '') =>
  `/v2/billing/pods?bucketSize=hour&startTime=${encodeURIComponent('2026-11-24T10:00:00.000Z')}${cursor}`;

describe('a bill with one bad row', () => {
  it.each(cases(BILL).filter(([, what]) => !['a number', 'a negative number', 'a number in a string'].includes(what)))(
    'costs that field alone where %s is %s, and the row only where nobody can tell whose or of when it is',
    async (field, _, value) => {
      const { caller, reply } = mocked();
      reply(bills(), { records: [withValue(BILL, [field], value), { ...BILL, podId: 'good' }] });
      const { rows, unread } = await new BillingApi(caller).pods({ from: FROM });
      expect(rows.at(-1)).toMatchObject({ podId: 'good', totalAmount: 3 });
      if (field === 'podId' && typeof value === 'string') return;
      expect(rows).toHaveLength(['podId', 'startTime'].includes(field) ? 1 : 2);
      expect(unread.map((one) => one.field)).toEqual([field]);
    },
  );
});

describe('pages of a list', () => {
  const more = (nextCursor: string | null, hasNextPage = nextCursor !== null) => ({ hasNextPage, nextCursor });

  it('a bill in pages is read to its end', async () => {
    const { caller, reply } = mocked();
    reply(bills(), { records: [BILL], pagination: more('a') });
    reply(bills('&cursor=a'), { records: [BILL, BILL], pagination: more(null), metadata: { recordCount: 3 } });
    expect((await new BillingApi(caller).pods({ from: FROM })).rows).toHaveLength(3);
  });

  it('a bill that counts more records than it holds is refused', async () => {
    const { caller, reply } = mocked();
    reply(bills(), { records: [BILL], metadata: { recordCount: 40 } });
    await expect(new BillingApi(caller).pods({ from: FROM })).rejects.toThrow('counts 40 records and holds 1');
  });

  it('a bill that names a next page without a cursor is refused', async () => {
    const { caller, reply } = mocked();
    reply(bills(), { records: [BILL], pagination: more(null, true) });
    await expect(new BillingApi(caller).pods({ from: FROM })).rejects.toBeInstanceOf(RunpodUnexpected);
  });

  it('120 pages of 25 pods are 3,000 pods', async () => {
    const { caller, reply } = mocked();
    for (let page = 0; page < 120; page++) {
      const pods = Array.from({ length: 25 }, (_, i) => ({ ...POD, id: `p${page}-${i}` }));
      reply(`${PODS}${page === 0 ? '' : `&cursor=c${page}`}`, {
        pods,
        pagination: more(page < 119 ? `c${page + 1}` : null),
      });
    }
    expect((await new PodsApi(caller).list()).rows).toHaveLength(3000);
  });

  it('cursors that never end are given up after two minutes, with an error', async () => {
    let now = 0;
    let page = 0;
    const { caller } = mocked(() => now);
    const endless = new Caller({
      ...caller.settings,
      transport: async () => {
        now += 5000;
        const body = JSON.stringify({ pods: [], pagination: more(`c${++page}`) });
        return { status: 200, body, header: () => undefined };
      },
    });
    await expect(new PodsApi(endless).list()).rejects.toThrow('does not end within 120 s');
    expect(page).toBeLessThan(30);
  });

  it('network volumes, GPU types and data centers are followed too', async () => {
    const { caller, reply } = mocked();
    const volume = { id: 'v', name: 'v', size: 10, dataCenter: 'EU-RO-1' };
    reply('/v2/network-volumes', { networkVolumes: [volume], pagination: more('a') });
    reply('/v2/network-volumes?cursor=a', { networkVolumes: [{ ...volume, size: null }], pagination: null });
    reply(GPUS, { gpus: [GPU], pagination: more('a') });
    reply(`${GPUS}&cursor=a`, { gpus: [GPU] });
    reply('/v2/catalog/datacenters', { dataCenters: [{ id: 'A', name: null }], pagination: more('a') });
    reply('/v2/catalog/datacenters?cursor=a', { dataCenters: [{ id: 'B' }, { name: 'C' }] });
    const volumes = await new PodsApi(caller).listNetworkVolumes();
    expect([volumes.rows.length, volumes.unread.map(({ field }) => field)]).toEqual([2, ['size']]);
    expect((await new CatalogueApi(caller).gpus('SECURE')).rows).toHaveLength(2);
    const centers = await new CatalogueApi(caller).dataCenters();
    expect([centers.rows.map(({ id }) => id), centers.unread.map(({ name }) => name)]).toEqual([['A', 'B'], ['C']]);
  });
});

describe('the other API', () => {
  it('lists pods one by one', async () => {
    const { caller, graphql } = mocked();
    graphql({ myself: { pods: [{ id: 'a', name: null }, null, { id: 'b', name: 'run2', lastStatusChange: 7 }] } });
    expect(await new GraphqlApi(caller).myPods()).toEqual([
      { id: 'a', name: null, lastStatusChange: null },
      { id: null, name: null, lastStatusChange: null },
      { id: 'b', name: 'run2', lastStatusChange: null },
    ]);
  });

  it('gives the spot prices that read', async () => {
    const { caller, graphql } = mocked();
    const price = (minimumBidPrice: unknown) => ({ lowestPrice: { minimumBidPrice } });
    graphql({ gpuTypes: [{ id: 'a', ...price('0.2') }, { id: null, ...price(1) }, null, { id: 'b', ...price('x') }] });
    const prices = await new GraphqlApi(caller).spotPrices({ gpuCount: 1, secureCloud: true });
    expect([...prices]).toEqual([['a', 0.2]]);
  });
});
