import { type Choice, choice, NO_CHOICE } from '../policy/choices.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readRecord } from './unreadable.ts';

const CHOICES = key('choices');

/** What people chose for themselves, by person where one is declared, else by account. */
export class Choices {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async of(person: string): Promise<Choice> {
    const json = await this.redis.hget(CHOICES, person);
    if (json === null) return NO_CHOICE;
    return (await readRecord(this.redis, `choices of ${person}`, json, choice)) ?? NO_CHOICE;
  }

  async all(): Promise<ReadonlyMap<string, Choice>> {
    const found = await this.redis.hgetall(CHOICES);
    const choices = new Map<string, Choice>();
    for (const [person, json] of Object.entries(found)) {
      const read = await readRecord(this.redis, `choices of ${person}`, json, choice);
      if (read) choices.set(person, read);
    }
    return choices;
  }

  async set(person: string, next: Choice): Promise<void> {
    await this.redis.hset(CHOICES, person, JSON.stringify(next));
  }
}
