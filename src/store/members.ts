import { z } from 'zod';
import { type AccountId, bare } from '../policy/identity.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { type KeptMember, keptMember, type Members, type ReadStamp } from './shapes.ts';
import { readRecord } from './unreadable.ts';

export type ReadMember = Omit<KeptMember, 'readAt'>;

const READS = key('people-reads');
const peopleKey = (chat: string) => key('people', chat);
/** No account is called that: it holds which full read the list stands on. */
const ALL = 'all';

const fullRead = z.object({ readAt: z.number() });

/**
 * Each account stands in a field of its own, behind the number of the read that it comes from, and only a later read takes
 * its place: two bots, the refresh of all and live reads write at once. Gives nothing.
 */
const SCRIPT = `
local order = tonumber(ARGV[1])
local given = cjson.decode(ARGV[3])
local function before(text) return not text or tonumber(string.match(text, '^%d+')) <= order end
if ARGV[2] ~= '' then
  if not before(redis.call('HGET', KEYS[1], '${ALL}')) then return end
  local stored = redis.call('HGETALL', KEYS[1])
  for i = 1, #stored, 2 do
    if stored[i] ~= '${ALL}' and not given[stored[i]] and before(stored[i + 1]) then
      redis.call('HDEL', KEYS[1], stored[i])
    end
  end
  redis.call('HSET', KEYS[1], '${ALL}', ARGV[1] .. ' ' .. ARGV[2])
end
for account, text in pairs(given) do
  if before(redis.call('HGET', KEYS[1], account)) then
    redis.call('HSET', KEYS[1], account, ARGV[1] .. ' ' .. text)
  end
end`;

/** To be called before the chat is asked: reads that begin later win, whatever any machine's clock says. */
export async function beginRead(redis: RedisClient, now: number): Promise<ReadStamp> {
  return { order: await redis.incr(READS), at: now };
}

export async function readMembers(redis: RedisClient, chat: string): Promise<Members> {
  const { [ALL]: all, ...rest } = await redis.hgetall(peopleKey(chat));
  const kept = await Promise.all(
    Object.entries(rest).map(([account, text]) => readRecord(redis, `account ${account}`, jsonIn(text), keptMember)),
  );
  const accounts = kept.flatMap((member) => (member ? [[member.account, member] as const] : []));
  const readAt = all === undefined ? null : fullRead.parse(JSON.parse(jsonIn(all))).readAt;
  return { readAt, accounts: Object.fromEntries(accounts) };
}

const jsonIn = (text: string): string => text.slice(text.indexOf(' ') + 1);

/** `whole`: whoever is not among them is no longer shown by the chat, and dropped. */
export async function writeMembers(
  redis: RedisClient,
  chat: string,
  stamp: ReadStamp,
  members: ReadonlyMap<AccountId, ReadMember>,
  whole: boolean,
): Promise<void> {
  const { order, at: readAt } = stamp;
  const fields = [...members].map(([account, facts]) => [bare(account), JSON.stringify({ ...facts, account, readAt })]);
  const all = whole ? JSON.stringify({ readAt }) : '';
  await redis.eval(SCRIPT, 1, peopleKey(chat), String(order), all, JSON.stringify(Object.fromEntries(fields)));
}
