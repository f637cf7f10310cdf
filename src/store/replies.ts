import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** An interaction's own address lives 15 minutes on one chat and 30 on the other; nothing of it is kept longer. */
const TTL_MS = 15 * 60_000;
/** Whom the answer is for is kept for longer: after that it goes by direct message. */
const OWNER_TTL_MS = 24 * 3_600_000;

/** Stands where an answer was given, for as long as its event may be run again. */
export const GIVEN = 'given';

export interface PendingReply {
  chat: string;
  account: string;
  /** Opaque to everybody but the front that made it; null once it has lapsed. */
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

  /** Once: an event that is run again keeps the reply that it kept before, also where that was given meanwhile. */
  async keep(id: string, reply: Omit<PendingReply, 'result'>, result: object | null = null): Promise<void> {
    const { ref, ...owner } = reply;
    await this.redis.set(key('reply', id), JSON.stringify({ ref }), 'PX', TTL_MS);
    await this.redis.set(key('reply-owner', id), JSON.stringify({ ...owner, result }), 'PX', OWNER_TTL_MS, 'NX');
  }

  /** What was found out lives as briefly as an open answer does. No effect where nobody waits any more. */
  async fill(id: string, result: object): Promise<void> {
    const json = await this.redis.get(key('reply-owner', id));
    if (json === null || json === GIVEN) return;
    await this.redis.set(key('reply-owner', id), JSON.stringify({ ...JSON.parse(json), result }), 'PX', TTL_MS);
  }

  async get(id: string): Promise<PendingReply | null> {
    const [owner, address] = await Promise.all([
      this.redis.get(key('reply-owner', id)),
      this.redis.get(key('reply', id)),
    ]);
    if (owner === null || owner === GIVEN) return null;
    const ref = address === null ? null : (JSON.parse(address) as { ref: unknown }).ref;
    return { ...(JSON.parse(owner) as Omit<PendingReply, 'ref'>), ref };
  }

  async done(id: string): Promise<void> {
    await Promise.all([this.redis.del(key('reply', id)), this.redis.set(key('reply-owner', id), GIVEN, 'PX', TTL_MS)]);
  }
}
