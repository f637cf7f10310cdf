import { rmSync } from 'node:fs';
import { World } from './world.ts';

const SAVE_EVERY_MS = 2000;
/** USD: enough that nothing warns of it before somebody asks for that. */
const BALANCE = 250;

export type StageState = { state: 'starting'; doing: string } | { state: 'up' } | { state: 'failed'; problem: string };

/** The world that a demo shows: kept between runs, and started over where somebody wants it. */
export class Stage {
  readonly dataPath: string;
  state: StageState = { state: 'starting', doing: '' };
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

  /** @throws Error where the world does not come up; the state says it too. */
  start(): Promise<void> {
    return this.change(() => this.begin());
  }

  /** Ends the world, forgets it, and begins another. */
  startOver(): Promise<void> {
    return this.change(async () => {
      this.state = { state: 'starting', doing: 'tidying up' };
      await this.end();
      rmSync(this.dataPath, { recursive: true, force: true });
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
    try {
      this.current = new World(this.dataPath, { balance: BALANCE, keep: true });
      await this.current.start((doing) => {
        this.state = { state: 'starting', doing };
      });
    } catch (error) {
      this.state = { state: 'failed', problem: (error as Error).message };
      throw error;
    }
    this.state = { state: 'up' };
    const { current } = this;
    this.saving = setInterval(() => current.save(), SAVE_EVERY_MS);
  }

  private async end(): Promise<void> {
    clearInterval(this.saving);
    const { current } = this;
    this.current = null;
    await current?.stop();
  }
}
