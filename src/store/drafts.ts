import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** A question that is never answered goes away by itself. */
const TTL_MS = 60 * 60_000;

/** What a person was asked to choose from: buttons carry the id, the choice waits here. */
export class Drafts {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async put(id: string, draft: object): Promise<void> {
    await this.redis.set(key('draft', id), JSON.stringify(draft), 'PX', TTL_MS);
  }

  async get(id: string): Promise<unknown> {
    const json = await this.redis.get(key('draft', id));
    return json === null ? null : JSON.parse(json);
  }
}
