import { z } from 'zod';
import type { Unread } from '../policy/unread.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** Records that could not be read, scored by Redis's time (ms) at which that was last found. */
const UNREADABLE = key('unreadable');
/** One that nobody has met for so long was mended, or is gone. */
const NAMED_MS = 15 * 60_000;
const MOST_NAMED = 100;

const named = z.object({ record: z.string(), field: z.string() });
type Named = z.infer<typeof named>;

/** Of one record nobody knows what it says: whoever asks for it alone is refused. */
export class Unreadable extends Error {
  constructor(record: string) {
    super(`${record} cannot be read`);
    this.name = 'Unreadable';
  }
}

/** What is read, or this in its place where one record keeps it from being read. For answers about much else. */
export async function unlessUnreadable<T>(reading: Promise<T>, instead: T): Promise<T> {
  return reading.catch((error: unknown) => {
    if (!(error instanceof Unreadable)) throw error;
    return instead;
  });
}

/** The record; null where it cannot be read, which is then named in health. For lists: the others are not in question. */
export async function readRecord<S extends z.ZodType>(
  redis: RedisClient,
  record: string,
  json: string,
  schema: S,
): Promise<z.infer<S> | null> {
  const read = schema.safeParse(jsonOf(json));
  if (read.success) return read.data;
  await nameAll(redis, [{ record, field: fieldOf(read.error) }]);
  return null;
}

/** For a record on which it hangs what may be done. @throws Unreadable, and names it in health. */
export async function readOne<S extends z.ZodType>(
  redis: RedisClient,
  record: string,
  json: string,
  schema: S,
): Promise<z.infer<S>> {
  const read = schema.safeParse(jsonOf(json));
  if (read.success) return read.data;
  await nameAll(redis, [{ record, field: fieldOf(read.error) }]);
  throw new Unreadable(record);
}

/** Names in health what is no JSON of ours. */
export async function nameUnreadable(redis: RedisClient, record: string, field = 'row'): Promise<void> {
  await nameAll(redis, [{ record, field }]);
}

/** The entries of one table of a document: those that read, and the others as they stand, named in health. */
export async function readEntries<S extends z.ZodType>(
  redis: RedisClient,
  what: string,
  entries: Readonly<Record<string, unknown>>,
  schema: S,
): Promise<{ good: Record<string, z.infer<S>>; bad: Record<string, unknown> }> {
  const read = Object.entries(entries).map(([name, value]) => ({ name, value, parsed: schema.safeParse(value) }));
  const named = read.flatMap(({ name, parsed }) =>
    parsed.success ? [] : [{ record: `${what} ${name}`, field: fieldOf(parsed.error) }],
  );
  await nameAll(redis, named);
  return {
    good: Object.fromEntries(read.flatMap(({ name, parsed }) => (parsed.success ? [[name, parsed.data]] : []))),
    bad: Object.fromEntries(read.flatMap(({ name, value, parsed }) => (parsed.success ? [] : [[name, value]]))),
  };
}

/** Which lists and tables a document is made of, and what an entry of each looks like. */
export type Parts = Readonly<Record<string, z.ZodType>>;

/** The document without those of its entries that cannot be read, which are named in health; null where nothing is left. */
export async function readDocument<S extends z.ZodType>(
  redis: RedisClient,
  record: string,
  json: string,
  schema: S,
  parts: Parts,
): Promise<z.infer<S> | null> {
  const value = jsonOf(json);
  const whole = schema.safeParse(value);
  if (whole.success) return whole.data;
  const { rest, bad } = pruned(value, parts);
  const read = schema.safeParse(rest);
  await nameAll(redis, read.success ? bad : [{ record, field: fieldOf(read.error) }]);
  return read.success ? read.data : null;
}

export async function unreadableRecords(redis: RedisClient): Promise<Unread[]> {
  const since = (await serverNow(redis)) - NAMED_MS;
  const found = await redis.zrangebyscore(UNREADABLE, String(since), '+inf');
  return found.flatMap((json) => {
    const { data } = named.safeParse(jsonOf(json));
    return data ? [{ of: 'record', id: data.record, name: null, field: data.field, what: 'unreadable' }] : [];
  });
}

function pruned(value: unknown, parts: Parts): { rest: unknown; bad: Named[] } {
  if (typeof value !== 'object' || value === null) return { rest: value, bad: [] };
  const rest: Record<string, unknown> = { ...value };
  const bad: Named[] = [];
  for (const [part, schema] of Object.entries(parts)) {
    const entries = rest[part];
    if (typeof entries !== 'object' || entries === null) continue;
    const good = Object.entries(entries).filter(([name, entry]) => {
      const read = schema.safeParse(entry);
      if (!read.success) bad.push({ record: `${part} ${idOf(entry) ?? name}`, field: fieldOf(read.error) });
      return read.success;
    });
    rest[part] = Array.isArray(entries) ? good.map(([, entry]) => entry) : Object.fromEntries(good);
  }
  return { rest, bad };
}

function idOf(entry: unknown): string | null {
  const id = typeof entry === 'object' && entry !== null ? (entry as { id?: unknown }).id : null;
  return typeof id === 'string' ? id.slice(0, 100) : null;
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const fieldOf = (error: z.ZodError): string => error.issues[0]?.path.map(String).join('.') || 'row';

async function serverNow(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time();
  return Number(seconds) * 1000;
}

async function nameAll(redis: RedisClient, all: readonly Named[]): Promise<void> {
  if (all.length === 0) return;
  const now = await serverNow(redis);
  await redis
    .pipeline()
    .zadd(UNREADABLE, ...all.slice(0, MOST_NAMED).flatMap((one) => [now, JSON.stringify(one)]))
    .zremrangebyscore(UNREADABLE, '-inf', now - NAMED_MS)
    .zremrangebyrank(UNREADABLE, 0, -MOST_NAMED - 1)
    .exec();
}
