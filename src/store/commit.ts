import type { RedisClient } from './connect.ts';

/** A document must still be at this revision (0: must not exist). */
export interface Check {
  key: string;
  rev: number;
}

/** One Redis command to run if every check holds. */
export type Operation = [command: string, key: string, ...args: (string | number)[]];

/**
 * The one way in which state changes: all checks, then all operations, in one atomic step. Documents are hashes with
 * `rev` and `json`. Gives 0, or the number of the first check that failed.
 */
const SCRIPT = `
local plan = cjson.decode(ARGV[1])
for i, check in ipairs(plan.checks) do
  local rev = redis.call('HGET', KEYS[check[1]], 'rev') or '0'
  if rev ~= check[2] then return i end
end
for _, op in ipairs(plan.ops) do
  redis.call(op[1], KEYS[op[2]], unpack(op, 3))
end
return 0`;

/** Null, or the first check that failed: read again and decide again. */
export async function tryCommit(redis: RedisClient, checks: Check[], operations: Operation[]): Promise<Check | null> {
  const keys = [...new Set([...checks.map((c) => c.key), ...operations.map((op) => op[1])])];
  const at = (name: string) => keys.indexOf(name) + 1;
  const plan = {
    checks: checks.map(({ key, rev }) => [at(key), String(rev)]),
    ops: operations.map(([command, key, ...args]) => [command, at(key), ...args.map(String)]),
  };
  const failed = Number(await redis.eval(SCRIPT, keys.length, ...keys, JSON.stringify(plan)));
  return checks[failed - 1] ?? null;
}

/** False where a check failed. */
export async function commit(redis: RedisClient, checks: Check[], operations: Operation[]): Promise<boolean> {
  return (await tryCommit(redis, checks, operations)) === null;
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
