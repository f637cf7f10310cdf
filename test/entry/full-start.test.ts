import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { seedRunpod } from '../../demo/world/seed.ts';
import { startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { DisownedChats } from '../../src/bot/disowned-chats.ts';
import { readPolicy } from '../../src/config/load.ts';
import { runBot } from '../../src/entry/bot.ts';
import type { Connections } from '../../src/entry/process.ts';
import { shareTime } from '../../src/entry/shared-time.ts';
import { runWorker, TIMINGS } from '../../src/entry/worker.ts';
import { createProducer } from '../../src/jobs/queues.ts';
import { Audit, AuditKeyMismatch, type NumberedEntry } from '../../src/store/audit.ts';
import { DirectLine } from '../../src/store/direct-line.ts';
import { PREFIX } from '../../src/store/keys.ts';
import { bothChats, botServices } from '../bot/chats.ts';
import { KEY } from '../jobs/context.ts';
import { ALICE } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { connectionsTo } from './connections.ts';

const redis = useRedis();
const API_KEY = 'rpa_t';
const QUICK = { ...TIMINGS, tickMs: 60_000 };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await roomy();
  for (const close of closing.splice(0).reverse()) await close();
});

const full = () => redis.client().config('SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction');
const roomy = () => redis.client().config('SET', 'maxmemory', '0');

function connections(): Connections {
  const opened = connectionsTo(redis.path());
  closing.push(opened.close);
  return opened;
}

const audit = () => new Audit(redis.client(), KEY);

/** Who opened the log, oldest first. */
async function openings(): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { json } of audit().entries()) {
    const { kind, facts } = JSON.parse(json) as NumberedEntry;
    if (kind === 'config-loaded') found.push(facts.part);
  }
  return found;
}

/** What starts a bot and a worker of one team, as often as is wanted. */
async function team() {
  const [chats, runpod] = [await bothChats(), await startRunpodEmulator({ clock: Date.now, apiKey: API_KEY })];
  closing.push(chats.close, runpod.close);
  const { services } = botServices(redis.client(), 'slack');
  const { policy } = readPolicy('rooms: { gpu: { slack: { channel: C0GPU } } }', ['slack']);
  if (!policy) throw new Error('the policy does not parse');
  const warned: string[] = [];
  const log = { ...services.log, warn: (_: object, text: string) => void warned.push(text) };
  const real = async (ms: number, signal: AbortSignal) => void (await pause(ms, undefined, { signal }));
  const clocks = { ...services.clocks, now: Date.now, realNow: Date.now, pause: real };
  const started = <T extends { close(): Promise<void> }>(part: T): T => {
    closing.push(() => part.close());
    return part;
  };
  const common = (auditKey = KEY) => ({ redis: connections(), auditKey, clocks, log });
  const slack = { botToken: 'xoxb-t', appToken: 'xapp-t', apiUrl: chats.slack.url };
  return {
    runpod,
    services,
    warned,
    bot: async (key?: string) => {
      const settings = { slack, discord: null, policy, criticalWebhook: null };
      return started(await runBot({ ...common(key), settings, onFatal: () => {} }));
    },
    worker: async (key?: string) => {
      const settings = { apiKey: API_KEY, url: runpod.url, graphqlUrl: `${runpod.url}/graphql` };
      const more = { runpod: settings, policy, criticalWebhook: null, timings: QUICK };
      return started(await runWorker({ ...common(key), ...more }));
    },
  };
}

it('a bot starts while Redis is out of memory, and writes what its start had to write once there is room', async () => {
  const { bot, services, warned } = await team();
  await (await bot()).close();
  closing.pop();
  await redis.client().del('{podwarden}:runs');
  await full();
  await bot();
  expect(await openings()).toEqual(['bot']);
  expect(warned.filter((line) => line.startsWith('Redis is out of memory'))).toHaveLength(1);
  await roomy();
  await expect.poll(openings, { timeout: 10_000 }).toEqual(['bot', 'bot']);
  expect(await audit().verify()).toMatchObject({ ok: true });
  const readAt = async () => (await services.snapshots.lastRuns())['refresh-people'];
  await expect.poll(readAt, { timeout: 10_000 }).toBeGreaterThan(0);
});

it('a bot that its chat let in while Redis was out of memory ends the warning of the one before it', async () => {
  const { bot, services } = await team();
  const before = new DisownedChats(services, ['slack'], () => {});
  before.told('slack', 'Slack: token_revoked');
  const open = async () => (await services.findings.open()).length;
  await expect.poll(open, { timeout: 10_000 }).toBe(1);
  before.close();
  await audit().claimKey();
  await full();
  await bot();
  await roomy();
  await expect.poll(open, { timeout: 15_000 }).toBe(0);
});

it('a worker starts while Redis is out of memory, stops what it is asked to, and ticks once there is room', async () => {
  const { worker, runpod } = await team();
  await (await worker()).close();
  closing.pop();
  const producer = createProducer(redis.client(), PREFIX, { debug() {}, info() {}, warn() {}, error() {} });
  closing.push(() => producer.close());
  const pods = producer.queue('pods');
  await pods.obliterate({ force: true });
  seedRunpod(runpod.account, Date.now());
  const vision = [...runpod.account.pods.values()].find(({ name }) => name.includes('vision'));
  await full();
  await worker();
  expect(await openings()).toEqual(['worker']);
  const line = new DirectLine(redis.client(), audit());
  closing.push(() => line.close());
  await line.open();
  const asked = { id: randomUUID(), pod: vision?.id ?? '', by: ALICE, at: Date.now() };
  expect(await line.ask(asked, 20_000)).toMatchObject({ kind: 'stopped' });
  await roomy();
  await expect.poll(openings, { timeout: 10_000 }).toEqual(['worker', 'worker']);
  await expect.poll(() => pods.getJobSchedulersCount(), { timeout: 10_000 }).toBe(1);
  expect(await audit().verify()).toMatchObject({ ok: true });
});

it('a worker with a new key of the account stops what it is asked to, also where the key cannot be noted', async () => {
  const { worker, runpod } = await team();
  await (await worker()).close();
  closing.pop();
  runpod.account.pods.clear();
  await redis.client().del('{podwarden}:runpod:keys');
  await full();
  await worker();
  const line = new DirectLine(redis.client(), audit());
  closing.push(() => line.close());
  await line.open();
  const answer = await line.ask({ id: randomUUID(), pod: 'gone', by: ALICE, at: Date.now() }, 20_000);
  // Runpod was asked.
  expect(answer).toMatchObject({ kind: 'refused' });
});

it('another audit key is refused, also while Redis is out of memory', async () => {
  const { bot, worker } = await team();
  await bot();
  await full();
  const other = 'f'.repeat(64);
  await expect(bot(other)).rejects.toThrow(AuditKeyMismatch);
  await expect(worker(other)).rejects.toThrow(AuditKeyMismatch);
});

it('a machine whose clock is off tells its time of Redis, also while Redis cannot keep that it is off', async () => {
  const { services } = await team();
  await full();
  const machine = { wall: () => Date.now() + 10_000, steady: () => performance.now() };
  const time = await shareTime(connections(), 'bot', services.log, machine);
  closing.push(() => time.close());
  expect(Math.abs(time.clocks.now() - Date.now())).toBeLessThan(5000);
});
