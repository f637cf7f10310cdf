import { afterEach, describe, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { ProviderFailure } from '../../src/jobs/ports.ts';
import { createRunpod, type Runpod } from '../../src/runpod/client.ts';

const KEY = 'rpa_porttest000000000000';

let emulator: RunpodEmulator;
let runpod: Runpod;
afterEach(async () => {
  await runpod.close();
  await emulator.close();
});

async function start() {
  emulator = await startRunpodEmulator({ clock: () => Date.parse('2026-11-24T10:00:00Z'), apiKey: KEY });
  const time = { now: Date.now() };
  runpod = createRunpod({ apiKey: KEY, baseUrl: emulator.url, userAgent: 'test', now: () => time.now });
  return { port: runpodPort(runpod), signal: new AbortController().signal, faults: emulator.faults, time };
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof ProviderFailure ? error : Promise.reject(error)),
  );

describe('what jobs are told of RunPod', () => {
  it('does not accuse the key where a CDN blocks the way', async () => {
    const { port, signal, faults } = await start();
    faults.api = { kind: 'cdn' };
    for (const call of ['list', 'account', 'otherList'] as const) {
      const error = await failure(port[call](signal));
      expect(error).toMatchObject({ kind: 'unavailable', reason: 'other' });
      expect(error?.detail).toMatch(/blocked on the way to RunPod: a proxy or CDN answered 403/);
    }
    faults.api = null;
    await expect(port.list(signal)).resolves.toEqual({ pods: [], unread: [] });
  });
});

describe('the balance', () => {
  it('is v2’s where GraphQL fails, and GraphQL’s where v2 fails', async () => {
    const { port, signal, faults } = await start();
    Object.assign(faults, { balanceApi: true, graphql: 'down' });
    expect(await port.account(signal)).toMatchObject({ balance: 60_000_000, perHour: null, source: 'v2' });
    Object.assign(faults, { balanceApi: 'down', graphql: null });
    expect(await port.account(signal)).toMatchObject({
      balance: 60_000_000,
      perHour: 0,
      postpaid: null,
      source: 'graphql',
      silent: [expect.stringMatching(/billing\/balance/)],
    });
  });

  it('is unknown only where every source fails', async () => {
    const { port, signal, faults } = await start();
    Object.assign(faults, { balanceApi: 'down', graphql: 'down' });
    expect(await failure(port.account(signal))).toMatchObject({ kind: 'unavailable' });
    Object.assign(faults, { balanceApi: 'down', graphql: 'gone' });
    expect(await failure(port.account(signal))).toMatchObject({ kind: 'unavailable' });
    Object.assign(faults, { balanceApi: false, graphql: 'gone' });
    expect(await port.account(signal)).toBe('retired');
  });

  it('is asked of v2 again after one 404, and hourly after three', async () => {
    const { port, signal, faults, time } = await start();
    const source = async () => ((await port.account(signal)) as { source: string }).source;
    const asked = () => emulator.calls.filter(({ path }) => path === '/v2/billing/balance').length;
    expect(await source()).toBe('graphql');
    faults.balanceApi = true;
    expect(await source()).toBe('v2');
    faults.balanceApi = false;
    for (let i = 0; i < 5; i++) expect(await source()).toBe('graphql');
    expect(asked()).toBe(5);
    faults.balanceApi = true;
    expect(await source()).toBe('graphql');
    time.now += 3_600_000;
    expect(await source()).toBe('v2');
  });
});
