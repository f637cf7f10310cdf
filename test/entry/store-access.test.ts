import { afterEach, expect, it } from 'vitest';
import { openRedis } from '../../src/entry/process.ts';
import { StoreAccess } from '../../src/entry/store-access.ts';
import type { Log } from '../../src/jobs/ports.ts';
import { storeRefuses } from '../../src/store/connect.ts';
import { key } from '../../src/store/keys.ts';
import { until } from '../bot/running-bots.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const LOOK_MS = 20;
let closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  await redis.client().call('CONFIG', 'SET', 'requirepass', '');
  await redis.client().config('SET', 'maxmemory', '0');
  await redis.client().call('ACL', 'DELUSER', 'podwarden');
  await redis.client().call('ACL', 'LOG', 'RESET');
});

/** A process that is connected as `auth` says, and watches its store. */
async function watched(auth: { username?: string; password?: string }, patienceMs = 60_000) {
  const warned: string[] = [];
  const log: Log = { debug() {}, info() {}, error() {}, warn: (_, text) => void warned.push(text) };
  const connections = await openRedis({ kind: 'socket', path: redis.path(), db: 0, auth }, log);
  const told: (string | null)[] = [];
  const full: boolean[] = [];
  const ends: string[] = [];
  const watch = new StoreAccess(connections.producer, {
    onRefused: (reason) => told.push(reason),
    onFull: (isFull) => full.push(isFull),
    onFatal: (reason) => ends.push(reason),
    log,
    patienceMs,
    everyMs: LOOK_MS,
  });
  closing.push(
    () => connections.close(),
    () => watch.close(),
  );
  return { told, full, ends, warned };
}

/** Everybody else has to connect anew. */
const killOthers = () => redis.client().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
const requirePass = (password: string) => redis.client().call('CONFIG', 'SET', 'requirepass', password);

it('a password that Redis takes no more is told once, and that it is taken again', async () => {
  await requirePass('one');
  const { told, ends } = await watched({ password: 'one' });
  await requirePass('two');
  await killOthers();
  await until(() => told.length > 0);
  expect(told).toEqual([expect.stringMatching(/WRONGPASS/)]);
  await requirePass('one');
  await until(() => told.length > 1);
  expect(told).toEqual([expect.stringMatching(/WRONGPASS/), null]);
  expect(ends).toEqual([]);
});

it('memory that is full, and is full again soon, is told once, and so is that there is room; nothing ends by it', async () => {
  const client = redis.client();
  const { full, told, ends } = await watched({}, 60);
  const set = (bytes: string) => client.config('SET', 'maxmemory', bytes, 'maxmemory-policy', 'noeviction');
  await set('1mb');
  await until(() => full.length > 0);
  const probed = async () => (await client.exists(key('probe'))) === 1;
  const refusals = async () =>
    Number(/cmdstat_set:.*rejected_calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
  await set('0');
  await expect.poll(probed).toBe(true);
  await set('1mb');
  const before = await refusals();
  await expect.poll(refusals).toBeGreaterThan(before + 1);
  expect(full).toEqual([true]);
  await set('0');
  await until(() => full.length > 1);
  expect(full).toEqual([true, false]);
  expect([told, ends]).toEqual([[], []]);
});

it('a Redis that takes us again while it is out of memory ends nothing', async () => {
  const client = redis.client();
  await client.call('ACL', 'SETUSER', 'podwarden', 'on', '>one', '~*', '&*', '+@all');
  const { full, told, ends } = await watched({ username: 'podwarden', password: 'one' }, 1000);
  await client.call('ACL', 'SETUSER', 'podwarden', '-set');
  await until(() => told.length > 0);
  await client.config('SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction');
  await client.call('ACL', 'SETUSER', 'podwarden', '+set');
  await until(() => full.length > 0);
  await until(() => told.length > 1 || ends.length > 0);
  expect([told, ends]).toEqual([[expect.stringMatching(/NOPERM/), null], []]);
});

it.each([
  ['a password is wanted that we have not', {}, () => requirePass('two'), /NOAUTH/],
  [
    'our user loses its rights',
    { username: 'podwarden', password: 'one' },
    () => redis.client().call('ACL', 'SETUSER', 'podwarden', '-@all', '+info', '+ping'),
    /NOPERM/,
  ],
  [
    'our user is removed',
    { username: 'podwarden', password: 'one' },
    () => redis.client().call('ACL', 'DELUSER', 'podwarden'),
    /WRONGPASS/,
  ],
])('the process ends where %s and nobody changes that', async (_, auth, change, reason) => {
  await redis.client().call('ACL', 'SETUSER', 'podwarden', 'on', '>one', '~*', '&*', '+@all');
  const { told, ends } = await watched(auth, 60);
  await change();
  await killOthers();
  await until(() => ends.length > 0);
  expect(ends).toEqual([expect.stringMatching(reason)]);
  expect(told).toEqual([expect.stringMatching(reason)]);
});

it.each([
  ['WRONGPASS invalid username-password pair or user is disabled.', true],
  ['NOAUTH Authentication required.', true],
  ['Ready check failed: NOAUTH Authentication required.', true],
  ["NOPERM User podwarden has no permissions to run the 'set' command", true],
  ['connect ECONNREFUSED 127.0.0.1:6379', false],
  ['Command timed out', false],
  ['OOM command not allowed when used memory > maxmemory.', false],
])('%s: only people can change that: %s', (message, refuses) => {
  expect(storeRefuses(new Error(message))).toBe(refuses);
});
