import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '../../emulators/runpod/operations.ts';
import { RunpodSchemas } from '../../emulators/runpod/schema.ts';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';

const KEY = 'rpa_emulatortest00000000';
const NOW = Date.parse('2026-11-25T10:30:00Z');
const A6000 = 'NVIDIA RTX A6000';
const WANTED = { name: 'one', image: 'i', gpu: { id: A6000, count: 1 }, disk: 50, cloud: 'SECURE' };
const PERSISTENT = { mounts: { persistent: { size: 20, path: '/workspace' } } };
const delays = { provisioning: 10, starting: 10, reporting: 10 };

const schemas = new RunpodSchemas();
let emulator: RunpodEmulator;
let now = NOW;
beforeAll(async () => {
  emulator = await startRunpodEmulator({ clock: () => now, apiKey: KEY, delays, balance: 1e6 });
});
afterAll(() => emulator.close());
beforeEach(() => {
  emulator.account.pods.clear();
  emulator.account.volumes.clear();
  emulator.account.volumes.set('vol1', { id: 'vol1', name: 'data', size: 100, dataCenter: 'EU-RO-1' });
  emulator.violations.length = 0;
});

async function send(method: string, path: string, body?: unknown) {
  const reply = await fetch(`${emulator.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

async function running(more: object = {}): Promise<string> {
  const { body } = await send('POST', '/v2/pods', { ...WANTED, ...more });
  now += 60_000;
  emulator.account.settle();
  return body.id;
}

const UPDATES = [
  {},
  { name: 'two' },
  { locked: true },
  { disk: 80, env: { A: 'b' }, ports: ['22/tcp'], args: 'sleep 1', image: 'j', globalNetworking: true },
  { mounts: { persistent: { size: 40, path: '/data' } } },
  { mounts: { network: [] } },
  { mounts: { persistent: { size: 40 } } },
  { registry: 'unknown' },
  { templateId: 'unknown' },
  { bogus: true },
];

/** Bodies and queries that clients send, good and bad, by operation; what is not here is sent without any. */
const REQUESTS: Record<string, { bodies?: unknown[]; queries?: string[] }> = {
  'POST /v2/pods': {
    bodies: [
      WANTED,
      { ...WANTED, ...PERSISTENT },
      { ...WANTED, gpu: { id: A6000 } },
      { ...WANTED, gpu: { id: A6000, count: 99 } },
      { ...WANTED, gpu: { id: 'nope', count: 1 } },
      { ...WANTED, gpu: { id: A6000, count: 1, minCudaVersion: '13.1' } },
      { ...WANTED, gpu: undefined, cpu: { id: 'cpu3c', vcpuCount: 2 } },
      { ...WANTED, disk: undefined },
      { ...WANTED, templateId: 'unknown' },
      { ...WANTED, registry: 'unknown' },
      { ...WANTED, interruptible: true },
      {},
    ],
  },
  'GET /v2/pods': { queries: ['', '?includeClusterPods=true', '?limit=0', '?cursor=bad', '?desiredStatus=RUNNING'] },
  'PATCH /v2/pods/{id}': { bodies: UPDATES },
  'POST /v2/pods/{id}/action': {
    bodies: ['restart', 'start', 'stop', 'stop', 'start', 'reset'].map((action) => ({ action })),
  },
  'POST /v2/network-volumes': {
    bodies: [
      { name: 'n', size: 50, dataCenter: 'EU-RO-1' },
      { name: 'n', size: 50, dataCenter: 'XX-1' },
      { name: 'n', size: 50, dataCenter: 'EU-RO-1', type: 'HIGH_PERFORMANCE' },
      { name: 'n', size: 5, dataCenterId: 'EU-RO-1' },
    ],
  },
  'PATCH /v2/network-volumes/{id}': { bodies: [{ size: 200 }, { size: 20 }, { name: 'renamed' }, {}] },
  'GET /v2/catalog/gpus': {
    queries: [
      '',
      '?include=AVAILABILITY',
      '?include=AVAILABILITY&product=POD&count=2',
      '?product=CLUSTER&include=AVAILABILITY',
    ],
  },
  'GET /v2/catalog/gpus/{id}': { queries: ['', '?include=AVAILABILITY&product=POD&cloud=COMMUNITY'] },
  'GET /v2/catalog/datacenters': {
    queries: ['', '?include=GPU_AVAILABILITY', '?include=CPU_AVAILABILITY', '?regions=ASIA'],
  },
  'GET /v2/catalog/datacenters/{id}': { queries: ['', '?include=GPU_AVAILABILITY'] },
};
const BILLING = ['', 'hour', 'day', 'week', 'month', 'year', 'fortnight']
  .map((size) => (size === '' ? '' : `?bucketSize=${size}`))
  .concat('?lastN=3&bucketSize=week', '?lastN=3&startTime=2026-11-01T00:00:00Z', '?lastN=0', '?startTime=soon');

async function idFor(template: string): Promise<string> {
  if (template.startsWith('/v2/pods')) return running(PERSISTENT);
  if (template.startsWith('/v2/network-volumes')) return 'vol1';
  if (template.includes('gpus')) return encodeURIComponent(A6000);
  return template.includes('datacenters') ? 'EU-RO-1' : 'some-id';
}

describe.each(schemas.operations.map((operation) => [`${operation.method} ${operation.template}`, operation] as const))(
  '%s of the RunPod emulator',
  (name, operation: Operation) => {
    const isBilling = operation.template.startsWith('/v2/billing');
    const { bodies = [undefined], queries = isBilling ? BILLING : [''] } = REQUESTS[name] ?? {};

    it('answers as RunPod’s document says, or 501', async () => {
      for (const id of [await idFor(operation.template), 'unknown-id']) {
        const path = operation.template.replace(/\{[^}]+\}/g, id);
        for (const query of queries)
          for (const body of bodies) {
            const answer = await send(operation.method, path + query, body);
            // Nothing that is documented is missing, but what nobody made.
            const mayMiss = path.includes('unknown-id') || JSON.stringify(body)?.includes('"templateId":"unknown"');
            if (!mayMiss) expect(answer.status, path).not.toBe(404);
            const problems = answer.status === 501 ? [] : schemas.replyViolations(operation, answer);
            expect(problems, `${path}${query} ${JSON.stringify(body)}: ${answer.status}`).toEqual([]);
          }
      }
      expect(emulator.violations.filter((violation) => violation.startsWith('reply'))).toEqual([]);
    });
  },
);

describe('the RunPod emulator', () => {
  it('names the methods of a path where another is used', async () => {
    const { status, headers, body } = await send('PUT', '/v2/pods');
    expect({ status, allow: headers.allow, title: body.title }).toEqual({
      status: 405,
      allow: 'GET, POST',
      title: 'Method Not Allowed',
    });
    expect((await send('POST', '/v2/pods/x/action/y')).status).toBe(404);
    expect((await send('GET', '/v2/networkvolumes')).status).toBe(404);
  });

  it.each([
    ['GET', '/v2/templates'],
    ['GET', '/v2/serverless'],
    ['POST', '/v2/clusters'],
    ['GET', '/v2/account/ssh-keys'],
    ['GET', '/v2/catalog/cpus'],
    ['GET', '/v2/pods/x/logs'],
  ])('says of %s %s that it is not emulated', async (method, path) => {
    expect(await send(method, path)).toMatchObject({ status: 501, body: { detail: /not emulated/ } });
  });

  it('changes of a pod what is sent, and nothing else', async () => {
    const id = await running(PERSISTENT);
    const before = (await send('GET', `/v2/pods/${id}`)).body;
    const patch = {
      name: 'two',
      disk: 80,
      ports: ['22/tcp'],
      args: 'x',
      mounts: { persistent: { size: 40, path: '/d' } },
    };
    const after = (await send('PATCH', `/v2/pods/${id}`, patch)).body;
    expect({ ...after, ssh: null, runtime: null }).toEqual({ ...before, ...patch, ssh: null, runtime: null });
    expect(
      (await send('PATCH', `/v2/pods/${id}`, { mounts: { network: [{ volumeId: 'vol1', path: '/n' }] } })).status,
    ).toBe(400);
  });

  it('restarts a running pod in place, and no other', async () => {
    const id = await running();
    const restart = () => send('POST', `/v2/pods/${id}/action`, { action: 'restart' });
    const startedAt = (await send('GET', `/v2/pods/${id}`)).body.startedAt;
    now += 60_000;
    const { status, body } = await restart();
    expect({ status, now: body.status, runtime: body.runtime }).toEqual({ status: 200, now: 'RUNNING', runtime: null });
    expect(body.startedAt).not.toBe(startedAt);
    await send('POST', `/v2/pods/${id}/action`, { action: 'stop' });
    expect((await restart()).status).toBe(409);
  });

  it('stops nothing that is in ERROR', async () => {
    const id = await running();
    Object.assign(emulator.account.pods.get(id) ?? {}, { status: 'ERROR' });
    expect((await send('POST', `/v2/pods/${id}/action`, { action: 'stop' })).status).toBe(409);
  });

  it('lists members of a cluster only where they are asked for', async () => {
    const id = await running();
    Object.assign(emulator.account.pods.get(id) ?? {}, { cluster: 'c1' });
    expect((await send('GET', '/v2/pods')).body.pods).toHaveLength(0);
    expect((await send('GET', '/v2/pods?includeClusterPods=true')).body.pods).toHaveLength(1);
  });

  it('keeps volumes as they are written', async () => {
    const { body: made } = await send('POST', '/v2/network-volumes', { name: 'n', size: 50, dataCenter: 'EU-RO-1' });
    expect((await send('PATCH', `/v2/network-volumes/${made.id}`, { size: 20 })).status).toBe(400);
    await send('PATCH', `/v2/network-volumes/${made.id}`, { size: 70 });
    expect((await send('GET', `/v2/network-volumes/${made.id}`)).body).toEqual({ ...made, size: 70 });
    await running({ mounts: { network: [{ volumeId: made.id, path: '/w' }] } });
    expect((await send('DELETE', `/v2/network-volumes/${made.id}`)).status).toBe(501);
    emulator.account.pods.clear();
    expect((await send('DELETE', `/v2/network-volumes/${made.id}`)).status).toBe(204);
    expect((await send('DELETE', `/v2/network-volumes/${made.id}`)).status).toBe(404);
  });

  it.each([
    ['week', '2026-11-09T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['month', '2026-09-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['year', '2024-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ])('bills by the %s, up to the one that is running', async (bucketSize, startTime, endTime) => {
    await running();
    now += 3_600_000;
    const { body } = await send('GET', `/v2/billing/pods?lastN=3&bucketSize=${bucketSize}`);
    expect(body.metadata.query).toMatchObject({ startTime, endTime, bucketSize });
    expect(body.records.at(-1).endTime).toBe(endTime);
  });
});

describe('the GraphQL of the RunPod emulator', () => {
  async function ask(query: string, variables: object = {}, headers: object = { authorization: `Bearer ${KEY}` }) {
    const reply = await fetch(`${emulator.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await reply.json()) as { data?: unknown; errors?: { message: string }[]; detail?: string };
    return { status: reply.status, data: body.data, said: body.errors?.[0]?.message ?? body.detail };
  }
  const RENT = 'mutation r($input: PodRentInterruptableInput!) { podRentInterruptable(input: $input) { id } }';
  const RENTED = { name: 'n', imageName: 'i', gpuTypeId: A6000, gpuCount: 1, bidPerGpu: 0.3, containerDiskInGb: 20 };

  it('answers exactly what was asked for', async () => {
    const { data } = await ask('query q { me: myself { id } }');
    expect(data).toEqual({ me: { id: 'user_emulated' } });
    const gpus = await ask(
      `{ gpuTypes(input: {id: "${A6000}"}) { lowestPrice(input: {gpuCount: 1}) { minimumBidPrice } } }`,
    );
    expect(gpus.data).toEqual({ gpuTypes: [{ lowestPrice: { minimumBidPrice: 0.232 } }] });
  });

  it.each([
    ['an unknown field', '{ myself { clientBalence } }', {}, 'Cannot query field "clientBalence" on type "User".'],
    ['an unknown root', '{ pods { id } }', {}, 'Cannot query field "pods" on type "Query".'],
    ['an unknown argument', '{ gpuTypes(filter: {}) { id } }', {}, 'Unknown argument "filter" on field "gpuTypes".'],
    [
      'a field without its fields',
      '{ myself }',
      {},
      'Field "myself" of type "User" must have a selection of subfields.',
    ],
    ['a query that does not end', '{ myself { id }', {}, 'Syntax Error: Expected "}", found "<EOF>".'],
    [
      'a missing key',
      RENT,
      { ...RENTED, bidPerGpu: undefined },
      /^Field "bidPerGpu" of required type was not provided/,
    ],
    [
      'an unknown key',
      RENT,
      { ...RENTED, spot: true },
      'Field "spot" is not defined by type "PodRentInterruptableInput".',
    ],
    ['a pod without an image', RENT, { ...RENTED, imageName: undefined }, /^You must either provide a template id/],
  ])('refuses %s', async (_, query, input, message) => {
    const { status, data, said } = await ask(query, { input });
    expect({ status, data }).toEqual({ status: 200, data: null });
    expect(said).toMatch(message);
    expect(emulator.account.pods.size).toBe(0);
  });

  it.each([
    ['{ myself { email } }', {}],
    ['{ dataCenters { id } }', {}],
    ['mutation s($input: PodStopInput!) { podStop(input: $input) { id } }', { podId: 'x' }],
    ['{ myself { id } gpuTypes { id } }', {}],
    [RENT, { ...RENTED, stopAfter: '2026-12-01T00:00:00Z' }],
  ])('says of %s that it is not emulated', async (query, input) => {
    expect(await ask(query, { input })).toMatchObject({ status: 501, said: expect.stringMatching(/not emulated/) });
  });

  it('shows whoever has no key the catalogue alone, and refuses a wrong one', async () => {
    expect((await ask('{ gpuTypes { id } }', {}, {})).data).toMatchObject({ gpuTypes: expect.any(Array) });
    expect((await ask('{ myself { id } }', {}, {})).data).toEqual({ myself: null });
    expect(await ask(RENT, { input: RENTED }, {})).toMatchObject({ data: null });
    expect((await ask('{ gpuTypes { id } }', {}, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect(emulator.account.pods.size).toBe(0);
  });
});
