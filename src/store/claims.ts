import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** A claim whose bot died before acknowledging is free again: the platform's own limit is three seconds. */
export const UNACKNOWLEDGED_MS = 1000;
/** Longer than any platform redelivers. */
const KEPT_MS = 24 * 3_600_000;

/** Events that were taken: each is handled by one bot, once. */
export class Claims {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async claim(eventId: string): Promise<boolean> {
    return (await this.redis.set(key('event', eventId), '1', 'PX', UNACKNOWLEDGED_MS, 'NX')) === 'OK';
  }

  async acknowledged(eventId: string): Promise<void> {
    await this.redis.set(key('event', eventId), '1', 'PX', KEPT_MS);
  }
}
