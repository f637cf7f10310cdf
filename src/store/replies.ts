import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** An interaction's own address lives 15 minutes on one chat and 30 on the other; nothing of it is kept longer. */
const TTL_MS = 15 * 60_000;

export interface PendingReply {
  chat: string;
  account: string;
  /** Opaque to everybody but the front that made it. */
  ref: unknown;
  /** What a worker found out, for the bot to render; private to the person who asked. */
  result: unknown;
}

/** Answers that a worker owes to one person. Kept apart from jobs, because they hold tokens and addresses. */
export class Replies {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async keep(id: string, reply: Omit<PendingReply, 'result'>, result: object | null = null): Promise<void> {
    await this.redis.set(key('reply', id), JSON.stringify({ ...reply, result }), 'PX', TTL_MS);
  }

  /** No effect where the reply has lapsed. */
  async fill(id: string, result: object): Promise<void> {
    const reply = await this.get(id);
    if (reply) await this.redis.set(key('reply', id), JSON.stringify({ ...reply, result }), 'KEEPTTL');
  }

  async get(id: string): Promise<PendingReply | null> {
    const json = await this.redis.get(key('reply', id));
    return json === null ? null : (JSON.parse(json) as PendingReply);
  }

  async done(id: string): Promise<void> {
    await this.redis.del(key('reply', id));
  }
}
