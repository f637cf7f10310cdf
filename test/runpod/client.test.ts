import { afterEach, describe, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { createRunpod } from '../../src/runpod/client.ts';
import { RunpodUnexpected } from '../../src/runpod/errors.ts';
import { KEY, mocked } from './mocked.ts';

const LIST = '/v2/pods?includeClusterPods=true';

const POD = {
  id: 'abc',
  name: 'n',
  status: 'HIBERNATING',
  env: { HF_TOKEN: 'hf_leak' },
  registry: 'secret-registry',
  createdAt: '2026-11-24T10:00:00Z',
  somethingNew: { deep: true },
};

const problem = (status: number, detail: string) => ({ status, body: JSON.stringify({ status, detail }) });

describe('the call policy', () => {
  it('reads a pod of tomorrow: unknown status and fields pass, env ends here', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, JSON.stringify(POD));
    const found = await pods.get('abc');
    expect(found?.pod).toMatchObject({ id: 'abc', status: 'HIBERNATING' });
    expect(JSON.stringify(found)).not.toMatch(/hf_leak|secret-registry|somethingNew/);
  });

  it('sends its key and a user agent', async () => {
    const { pool, pods } = mocked();
    pool
      .intercept({ path: '/v2/pods/abc', headers: { authorization: `Bearer ${KEY}`, 'user-agent': 'test' } })
      .reply(200, JSON.stringify(POD));
    await expect(pods.get('abc')).resolves.not.toBeNull();
  });

  it('repeats a read after 5xx, and gives a create up at once', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(503, '{}').times(2);
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, JSON.stringify(POD));
    await expect(pods.get('abc')).resolves.toMatchObject({ pod: { id: 'abc' } });
    pool.intercept({ path: '/v2/pods', method: 'POST' }).reply(500, '{}').times(2);
    const create = pods.create({ name: 'n', image: 'i', gpu: { id: 'g', count: 1 }, cloud: 'SECURE', disk: 5 });
    await expect(create).rejects.toMatchObject({ kind: 'unavailable', sent: true });
  });

  it('tells a refusal by its text and names no secret', async () => {
    const { pool, pods } = mocked();
    const { status, body } = problem(400, 'There are no instances currently available');
    pool.intercept({ path: '/v2/pods', method: 'POST' }).reply(status, body);
    const error = await pods
      .create({ name: 'n', image: 'i', gpu: { id: 'g', count: 1 }, cloud: 'SECURE', disk: 5 })
      .catch((e: Error) => e);
    expect(error).toMatchObject({ kind: 'rejected', reason: 'capacity' });
    expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain(KEY);
  });

  it('an unreadable success is its own kind, without values in it', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods', method: 'POST' }).reply(201, JSON.stringify({ env: { A: 'hf_leak' } }));
    const error = await pods
      .create({ name: 'n', image: 'i', gpu: { id: 'g', count: 1 }, cloud: 'SECURE', disk: 5 })
      .catch((e: Error) => e);
    expect(error).toBeInstanceOf(RunpodUnexpected);
    expect((error as Error).message).not.toContain('hf_leak');
  });

  it('a delete has no body, and a second one is absent', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc', method: 'DELETE' }).reply(204, '');
    await expect(pods.delete('abc')).resolves.toBe('accepted');
    pool.intercept({ path: '/v2/pods/abc', method: 'DELETE' }).reply(404, '{}');
    await expect(pods.delete('abc')).resolves.toBe('absent');
  });

  it('ends a list by hasNextPage alone, and never on a cursor twice', async () => {
    const { pool, pods } = mocked();
    const page = (count: number, next: string | null) =>
      JSON.stringify({ pods: Array(count).fill(POD), pagination: { hasNextPage: next !== null, nextCursor: next } });
    pool.intercept({ path: LIST }).reply(200, page(0, 'a'));
    pool.intercept({ path: `${LIST}&cursor=a` }).reply(200, page(2, 'b'));
    pool.intercept({ path: `${LIST}&cursor=b` }).reply(200, page(1, null));
    expect((await pods.list()).rows).toHaveLength(3);
    pool.intercept({ path: LIST }).reply(200, page(1, 'a'));
    pool.intercept({ path: `${LIST}&cursor=a` }).reply(200, page(1, 'a'));
    await expect(pods.list()).rejects.toBeInstanceOf(RunpodUnexpected);
  });
});

describe('the client against the emulator', () => {
  let emulator: RunpodEmulator | null = null;
  afterEach(async () => {
    await emulator?.close();
    emulator = null;
  });

  async function start(more: Partial<Parameters<typeof startRunpodEmulator>[0]> = {}) {
    let now = Date.parse('2026-11-24T10:00:00Z');
    emulator = await startRunpodEmulator({ clock: () => now, apiKey: KEY, ...more });
    const runpod = createRunpod({ apiKey: KEY, baseUrl: emulator.url, userAgent: 'test', createTimeoutMs: 500 });
    const wait = (ms: number) => {
      now += ms;
    };
    return { emulator, runpod, wait };
  }

  const wanted = (name: string) => ({
    name,
    image: 'i',
    gpu: { id: 'NVIDIA RTX A6000', count: 1 },
    cloud: 'SECURE' as const,
    disk: 50,
    mounts: { persistent: { size: 20, path: '/workspace' } },
    ports: ['22/tcp'],
    startSsh: true,
  });

  it('follows a pod by the clock, not by the number of reads', async () => {
    const { runpod, wait, emulator: e } = await start();
    const { id } = await runpod.pods.create(wanted('one'));
    for (let i = 0; i < 5; i++) expect((await runpod.pods.get(id))?.pod.status).toBe('PROVISIONING');
    wait(3000);
    expect((await runpod.pods.get(id))?.pod).toMatchObject({ status: 'RUNNING', cost: 0.49, gpu: { count: 1 } });
    await runpod.pods.act(id, 'stop');
    expect((await runpod.pods.get(id))?.pod.status).toBe('EXITED');
    await expect(runpod.pods.act(id, 'stop')).rejects.toMatchObject({ reason: 'conflict' });
    await runpod.pods.delete(id);
    expect(await runpod.pods.get(id)).toBeNull();
    expect(e.violations).toEqual([]);
  });

  it('bills a stopped volume disk at double, and nothing of it shows in the pod', async () => {
    const { runpod, wait, emulator: e } = await start();
    const { id } = await runpod.pods.create(wanted('one'));
    await runpod.pods.act(id, 'stop');
    const before = (await runpod.graphql.account()).balanceUsd ?? 0;
    wait(365 * 3_600_000);
    const after = (await runpod.graphql.account()).balanceUsd ?? 0;
    expect(before - after).toBeCloseTo((20 * 0.2) / 2, 6);
    expect((await runpod.pods.get(id))?.pod.cost).toBe(0);
    e.faults.exitedCost = 'kept';
    expect((await runpod.pods.get(id))?.pod.cost).toBe(0.49);
  });

  it('removes what has been off for 30 days, with its disk', async () => {
    const { runpod, wait } = await start();
    const { id } = await runpod.pods.create(wanted('one'));
    await runpod.pods.act(id, 'stop');
    wait(30 * 86_400_000 - 1000);
    expect((await runpod.pods.get(id))?.pod.status).toBe('EXITED');
    wait(2000);
    expect(await runpod.pods.get(id)).toBeNull();
  });

  it('tells what a pod was billed, by the hour', async () => {
    const { runpod, wait, emulator: e } = await start();
    const { id } = await runpod.pods.create(wanted('one'));
    wait(90 * 60_000);
    await runpod.pods.act(id, 'stop');
    wait(3 * 3_600_000);
    const { rows: bills } = await runpod.billing.pod(id, 0);
    const sum = (part: 'gpuAmount' | 'diskAmount') => bills.reduce((total, bill) => total + (bill[part] ?? 0), 0);
    expect(sum('gpuAmount')).toBeCloseTo(e.account.book.total('pods', id).gpu ?? 0, 9);
    expect(sum('diskAmount')).toBeCloseTo(e.account.book.total('pods', id).disk ?? 0, 9);
    expect(bills.at(-1)).toMatchObject({ podId: id, gpuAmount: 0 });
    expect(e.violations).toEqual([]);
  });

  it('at $0 stops what has a network volume and terminates the rest', async () => {
    const { runpod, wait, emulator: e } = await start({ balance: 10 });
    e.account.volumes.set('nv1', { id: 'nv1', name: 'v', size: 10, dataCenter: 'EU-RO-1' });
    const kept = await runpod.pods.create({
      ...wanted('kept'),
      mounts: { network: [{ volumeId: 'nv1', path: '/workspace' }] },
    });
    const lost = await runpod.pods.create(wanted('lost'));
    wait(24 * 3_600_000);
    expect((await runpod.pods.get(kept.id))?.pod.status).toBe('EXITED');
    expect(await runpod.pods.get(lost.id)).toBeNull();
  });

  it('refuses bodies that RunPod refuses, in its order and style', async () => {
    const { emulator: e } = await start();
    const post = async (body: object) => {
      const reply = await fetch(`${e.url}/v2/pods`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: reply.status, ...((await reply.json()) as { detail: string; errors?: string[] }) };
    };
    expect(await post({ ...wanted('x'), interruptible: true })).toMatchObject({
      status: 422,
      errors: ["$: additional properties 'interruptible' not allowed"],
    });
    expect(await post({ ...wanted('x'), gpu: { id: 'NVIDIA RTX A6000' } })).toMatchObject({
      status: 400,
      detail: /no longer any instances/,
    });
    const { disk: _, ...noDisk } = wanted('x');
    expect(await post(noDisk)).toMatchObject({ status: 400, detail: /template id or pod configuration/ });
    expect(await post({ ...wanted('x'), gpu: { id: 'nope', count: 1 } })).toMatchObject({
      status: 400,
      detail: /unknown GPU/,
    });
  });

  it('pages a fleet of 2,500 and reads its catalogue', async () => {
    const { runpod, emulator: e } = await start({ balance: 1e6 });
    const { id } = await runpod.pods.create(wanted('p0'));
    const first = e.account.pods.get(id);
    if (!first) throw new Error('the emulator lost its pod');
    for (let i = 1; i < 2500; i++) e.account.pods.set(`copy${i}`, { ...first, id: `copy${i}`, name: `p${i}` });
    e.calls.length = 0;
    expect((await runpod.pods.list()).rows).toHaveLength(2500);
    expect(e.calls.map((call) => call.path)).toEqual(['/v2/pods', '/v2/pods', '/v2/pods']);
    expect((await runpod.catalogue.gpus('SECURE')).rows.length).toBeGreaterThan(40);
    expect((await runpod.catalogue.dataCenters()).rows).toContainEqual({ id: 'EU-RO-1', name: 'Romania 1' });
    expect(e.violations).toEqual([]);
  });

  it('waits as RunPod says, and stops before the limit is hit', async () => {
    const { runpod, emulator: e } = await start({ quotaPerMinute: 20 });
    const outcomes = [];
    for (let i = 0; i < 30; i++)
      outcomes.push(
        await runpod.pods.list().then(
          () => 'ok',
          (error: { kind: string }) => error.kind,
        ),
      );
    expect(outcomes.filter((o) => o === 'rate-limited').length).toBeGreaterThan(0);
    // What is urgent still goes through, from the reserve.
    await expect(runpod.pods.get('nothing', { urgent: true })).resolves.toBeNull();
    expect(e.calls.every((call) => call.status !== 429)).toBe(true);
  });
});
