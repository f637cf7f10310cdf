import { z } from 'zod';
import { commit, MAX_TRIES, type Operation, TooContended, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readEntries, readRecord } from './unreadable.ts';

/** One posted copy. `ref` null: a post was begun under this marker, and its answer is not known. */
const copy = z.object({
  ref: z.unknown(),
  marker: z.string(),
  revision: z.int(),
  /** Since when the chat refuses it for a reason that nobody knows. */
  refusedSince: z.number().optional(),
  /** It stands in the channel, since its thread took it no more. */
  besideThread: z.literal(true).optional(),
});

export type Copy = z.infer<typeof copy>;
const cardRecord = z.object({ copies: z.record(z.string(), z.unknown()) });

export interface CardRecord {
  rev: number;
  /** By place for cards, by place and key for lines. */
  copies: Record<string, Copy>;
}

interface Kept extends CardRecord {
  /** As they stand: another release may read what this one does not. */
  unreadable: Record<string, unknown>;
}

const cardKey = (id: string) => key('card', id);
/** Nobody edits a card that was not touched for so long, real ms. */
const KEPT_MS = 430 * 86_400_000;
const write = (id: string, { rev, copies, unreadable }: Kept): Operation[] => [
  writeDocument(cardKey(id), rev, { rev, copies: { ...unreadable, ...copies } }),
  ['PEXPIRE', cardKey(id), KEPT_MS],
];

/** Where each card and line was posted, and which revision it shows. */
export class Cards {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  /** A copy that cannot be read is left out, and named: it is posted anew rather than never again. */
  async get(id: string): Promise<CardRecord> {
    const { rev, copies } = await this.read(id);
    return { rev, copies };
  }

  private async read(id: string): Promise<Kept> {
    const [rev, json] = await this.redis.hmget(cardKey(id), 'rev', 'json');
    const record = json ? await readRecord(this.redis, `card ${id}`, json, cardRecord) : null;
    const { good, bad } = await readEntries(this.redis, `card ${id} at`, record?.copies ?? {}, copy);
    return { rev: Number(rev ?? 0), copies: good, unreadable: bad };
  }

  /** That copy is gone from its chat; one that another bot has posted in its place stays. */
  async forget(id: string, at: string, { marker }: Pick<Copy, 'marker'>): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const record = await this.read(id);
      const { [at]: gone, ...copies } = record.copies;
      if (gone?.marker !== marker) return;
      const written = { ...record, rev: record.rev + 1, copies };
      const checks = [{ key: cardKey(id), rev: record.rev }];
      if (await commit(this.redis, checks, write(id, written))) return;
    }
    throw new TooContended(`card ${id}`);
  }

  /** Writes one copy by compare-and-swap. An older revision never overwrites a newer one. */
  async save(id: string, at: string, next: (before: Copy | null) => Copy | null): Promise<Copy | null> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const record = await this.read(id);
      const before = record.copies[at] ?? null;
      const after = next(before);
      if (after === null) return before;
      const written = { ...record, rev: record.rev + 1, copies: { ...record.copies, [at]: after } };
      const done = await commit(this.redis, [{ key: cardKey(id), rev: record.rev }], write(id, written));
      if (done) return after;
    }
    throw new TooContended(`card ${id}`);
  }
}
