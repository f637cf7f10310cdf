import { z } from 'zod';
import { type Failing, failingNow } from '../policy/posting.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readRecord } from './unreadable.ts';

const PULSES = key('pulses');
/** A bot that has not told of itself for so long is not counted, and then forgotten. */
const FRESH_MS = 2 * 60_000;
const KEPT_MS = 7 * 86_400_000;

const time = z.number().nullable();
const pulse = z.object({
  chat: z.string(),
  isOpen: z.boolean(),
  changedAt: z.number(),
  eventAt: time,
  postedAt: time,
  /** Absent in records of earlier releases. */
  failing: z.object({ since: z.number(), at: z.number(), until: z.number(), why: z.string() }).nullish(),
  /** Which of its channels that bot's rooms name; absent where it does not say. */
  channels: z.array(z.string()).optional(),
  /** When its bot told it. */
  at: z.number(),
});
/** How one bot is connected to one chat; real ms. */
export type ChatPulse = z.infer<typeof pulse>;

/** What one bot says of itself. */
export interface BotPulses {
  bot: string;
  told: readonly ChatPulse[];
}

/** One chat, by all bots. */
export interface ChatState {
  chat: string;
  isOpen: boolean;
  /** Since when no bot is connected; null where one is, or where there is no bot to tell. */
  shutAt: number | null;
  eventAt: number | null;
  postedAt: number | null;
  /** Since when no bot posts well; null where one does, or where none tried. */
  failing: Failing | null;
}

/** How the bots are connected to their chats. */
export class Pulses {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async save(bot: string, told: ChatPulse): Promise<void> {
    await this.redis.hset(PULSES, fieldOf(told.chat, bot), JSON.stringify(told));
  }

  /** What each bot told of itself lately. */
  async since(real: number): Promise<ChatPulse[]> {
    return (await this.all()).filter(({ at }) => at >= real);
  }

  /** `own`: what whoever asks knows of itself, which it has told some seconds ago, or not yet. */
  async states(chats: readonly string[], realNow: number, own: BotPulses): Promise<ChatState[]> {
    const ours = own.told.map((one) => ({ field: fieldOf(one.chat, own.bot), ...one }));
    const others = (await this.all()).filter(({ field }) => !ours.some((one) => one.field === field));
    const told = [...others, ...ours];
    const old = told.filter(({ at }) => realNow - at > KEPT_MS).map(({ field }) => field);
    if (old.length > 0) await this.redis.hdel(PULSES, ...old);
    return chats.map((chat) => {
      const here = told.filter((one) => one.chat === chat);
      const fresh = here.filter(({ at }) => realNow - at <= FRESH_MS);
      const isOpen = fresh.some((one) => one.isOpen);
      const shutAt = isOpen ? null : latest(fresh.map(({ changedAt }) => changedAt));
      const at = (of: 'eventAt' | 'postedAt') => latest(here.map((one) => one[of]));
      // Whoever is gone tried too: that nothing worked is over once something does.
      return {
        chat,
        isOpen,
        shutAt,
        eventAt: at('eventAt'),
        postedAt: at('postedAt'),
        failing: failingNow(here, realNow),
      };
    });
  }

  private async all(): Promise<(ChatPulse & { field: string })[]> {
    const told: (ChatPulse & { field: string })[] = [];
    for (const [field, json] of Object.entries(await this.redis.hgetall(PULSES))) {
      const read = await readRecord(this.redis, `connection ${field}`, json, pulse);
      if (read) told.push({ field, ...read });
    }
    return told;
  }
}

const fieldOf = (chat: string, bot: string): string => `${chat} ${bot}`;

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
