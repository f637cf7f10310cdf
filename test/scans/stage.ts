import { setTimeout as pause } from 'node:timers/promises';
import { readAgo, readMoment } from '../../demo/world/reading.ts';
import { seedChats } from '../../demo/world/seed.ts';
import { type ChatEmulator, type Seen, Timeline } from '../../emulators/chat.ts';
import { DiscordEmulator } from '../../emulators/discord/server.ts';
import type { EmulatedPod } from '../../emulators/runpod/account.ts';
import { GPUS } from '../../emulators/runpod/catalogue.ts';
import { newPod } from '../../emulators/runpod/pods.ts';
import { startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { SlackEmulator } from '../../emulators/slack/server.ts';
import { loadSettings } from '../../src/config/load.ts';
import { runBot } from '../../src/entry/bot.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import type { GovernedContext } from '../../src/jobs/approvals.ts';
import { confirmedReads } from '../../src/jobs/confirmed-reads.ts';
import { createProducer } from '../../src/jobs/queues.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { createRunpod } from '../../src/runpod/client.ts';
import { connect, ready } from '../../src/store/connect.ts';
import { PREFIX } from '../../src/store/keys.ts';
import { governed } from '../jobs/context.ts';

export const BEGIN = Date.parse('2026-11-24T10:00:00Z');
const KEY = '0123456789abcdef0123456789abcdef';
const SECRETS = { SLACK_BOT_TOKEN: 'xoxb-t', SLACK_APP_TOKEN: 'xapp-t', DISCORD_TOKEN: 'a.b.c' };
const log = { debug() {}, info() {}, warn() {}, error() {} };
const IDLE_LIMIT_MS = 120_000;

export type Post = { at: string; where: 'channel' | 'thread'; text: string };

/**
 * Scans of RunPod's emulator on a clock that only the test moves, told by the real bot with the real clients of both
 * chats. What is posted is therefore the same to the letter each time.
 */
export async function stage(redisPath: string, policy: string, balance: number) {
  const time = { now: BEGIN };
  const runpod = await startRunpodEmulator({ clock: () => time.now, apiKey: 'rpa_t', balance, quotaPerMinute: 1e9 });
  const reading = {
    timeline: new Timeline(),
    moment: readMoment,
    ago: (at: number) => readAgo(at, time.now),
    now: () => Date.now(),
  };
  const slack = new SlackEmulator({ botToken: SECRETS.SLACK_BOT_TOKEN, appToken: SECRETS.SLACK_APP_TOKEN, ...reading });
  const discord = new DiscordEmulator({ token: SECRETS.DISCORD_TOKEN, ...reading });
  seedChats(slack, discord);
  await Promise.all([slack.start(), discord.start()]);
  const open = async () => {
    const client = connect({ kind: 'socket', path: redisPath, db: 0, auth: {} }, 'worker', () => {});
    await ready(client, 10_000);
    return client;
  };
  const redis = { producer: await open(), worker: await open(), close: async () => {} };
  const env = {
    ...SECRETS,
    SLACK_API_URL: slack.url,
    DISCORD_API_URL: discord.url,
    REDIS_URL: `unix://${redisPath}`,
    PODWARDEN_AUDIT_KEY: KEY,
  };
  const { settings } = loadSettings('bot', { env, read: (path) => (path.endsWith('.yaml') ? policy : null), cwd: '/' });
  const base = governed(redis.producer);
  const clocks = { ...base.context.clocks, now: () => time.now, realNow: Date.now };
  const bot = await runBot({ settings, redis, auditKey: KEY, clocks, log, onFatal: () => {} });
  const client = createRunpod({ apiKey: 'rpa_t', baseUrl: runpod.url, userAgent: 'test' });
  const producer = createProducer(redis.producer, PREFIX, log);
  const context: GovernedContext = {
    ...base.context,
    provider: confirmedReads(runpodPort(client), base.context.snapshots),
    governance: settings.policy,
    enqueue: producer.enqueue,
    clocks: { ...clocks, pause: async () => {} },
  };
  const signal = new AbortController().signal;

  const quiet = async () => {
    const queue = producer.queue('chat');
    const deadline = Date.now() + IDLE_LIMIT_MS;
    while (Date.now() < deadline) {
      const counts = await queue.getJobCounts('active', 'waiting', 'delayed', 'prioritized');
      if (Object.values(counts).every((count) => count === 0)) return;
      await pause(10);
    }
    throw new Error('the chats were never told');
  };
  const scan = async () => {
    await readFleet.handle({}, context, signal).catch(() => {});
    await quiet();
  };
  return {
    time,
    runpod,
    account: runpod.account,
    slack,
    discord,
    context,
    scan,
    quiet,
    /** Scans at every step until then, ms since 1970. */
    async until(at: number, stepMs: number) {
      while (time.now < at) {
        time.now = Math.min(at, time.now + stepMs);
        await scan();
      }
    },
    close: async () => {
      await bot.close();
      await producer.close();
      await client.close();
      redis.producer.disconnect();
      redis.worker.disconnect();
      await Promise.all([slack.close(), discord.close(), runpod.close()]);
    },
  };
}
export type Stage = Awaited<ReturnType<typeof stage>>;

/** Collects what is posted, by the moment on the test's clock; edits are not posts. */
export class Watcher {
  readonly posts: Post[] = [];
  private readonly seen = new Set<string>();

  /** What is there already is not looked at. */
  forget(chat: ChatEmulator): void {
    for (const message of chat.visibleTo(null)) this.seen.add(keyOf(message));
  }

  look(chat: ChatEmulator, now: number): void {
    const fresh = chat.visibleTo(null).filter((message) => !this.seen.has(keyOf(message)));
    for (const message of fresh.sort((a, b) => a.posted - b.posted)) {
      this.seen.add(keyOf(message));
      const where = message.thread ? 'thread' : 'channel';
      this.posts.push({ at: new Date(now).toISOString().slice(0, 16), where, text: message.text });
    }
  }
}

const keyOf = ({ id, thread }: Seen) => `${thread} ${id}`;

export interface PodWish {
  id: string;
  name: string;
  gpu?: string;
  gpuCount?: number;
  volumeDiskGb?: number;
  networkVolume?: string;
  spot?: boolean;
  up?: boolean;
}

/** A pod of the account, as if it had come up or been stopped right now. */
export function place({ account, time }: Pick<Stage, 'account' | 'time'>, wish: PodWish): EmulatedPod {
  const gpu = GPUS.find(({ name }) => name === (wish.gpu ?? 'RTX A5000'));
  if (!gpu) throw new Error(`no ${wish.gpu} in the catalogue`);
  const made = newPod(account, {
    name: wish.name,
    image: 'team/image',
    gpu,
    gpuCount: wish.gpuCount ?? 1,
    cloud: 'SECURE',
    dataCenterId: 'EU-RO-1',
    disk: 50,
    persistent: wish.volumeDiskGb ? { size: wish.volumeDiskGb, path: '/workspace' } : null,
    network: wish.networkVolume ? { volumeId: wish.networkVolume, path: '/workspace' } : null,
    ports: ['22/tcp'],
    env: {},
    spot: wish.spot ?? false,
    listedFrom: 0,
  });
  account.pods.delete(made.id);
  made.id = wish.id;
  account.pods.set(made.id, made);
  if (wish.up === false) account.stop(made, 'Exited by user');
  else Object.assign(made, { status: 'RUNNING', nextAt: null, startedAt: time.now });
  return made;
}
