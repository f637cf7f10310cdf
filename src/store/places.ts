import { z } from 'zod';
import { type Place, place } from '../policy/identity.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readRecord } from './unreadable.ts';

const CLOSED_KEY = key('places', 'closed');
/** When a post was refused there last. */
const REFUSED_KEY = key('places', 'refused');
const LACKING_KEY = key('places', 'lacking');
/** Of a channel that nobody reopens, and nothing is posted to any more. */
const KEPT_MS = 30 * 86_400_000;

/** Known from a post that was refused, or from what we may do there. */
const by = z.enum(['post', 'rights']).default('post');
const closedPlace = z.object({ place, since: z.number(), why: z.string(), by });
/** A channel that takes no messages; `since` ms on Podwarden's clock, `why` the chat's own code or what we lack. */
export type ClosedPlace = z.infer<typeof closedPlace>;

const lacking = z.object({ place, lacks: z.array(z.object({ right: z.string(), instead: z.string() })) });
/** A channel that takes messages, and in which we may not do all that we would. */
export type LackingPlace = z.infer<typeof lacking>;

const fieldOf = ({ chat, channel }: Place) => `${chat} ${channel}`;

/** Channels that refused the last message: where people have to open them again. */
export class Places {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  /** True where it was open until now. Rights that are seen to be lacking explain what was refused before. */
  async close(closed: ClosedPlace): Promise<boolean> {
    const field = fieldOf(closed.place);
    const isNew = (await this.redis.hsetnx(CLOSED_KEY, field, JSON.stringify(closed))) === 1;
    if (closed.by === 'post') await this.redis.hset(REFUSED_KEY, field, closed.since);
    else if (!isNew) await this.explain(closed);
    await Promise.all([CLOSED_KEY, REFUSED_KEY].map((kept) => this.redis.pexpire(kept, KEPT_MS)));
    return isNew;
  }

  private async explain({ place, why, by }: ClosedPlace): Promise<void> {
    const before = await this.at(place);
    if (before?.by !== 'post') return;
    await this.redis.hset(CLOSED_KEY, fieldOf(place), JSON.stringify({ ...before, why, by }));
  }

  /** True where it was closed until now. */
  async open(place: Place): Promise<boolean> {
    await this.redis.hdel(REFUSED_KEY, fieldOf(place));
    return (await this.redis.hdel(CLOSED_KEY, fieldOf(place))) === 1;
  }

  /** True where it was closed for what we may do there: a post that was refused knows better. */
  async regained(place: Place): Promise<boolean> {
    const closed = await this.at(place);
    return closed?.by === 'rights' && this.open(place);
  }

  /** What is known of that place; null where it takes messages. */
  async at(place: Place): Promise<ClosedPlace | null> {
    const json = await this.redis.hget(CLOSED_KEY, fieldOf(place));
    return json === null ? null : readRecord(this.redis, `channel ${fieldOf(place)}`, json, closedPlace);
  }

  /** When a post was refused there last, ms on Podwarden's clock. */
  async refusedAt(place: Place): Promise<number | null> {
    const at = await this.redis.hget(REFUSED_KEY, fieldOf(place));
    return at === null ? null : Number(at);
  }

  async closed(): Promise<ClosedPlace[]> {
    return this.rows(CLOSED_KEY, closedPlace);
  }

  /** Replaces what was lacking there. */
  async lack({ place, lacks }: LackingPlace): Promise<void> {
    if (lacks.length === 0) await this.redis.hdel(LACKING_KEY, fieldOf(place));
    else await this.redis.hset(LACKING_KEY, fieldOf(place), JSON.stringify({ place, lacks }));
    await this.redis.pexpire(LACKING_KEY, KEPT_MS);
  }

  async lacking(): Promise<LackingPlace[]> {
    return this.rows(LACKING_KEY, lacking);
  }

  private async rows<S extends z.ZodType>(at: string, schema: S): Promise<z.infer<S>[]> {
    const found = Object.entries(await this.redis.hgetall(at));
    const read = await Promise.all(
      found.map(([field, json]) => readRecord(this.redis, `channel ${field}`, json, schema)),
    );
    return read.filter((one) => one !== null);
  }
}
