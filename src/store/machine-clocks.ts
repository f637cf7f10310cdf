import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readRecord } from './unreadable.ts';

const CLOCKS = key('clocks');
/** Whoever has not said it again by then has ended, or its clock was set, ms: it is measured every minute. */
const FRESH_MS = 3 * 60_000;

const report = z.object({ part: z.string(), host: z.string(), ahead: z.number(), at: z.number() });
/** A machine whose clock differs from Redis's; `at` on Redis's clock, `ahead` in ms. */
export type ClockReport = z.infer<typeof report>;

/** The processes whose machine's clock is not Redis's, each by its own word. */
export class MachineClocks {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async differs(process: string, found: ClockReport): Promise<void> {
    await this.redis.hset(CLOCKS, process, JSON.stringify(found));
  }

  /** It agrees again, or ends. */
  async agrees(process: string): Promise<void> {
    await this.redis.hdel(CLOCKS, process);
  }

  /** Those that differ now, worst first; what nobody has repeated is forgotten. */
  async differing(now: number): Promise<ClockReport[]> {
    const found: ClockReport[] = [];
    const old: string[] = [];
    for (const [process, json] of Object.entries(await this.redis.hgetall(CLOCKS))) {
      const read = await readRecord(this.redis, `clock of ${process}`, json, report);
      // One that cannot be read is told anew within a minute.
      if (read && now - read.at <= FRESH_MS) found.push(read);
      else old.push(process);
    }
    if (old.length > 0) await this.redis.hdel(CLOCKS, ...old);
    return found.sort((a, b) => Math.abs(b.ahead) - Math.abs(a.ahead));
  }
}
