import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Part, PartStarter } from '../demo/world/part.ts';
import { World } from '../demo/world/world.ts';
import { PARTS, type Plan } from './plan.ts';
import { StoreProxy } from './proxy.ts';

type PartName = (typeof PARTS)[number];

/** USD: what pods cost is no matter of a storm. */
const BALANCE = 5000;
/** A part that cannot come up while its store is away is started again after this long, as by whoever watches over it. */
const AGAIN_MS = 300;
const kindOf = (name: PartName): Part => (name.startsWith('bot') ? 'bot' : 'worker');

/** A demo's world with two bots and two workers, each with its store behind a proxy of its own. */
export class StormWorld {
  readonly world: World;
  readonly proxies = new Map<PartName, StoreProxy>();
  readonly folder: string;
  private readonly frozen = new Set<PartName>();
  private readonly terminating = new Set<PartName>();
  private ending = false;

  constructor({ clocks }: Pick<Plan, 'clocks'>, starter: PartStarter | null) {
    this.folder = mkdtempSync(join(tmpdir(), 'podwarden-storm-'));
    this.world = new World(this.folder, {
      history: false,
      balance: BALANCE,
      starter,
      environment: (name, store) => this.environment(name as PartName, store, clocks),
    });
  }

  private environment(name: PartName, store: string, clocks: Plan['clocks']): NodeJS.ProcessEnv {
    const proxy = this.proxies.get(name);
    if (!proxy) throw new Error(`no proxy for ${name}`);
    proxy.target = store;
    return { REDIS_URL: proxy.url, DEMO_MACHINE_CLOCK: String(clocks[name] ?? 0) };
  }

  async start(): Promise<void> {
    for (const name of PARTS) {
      const proxy = new StoreProxy();
      await proxy.listen();
      this.proxies.set(name, proxy);
    }
    await this.world.start();
    this.addPeople();
    await Promise.all([this.world.startPart('bot', 'bot-2'), this.world.startPart('worker', 'worker-2')]);
  }

  /** A guest, and somebody of another company in a shared channel. */
  private addPeople(): void {
    const { slack, discord } = this.world;
    slack.workspace.addUser({ id: 'U0GWEN', name: 'gwen', guest: true });
    slack.workspace.addUser({ id: 'U0SAM', name: 'sam', stranger: true });
    for (const id of ['U0GWEN', 'U0SAM']) slack.workspace.channelNamed('gpu').members.add(id);
    discord.server.addUser({ id: '700000000000000008', name: 'gwen', roles: [], pending: true });
    discord.server.addUser({ id: '700000000000000009', name: 'sam', roles: [] });
    for (const id of ['700000000000000008', '700000000000000009']) {
      discord.server.channelNamed('gpu').members?.add(id);
    }
  }

  freeze(name: PartName): void {
    this.frozen.add(name);
    this.world.signal(name, 'SIGSTOP');
  }

  thaw(name: PartName): void {
    if (this.frozen.delete(name)) this.world.signal(name, 'SIGCONT');
  }

  kill(name: PartName): void {
    this.frozen.delete(name);
    this.world.kill(name);
  }

  /** Asks it to end, once: a second signal ends it at once. One that is frozen hears of it when it goes on. */
  terminate(name: PartName): void {
    if (this.terminating.has(name)) return;
    this.terminating.add(name);
    this.world.signal(name, 'SIGTERM');
  }

  /** Sees to it that the part runs: whatever ended it, it is started until it is up. */
  async revive(name: PartName, waitMs = 0): Promise<void> {
    const deadline = Date.now() + waitMs;
    while (this.world.running(name) && Date.now() < deadline) await pause(20);
    while (!this.world.running(name) && !this.ending) {
      this.terminating.delete(name);
      await this.world.startPart(kindOf(name), name).catch(() => pause(AGAIN_MS));
    }
  }

  async stop(): Promise<void> {
    this.ending = true;
    for (const name of PARTS) this.thaw(name);
    await this.world.stop();
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
