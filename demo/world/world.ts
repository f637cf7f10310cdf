import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { type ChatEmulator, Timeline } from '../../emulators/chat.ts';
import { DiscordEmulator } from '../../emulators/discord/server.ts';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { SlackEmulator } from '../../emulators/slack/server.ts';
import { auditKeyIn } from '../../src/entry/audit-key.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { createRunpod } from '../../src/runpod/client.ts';
import { connect, type RedisClient } from '../../src/store/connect.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/store/embedded-redis.ts';
import { PREFIX } from '../../src/store/keys.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { SharedClock } from './clock.ts';
import { Keep, restore } from './keep.ts';
import { type Ended, inProcess, type Part, type PartStarter, type StartedPart } from './part.ts';
import { writeProgram } from './program.ts';
import { readAgo, readMoment } from './reading.ts';
import { seedChats, seedRunpod } from './seed.ts';
import { seedBilling, seedKnownPods, seedNoBills } from './seed-costs.ts';
import { seedScan } from './seed-scan.ts';

/** Tuesday. */
export const BEGIN = Date.parse('2026-11-24T10:00:00Z');
const READY_MS = 60_000;
/** A movable clock packs weeks of scans into one of RunPod's minutes. */
const QUOTA = 100_000;
const POLICY = fileURLToPath(new URL('../podwarden.yaml', import.meta.url));

/** Made up, and of the shape of real ones, so that a search for leaks means something. */
export const SECRETS = {
  RUNPOD_API_KEY: 'rpa_DEMO0000000000000000000000000000',
  SLACK_BOT_TOKEN: 'xoxb-demo-000000000000-bot',
  SLACK_APP_TOKEN: 'xapp-demo-000000000000-app',
  DISCORD_TOKEN: 'demo0000.token0.discord-demo',
};

export type ChatName = 'slack' | 'discord';

interface WorldOptions {
  history: boolean;
  balance: number;
  keep: boolean;
  /** What a part of this name gets in its environment on top, or instead; `store` is the socket of the world's Redis. */
  environment: (name: string, store: string) => NodeJS.ProcessEnv;
  /** How parts are started; else as processes that run what is written for this world. */
  starter: PartStarter | null;
}

export interface PartExit extends Ended {
  name: string;
  wasReady: boolean;
}

/** Everything a demo runs: three emulators here, Redis as a child, the real bot and worker beside it. */
export class World {
  /** The same after a restart that goes on where it ended; empty before the start. */
  id = '';
  readonly clock: SharedClock;
  readonly timeline = new Timeline();
  readonly chats: Record<ChatName, ChatEmulator>;
  readonly slack: SlackEmulator;
  readonly discord: DiscordEmulator;
  readonly queues: Queue[] = [];
  /** Those of the parts that ended by themselves or were asked to, not those that were killed. */
  readonly exits: PartExit[] = [];
  private readonly dataPath: string;
  private readonly history: boolean;
  private readonly balance: number;
  private readonly keep: Keep | null;
  private readonly more: WorldOptions['environment'];
  /** By part, and for further ones of a part by a name of their own. */
  private readonly children = new Map<string, StartedPart>();
  /** By the same names: how far the clock of its machine is ahead, ms. */
  private readonly machineClocks = new Map<string, number>();
  /** Those of the children that said so. */
  private readonly ready = new Set<string>();
  private starter: PartStarter | null;
  private redis: EmbeddedRedis | null = null;
  private client: RedisClient | null = null;
  private emulator: RunpodEmulator | null = null;
  /** By a fault: it answers reads and takes no writes. */
  redisFull = false;
  /** It came up whole: half of one is never kept. */
  private whole = false;
  private restarting: Promise<void> | null = null;

  /**
   * `history`: weeks of bills before the demo begins. Without them it is up sooner, and nothing was spent.
   * `balance`: USD of the account at its beginning. `keep`: go on where the last run in this folder ended; time stood still
   * in between.
   */
  constructor(
    dataPath: string,
    {
      history = true,
      balance = 60,
      keep = false,
      environment = () => ({}),
      starter = null,
    }: Partial<WorldOptions> = {},
  ) {
    this.history = history;
    this.more = environment;
    this.starter = starter;
    this.balance = balance;
    mkdirSync(dataPath, { recursive: true, mode: 0o700 });
    this.dataPath = dataPath;
    this.keep = keep ? new Keep(join(dataPath, 'world')) : null;
    this.clock = new SharedClock(join(dataPath, 'clock'));
    const reading = {
      timeline: this.timeline,
      moment: readMoment,
      ago: (at: number) => readAgo(at, this.clock.now()),
      now: () => this.clock.now(),
    };
    this.slack = new SlackEmulator({
      botToken: SECRETS.SLACK_BOT_TOKEN,
      appToken: SECRETS.SLACK_APP_TOKEN,
      ...reading,
    });
    this.discord = new DiscordEmulator({ token: SECRETS.DISCORD_TOKEN, ...reading });
    this.chats = { slack: this.slack, discord: this.discord };
  }

  get runpod(): RunpodEmulator {
    if (!this.emulator) throw new Error('the demo has not started');
    return this.emulator;
  }

  get redisClient(): RedisClient {
    if (!this.client) throw new Error('the demo has not started');
    return this.client;
  }

  /** `doing` is told what takes a moment, in words for whoever waits. */
  async start(doing: (what: string) => void = () => {}): Promise<void> {
    doing('Redis');
    // It claims the folder: where another demo runs in it, nothing was touched yet.
    await this.startRedis();
    const kept = this.keep?.read() ?? null;
    if (!kept) await this.redisClient.flushall();
    this.clock.begin(kept?.at ?? BEGIN);
    this.id = kept?.id ?? randomUUID();
    doing('RunPod, Slack and Discord');
    this.emulator = await startRunpodEmulator({
      clock: () => this.clock.now(),
      apiKey: SECRETS.RUNPOD_API_KEY,
      quotaPerMinute: QUOTA,
      balance: this.balance,
    });
    if (kept) restore(kept, this);
    else this.seed();
    await Promise.all([this.slack.start(), this.discord.start()]);
    if (!kept) await this.seedWeek();
    doing('the bot and the worker');
    await Promise.all([this.startPart('worker'), this.startPart('bot')]);
    doing('the first look at RunPod, and its bills');
    await this.firstReads();
    this.whole = true;
  }

  private seed(): void {
    seedRunpod(this.runpod.account, this.clock.now());
    if (this.history) seedBilling(this.runpod.account, this.clock.now());
    seedChats(this.slack, this.discord);
  }

  /** Writes down what the emulators hold; Redis keeps its own. To be called often: it writes where something happened. */
  save(): void {
    if (this.whole) this.keep?.writeIfMoved(this);
  }

  private async seedWeek(): Promise<void> {
    const runpod = createRunpod({
      apiKey: SECRETS.RUNPOD_API_KEY,
      baseUrl: this.runpod.url,
      userAgent: 'podwarden-demo',
    });
    await seedScan(this.redisClient, runpodPort(runpod), readFileSync(POLICY, 'utf8'), this.clock.now());
    if (this.history) await seedKnownPods(this.redisClient, this.clock.now());
    else await seedNoBills(this.redisClient, this.clock.now());
    await runpod.close();
    // What was asked before the first step is not the bot's doing.
    this.runpod.calls.length = 0;
  }

  private async startRedis(): Promise<void> {
    this.redis = await startEmbeddedRedis(join(this.dataPath, 'store'));
    if (this.client) return;
    const address = { kind: 'socket', path: this.redis.socketPath, db: 0, auth: {} } as const;
    this.client = connect(address, 'worker', () => {});
    for (const name of ['pods', 'chat']) {
      const queue = new Queue(name, { connection: this.client, prefix: PREFIX });
      queue.on('error', () => {});
      this.queues.push(queue);
    }
  }

  /** The seeds are known before the first step, as after a week of running. */
  private async firstReads(): Promise<void> {
    const snapshots = new Snapshots(this.redisClient);
    const deadline = Date.now() + READY_MS;
    while (Date.now() < deadline) {
      const runs = await snapshots.lastRuns();
      const needed = ['read-fleet', 'refresh-catalogue', 'refresh-people', 'read-billing'];
      if (needed.every((name) => runs[name])) return;
      await pause(50);
    }
    throw new Error(`the bot or the worker did not come up; see the logs in ${this.dataPath}`);
  }

  running(name: string): boolean {
    return this.children.has(name);
  }

  /** A part that was started is coming up until it says that it is ready. */
  parts(): Record<Part | 'redis', 'up' | 'starting' | 'down'> {
    const of = (part: Part) => (this.ready.has(part) ? 'up' : this.children.has(part) ? 'starting' : 'down');
    return { bot: of('bot'), worker: of('worker'), redis: this.redis === null ? 'starting' : 'up' };
  }

  async startPart(part: Part, name: string = part): Promise<void> {
    this.starter ??= inProcess(writeProgram(join(this.dataPath, 'program')));
    if (this.children.has(name)) throw new Error(`the ${name} is running already`);
    const child = this.starter(part, {
      name,
      env: {
        ...this.environment(part),
        DEMO_MACHINE_CLOCK: String(this.machineClock(name)),
        ...this.more(name, this.redis?.socketPath ?? ''),
      },
      logPath: join(this.dataPath, `${name}.log`),
    });
    this.children.set(name, child);
    void child.ended.then((how) => {
      if (this.children.get(name) !== child) return;
      this.exits.push({ name, wasReady: this.ready.has(name), ...how });
      this.children.delete(name);
      this.ready.delete(name);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} did not start in time`)), READY_MS);
    });
    await Promise.race([child.ready, late]).finally(() => clearTimeout(timer));
    this.ready.add(name);
  }

  /** Each part gets its own secrets and not the other's. */
  private environment(part: Part): NodeJS.ProcessEnv {
    const { RUNPOD_API_KEY, ...chats } = SECRETS;
    const own =
      part === 'worker'
        ? { RUNPOD_API_KEY, RUNPOD_API_URL: this.runpod.url }
        : { ...chats, SLACK_API_URL: this.slack.url, DISCORD_API_URL: this.discord.url };
    return {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      REDIS_URL: `unix://${this.redis?.socketPath}`,
      PODWARDEN_CONFIG: POLICY,
      PODWARDEN_AUDIT_KEY: this.auditKey(),
      DEMO_CLOCK: join(this.dataPath, 'clock'),
      LOG_LEVEL: process.env.DEMO_LOG_LEVEL ?? 'info',
      ...own,
    };
  }

  /** Sets the clock of the machine that a child runs on, ms ahead of Redis's; one that does not run yet starts with it. */
  setMachineClock(name: string, ahead: number): void {
    this.machineClocks.set(name, ahead);
    this.children.get(name)?.setMachineClock(ahead);
  }

  machineClock(name: string): number {
    return this.machineClocks.get(name) ?? 0;
  }

  auditKey(): string {
    return auditKeyIn(join(this.dataPath, 'keys'));
  }

  /** SIGSTOP, SIGCONT, SIGTERM: what an operating system or a deploy does to a part. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.children.get(name)?.signal(signal);
  }

  kill(name: string): void {
    this.children.get(name)?.signal('SIGKILL');
    this.children.delete(name);
    this.ready.delete(name);
  }

  /** One at a time: whoever asks meanwhile waits for the same. */
  restartRedis(): Promise<void> {
    this.restarting ??= this.redisAnew().finally(() => {
      this.restarting = null;
    });
    return this.restarting;
  }

  private async redisAnew(): Promise<void> {
    const before = this.redis;
    this.redis = null;
    await before?.close();
    await this.startRedis();
  }

  async stop(): Promise<void> {
    await this.restarting?.catch(() => {});
    const ending = [...this.children.values()].map((child) => {
      child.signal('SIGKILL');
      return child.ended;
    });
    await Promise.all(ending);
    // Nobody acts any more: what is written now is what Redis knows.
    if (this.whole) this.keep?.write(this);
    await Promise.all(this.queues.map((queue) => queue.close()));
    this.client?.disconnect();
    await this.redis?.close();
    await Promise.all([this.slack.close(), this.discord.close(), this.emulator?.close()]);
  }
}
