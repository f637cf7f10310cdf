import { afterEach, describe, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { AccountGate, gated } from '../../src/entry/account-gate.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { createRunpod } from '../../src/runpod/client.ts';
import { RunpodRejected, RunpodUnavailable } from '../../src/runpod/errors.ts';
import { AccountMismatch, AccountPin } from '../../src/store/account-pin.ts';
import { Audit } from '../../src/store/audit.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const AUDIT_KEY = '0123456789abcdef0123456789abcdef';
const CALL = { call: 'POST /graphql:myself' };
const closing: (() => Promise<void>)[] = [];
const signal = new AbortController().signal;

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A worker's way to RunPod, with a key of an account. `answers` are thrown before RunPod is asked, one a time. */
async function worker(accountId: string, apiKey: string, ...answers: Error[]) {
  const emulator: RunpodEmulator = await startRunpodEmulator({ clock: Date.now, apiKey, accountId });
  const runpod = createRunpod({ apiKey, baseUrl: emulator.url, userAgent: 'test' });
  closing.push(() => runpod.close(), emulator.close);
  const clock = { real: 1_000_000 };
  const warned: string[] = [];
  const log = {
    debug() {},
    info() {},
    warn: (_: object, text: string) => void warned.push(text),
    error: (_: object, text: string) => void warned.push(text),
  };
  const gate = new AccountGate({
    pin: new AccountPin(redis.client(), new Audit(redis.client(), AUDIT_KEY)),
    runpod: {
      apiKey,
      accountId: async () => {
        const failure = answers.shift();
        if (failure) throw failure;
        return runpod.graphql.accountId();
      },
    },
    clocks: { realNow: () => clock.real },
    log,
  });
  const asked = () => emulator.calls.map(({ path }) => path);
  return { provider: gated(runpodPort(runpod), gate), gate, clock, asked, warned };
}

const away = () => new RunpodUnavailable('no answer', { sent: true }, CALL);

describe('the account of a Redis', () => {
  it('is the first that came: a worker with another is refused, and reads nothing', async () => {
    const first = await worker('user_a', 'rpa_a');
    await first.provider.list(signal);
    const second = await worker('user_b', 'rpa_b');
    await expect(second.gate.check()).rejects.toThrow(AccountMismatch);
    await expect(second.provider.list(signal)).rejects.toMatchObject({ kind: 'refused', reason: 'access' });
    await expect(second.provider.terminate('pod1', signal)).rejects.toMatchObject({ kind: 'refused' });
    expect(second.asked()).toEqual(['/graphql:myself']);
    expect(second.warned).toEqual(['another Runpod account']);
    await first.provider.list(signal);
  });

  it('goes on with a new key, and an old one need not be asked about again', async () => {
    await (await worker('user_a', 'rpa_a')).gate.check();
    const rotated = await worker('user_a', 'rpa_new');
    await rotated.gate.check();
    expect(rotated.asked()).toEqual(['/graphql:myself']);
    for (const apiKey of ['rpa_a', 'rpa_new']) {
      const again = await worker('user_a', apiKey, away());
      await again.provider.list(signal);
      expect(again.asked()).toEqual(['/v2/pods']);
    }
  });

  it('is checked with the first answer where RunPod was away at the start, before anything is read', async () => {
    await (await worker('user_a', 'rpa_a')).gate.check();
    const second = await worker('user_b', 'rpa_b', away(), away());
    await expect(second.gate.check()).rejects.toThrow(RunpodUnavailable);
    await expect(second.provider.list(signal)).rejects.toMatchObject({ kind: 'unavailable', sent: false });
    await expect(second.provider.list(signal)).rejects.toMatchObject({ kind: 'refused', reason: 'access' });
    expect(second.asked()).toEqual(['/graphql:myself']);
  });

  it.each([
    ['the API that tells it is gone', new RunpodRejected(410, 'other', 'retired', CALL)],
    ['the key may not ask', new RunpodRejected(403, 'access', 'forbidden', CALL)],
  ])('is not checked where %s, which is said, and asked again later', async (_, failure) => {
    await (await worker('user_a', 'rpa_a')).gate.check();
    const second = await worker('user_b', 'rpa_b', failure);
    await second.provider.list(signal);
    expect(second.warned).toEqual([expect.stringMatching(/does not tell whose account/)]);
    second.clock.real += 11 * 60_000;
    await expect(second.provider.list(signal)).rejects.toMatchObject({ kind: 'refused', reason: 'access' });
  });

  it('is asked for once, however many calls wait for it', async () => {
    const first = await worker('user_a', 'rpa_a');
    await Promise.all([first.provider.list(signal), first.provider.list(signal), first.gate.check()]);
    expect(first.asked().filter((path) => path === '/graphql:myself')).toHaveLength(1);
  });

  it('is in Redis neither by its id nor by a key', async () => {
    await (await worker('user_a', 'rpa_secret')).gate.check();
    for (const name of await redis.client().keys('*')) {
      expect(String(await redis.client().dump(name))).not.toMatch(/user_a|rpa_secret/);
    }
  });
});
