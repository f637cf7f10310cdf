import type { RedisClient } from '../../src/store/connect.ts';

/** Everything that a Redis holds, and how to put it back: what restoring an older backup does. */
export async function backup(redis: RedisClient): Promise<() => Promise<void>> {
  const keys = await redis.keys('*');
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
  return async () => {
    await redis.flushall();
    await Promise.all(keys.map((key, i) => redis.restore(key, Math.max(0, lives[i] ?? 0), values[i] as Buffer)));
  };
}
