import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedRedis } from '../../src/store/embedded-redis.ts';
import { World } from './world.ts';

/** A kill loses at most this much of what the emulators hold, real ms. */
const SAVE_EVERY_MS = 250;
/** USD: enough that nothing warns of it before somebody asks for that. */
const BALANCE = 250;
/** What a world leaves in its folder; whatever else is there is not ours to take away. */
const LEFT = /^(world|clock)(\.new)?$|^(keys|store|program)$|^(bot|worker)\.log$/;

export type StageState = { state: 'starting'; doing: string } | { state: 'up' } | { state: 'failed'; problem: string };

/** The world that a demo shows: kept between runs, and started over where somebody wants it. */
export class Stage {
  readonly dataPath: string;
  state: StageState = { state: 'starting', doing: 'waking up' };
  private current: World | null = null;
  private saving: NodeJS.Timeout | undefined;
  private changing: Promise<void> = Promise.resolve();

  constructor(dataPath: string) {
    this.dataPath = dataPath;
  }

  /** Which world this is: another one where it was started over. */
  get run(): string {
    return this.current?.id ?? '';
  }

  /** The world that is up; null while it starts. */
  get world(): World | null {
    return this.state.state === 'up' ? this.current : null;
  }

  /**
   * `fresh`: forgets the last run first.
   * @throws DataInUse where another demo runs in this folder, Error where the world does not come up; the state says it too.
   */
  start({ fresh = false }: { fresh?: boolean } = {}): Promise<void> {
    return this.change(async () => {
      if (fresh) await this.forget();
      await this.begin();
    });
  }

  /** Ends the world, forgets it, and begins another. */
  startOver(): Promise<void> {
    return this.change(async () => {
      this.state = { state: 'starting', doing: 'tidying up' };
      await this.end();
      await this.forget();
      await this.begin();
    });
  }

  stop(): Promise<void> {
    return this.change(() => this.end());
  }

  /** One change at a time: what is asked meanwhile waits. */
  private change(doing: () => Promise<void>): Promise<void> {
    const done = this.changing.then(doing);
    this.changing = done.catch(() => {});
    return done;
  }

  private async begin(): Promise<void> {
    const world = new World(this.dataPath, { balance: BALANCE, keep: true });
    this.current = world;
    try {
      await world.start((doing) => {
        this.state = { state: 'starting', doing };
      });
    } catch (error) {
      this.state = { state: 'failed', problem: (error as Error).message };
      throw error;
    }
    this.state = { state: 'up' };
    this.saving = setInterval(() => this.save(world), SAVE_EVERY_MS);
  }

  private save(world: World): void {
    try {
      world.save();
    } catch (error) {
      clearInterval(this.saving);
      this.state = { state: 'failed', problem: `what happened can no longer be kept: ${(error as Error).message}` };
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.saving);
    const { current } = this;
    this.current = null;
    await current?.stop();
  }

  /** Claims the folder first, and ends a Redis that an earlier run may have left there. */
  private async forget(): Promise<void> {
    const redis = await startEmbeddedRedis(join(this.dataPath, 'store'));
    await redis.close();
    for (const name of readdirSync(this.dataPath).filter((one) => LEFT.test(one))) {
      rmSync(join(this.dataPath, name), { recursive: true, force: true });
    }
  }
}
