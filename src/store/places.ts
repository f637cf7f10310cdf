import { z } from 'zod';
import { type Place, place } from '../policy/identity.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

const CLOSED_KEY = key('places', 'closed');
/** Of a channel that nobody reopens, and nothing is posted to any more. */
const KEPT_MS = 30 * 86_400_000;

const closedPlace = z.object({ place, since: z.number(), why: z.string() });
/** A channel that takes no messages; `since` ms on Podwarden's clock, `why` the chat's own code. */
export type ClosedPlace = z.infer<typeof closedPlace>;

const fieldOf = ({ chat, channel }: Place) => `${chat} ${channel}`;

/** Channels that refused the last message: where people have to open them again. */
export class Places {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  /** True where it was open until now. */
  async close(closed: ClosedPlace): Promise<boolean> {
    const isNew = (await this.redis.hsetnx(CLOSED_KEY, fieldOf(closed.place), JSON.stringify(closed))) === 1;
    await this.redis.pexpire(CLOSED_KEY, KEPT_MS);
    return isNew;
  }

  /** True where it was closed until now. */
  async open(place: Place): Promise<boolean> {
    return (await this.redis.hdel(CLOSED_KEY, fieldOf(place))) === 1;
  }

  async closed(): Promise<ClosedPlace[]> {
    const found = Object.values(await this.redis.hgetall(CLOSED_KEY));
    return found.flatMap((json) => {
      const read = closedPlace.safeParse(JSON.parse(json));
      return read.success ? [read.data] : [];
    });
  }
}
