import type { RedisClient } from '../../src/store/connect.ts';
import { interposed } from '../store/interposed.ts';

/**
 * A process that ends at one of its awaits: before what it waits for is done, which is after all that came before. Killed,
 * nothing that it began comes to an end any more; told to end, it goes on, as a process does that a signal has reached.
 */
export class Mortal {
  awaits = 0;
  private died = false;
  private readonly at: number;
  private readonly onEnd: () => void;
  private readonly kill: boolean;

  /** `at` 0 lives for ever. */
  constructor(at = 0, onEnd: () => void = () => {}, kill = true) {
    this.at = at;
    this.onEnd = onEnd;
    this.kill = kill;
  }

  async step<T>(run: () => Promise<T>): Promise<T> {
    if (!this.died && ++this.awaits === this.at) {
      this.died = this.kill;
      this.onEnd();
    }
    if (this.died) return never();
    const value = await run();
    return this.died ? never() : value;
  }

  /** Each command of this connection is an await of the process. */
  redis(client: RedisClient): RedisClient {
    return interposed(client, (_name, _args, run) => this.step(run));
  }
}

const never = <T>() => new Promise<T>(() => {});
