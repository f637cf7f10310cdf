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
    await expect(port.list(signal)).resolves.toEqual([]);
  });
});
