import type { Log } from '../jobs/ports.ts';
import { isOutOfMemory, type RedisClient, storeRefuses } from '../store/connect.ts';
import { key } from '../store/keys.ts';

/** A store that refuses us is tried for so long; then the process ends, and whoever starts it sees why. Real ms. */
const PATIENCE_MS = 10 * 60_000;
const EVERY_MS = 15_000;
const PROBE_TTL_MS = 60_000;
/** Memory that is full now and then is full: so many looks in a row find room before that is over. */
const ROOMY_LOOKS = 20;

interface Options {
  /** `reason` null: it takes us again. Told once each. */
  onRefused: (reason: string | null) => void;
  /** It has no memory for anything new, or has again. Told once each. */
  onFull: (isFull: boolean) => void;
  onFatal: (reason: string) => void;
  log: Log;
  patienceMs?: number;
  everyMs?: number;
}

/**
 * Writes to the store now and then, and notices where Redis is there and does not take us any more: a password or a user that was
 * changed. The client would try again for ever, and silently. A store that is away is another matter: it comes back by itself.
 */
export class StoreAccess {
  private readonly redis: RedisClient;
  private readonly options: Options;
  private readonly timer: NodeJS.Timeout;
  private ending: NodeJS.Timeout | null = null;
  /** Looks until its memory counts as enough; 0 while it does. */
  private looksLeft = 0;

  constructor(redis: RedisClient, options: Options) {
    this.redis = redis;
    this.options = options;
    this.timer = setInterval(() => void this.look(), options.everyMs ?? EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    if (this.ending) clearTimeout(this.ending);
  }

  private async look(): Promise<void> {
    try {
      await this.redis.set(key('probe'), '1', 'PX', PROBE_TTL_MS);
      this.taken();
    } catch (error) {
      if (storeRefuses(error)) this.refused(`Redis: ${(error as Error).message}`);
      else if (isOutOfMemory(error)) this.full();
    }
  }

  private refused(reason: string): void {
    if (this.ending) return;
    const { onFatal, onRefused, log, patienceMs = PATIENCE_MS } = this.options;
    this.ending = setTimeout(() => onFatal(reason), patienceMs);
    log.error({ reason }, 'Redis refuses us: correct REDIS_URL, or the user in Redis');
    onRefused(reason);
  }

  /** Not fatal: it answers reads, and Stop works. */
  private full(): void {
    // Who may write is judged before the room for it.
    this.accepted();
    const isNew = this.looksLeft === 0;
    this.looksLeft = ROOMY_LOOKS;
    if (!isNew) return;
    this.options.log.error({}, 'Redis is out of memory and takes no writes: give it more');
    this.options.onFull(true);
  }

  private taken(): void {
    if (this.looksLeft > 0 && --this.looksLeft === 0) {
      this.options.log.info({}, 'Redis takes writes again');
      this.options.onFull(false);
    }
    this.accepted();
  }

  private accepted(): void {
    if (!this.ending) return;
    clearTimeout(this.ending);
    this.ending = null;
    this.options.log.info({}, 'Redis takes us again');
    this.options.onRefused(null);
  }
}
