import type { Log } from '../jobs/ports.ts';
import { isOutOfMemory } from '../store/connect.ts';
import { type Repeating, repeatedly } from './repeatedly.ts';

const AGAIN_MS = 2000;

interface Owed {
  what: string;
  write: () => Promise<void>;
}

/**
 * What a start writes. A Redis that is out of memory must keep nothing from starting, since Stop works meanwhile: what it refuses is
 * written in the same order once it takes writes again.
 */
export class OwedWrites {
  private readonly log: Log;
  private readonly owed: Owed[] = [];
  private trying: Repeating | null = null;

  constructor(log: Log) {
    this.log = log;
  }

  /** Now, or later where Redis has no room. @throws whatever else keeps it from being written. */
  async write(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      this.owed.push({ what, write });
      this.begin();
    }
  }

  close(): void {
    this.trying?.end();
  }

  private begin(): void {
    if (this.trying) return;
    this.log.warn(
      {},
      'Redis is out of memory: started all the same; what a start writes follows once it takes writes again',
    );
    const failed = (error: Error) => {
      if (!isOutOfMemory(error))
        this.log.warn({ error: error.message }, 'what the start had to write was not written yet');
    };
    this.trying = repeatedly(() => this.writeAll(), AGAIN_MS, failed, { atOnce: false });
  }

  private async writeAll(): Promise<void> {
    for (let [next] = this.owed; next; [next] = this.owed) {
      await next.write();
      this.owed.shift();
      this.log.info({ what: next.what }, 'Redis takes writes again: written');
    }
    this.trying?.end();
    // Its memory may be full once more before the start is over.
    this.trying = null;
  }
}
