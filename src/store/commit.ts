import { randomUUID } from 'node:crypto';
import { type RedisClient, StoreUnsure, timedOut } from './connect.ts';
import { key } from './keys.ts';

/** A document must still be at this revision (0: must not exist). */
export interface Check {
  key: string;
  rev: number;
}

/** One Redis command to run if every check holds. */
export type Operation = [command: string, key: string, ...args: (string | number)[]];

/**
 * One logical write, however often it is sent: where its answer was lost, and where the event that asked for it is run
 * again by another bot.
 */
export interface Write {
  id: string;
  /** The event was begun before: it may have been written then. */
  again: boolean;
}

/** Names the writes of one piece of work. */
export interface Writing {
  /** The next write to `document`; same order, same name. */
  of(document: string): Write;
  /** The same, without taking it. */
  peek(document: string): Write;
}

/** Work that nobody runs again: each write has a name of its own, by which a lost answer is asked for again. */
export const unnamed: Writing = {
  of: () => ({ id: randomUUID(), again: false }),
  peek: () => ({ id: randomUUID(), again: false }),
};

/** Writes of an event: their names follow from it, so that whoever runs it again finds what was done. */
export function writingOf(event: string, again: boolean): Writing {
  const counts = new Map<string, number>();
  const next = (document: string) => (counts.get(document) ?? 0) + 1;
  const peek = (document: string): Write => ({ id: `${event} ${document} ${next(document)}`, again });
  return {
    peek,
    of: (document) => {
      const write = peek(document);
      counts.set(document, next(document));
      return write;
    },
  };
}

/** How long a write is remembered: longer than its event is run again, ms. */
const WRITE_KEPT_MS = 30 * 60_000;
/** How often a write is sent whose answer does not come; each waits for the connection's own limit. */
const MAX_SENDS = 4;

/**
 * The one way in which state changes: all checks, then all operations, in one atomic step. Documents are hashes with
 * `rev` and `json`. Gives 0, also where this very write was done before, or the number of the first check that failed.
 */
const SCRIPT = `
local plan = cjson.decode(ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for i, check in ipairs(plan.checks) do
  local rev = redis.call('HGET', KEYS[check[1]], 'rev') or '0'
  if rev ~= check[2] then return i end
end
for _, op in ipairs(plan.ops) do
  redis.call(op[1], KEYS[op[2]], unpack(op, 3))
end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
return 0`;

const writeKey = ({ id }: Write) => key('write', id);

/** Whether this write was done when its event was run before. One round trip, and only then. */
export async function wasDone(redis: RedisClient, write: Write): Promise<boolean> {
  return write.again && (await redis.exists(writeKey(write))) === 1;
}

/**
 * Null, or the first check that failed: read again and decide again. @throws StoreUnsure where Redis did not say in time
 * whether it was done.
 */
export async function tryCommit(
  redis: RedisClient,
  checks: Check[],
  operations: Operation[],
  write: Write = unnamed.of(''),
): Promise<Check | null> {
  const keys = [...new Set([writeKey(write), ...checks.map((c) => c.key), ...operations.map((op) => op[1])])];
  const at = (name: string) => keys.indexOf(name) + 1;
  const plan = JSON.stringify({
    checks: checks.map(({ key, rev }) => [at(key), String(rev)]),
    ops: operations.map(([command, key, ...args]) => [command, at(key), ...args.map(String)]),
  });
  for (let sends = 1; ; sends++) {
    try {
      const failed = Number(await redis.eval(SCRIPT, keys.length, ...keys, plan, WRITE_KEPT_MS));
      return checks[failed - 1] ?? null;
    } catch (error) {
      if (!timedOut(error)) throw error;
      if (sends === MAX_SENDS) throw new StoreUnsure();
    }
  }
}

/** False where a check failed. */
export async function commit(
  redis: RedisClient,
  checks: Check[],
  operations: Operation[],
  write?: Write,
): Promise<boolean> {
  return (await tryCommit(redis, checks, operations, write)) === null;
}

export const writeDocument = (key: string, rev: number, value: unknown): Operation => [
  'HSET',
  key,
  'rev',
  rev,
  'json',
  JSON.stringify(value),
];

/** Tries for as long as others win: each loss means that somebody else made progress. */
export const MAX_TRIES = 50;

export class TooContended extends Error {
  constructor(what: string) {
    super(`${what} changed ${MAX_TRIES} times while it was being written`);
    this.name = 'TooContended';
  }
}
