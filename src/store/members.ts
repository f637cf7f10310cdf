import { type AccountId, bare, chatOf } from '../policy/identity.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import {
  type KeptMember,
  keptMember,
  type Members,
  type PeoplePass,
  peoplePass,
  type ReadStamp,
  type UnreadAccount,
  type UnreadPeople,
  unreadAccount,
} from './shapes.ts';
import { readRecord } from './unreadable.ts';

export type ReadMember = Omit<KeptMember, 'readAt'>;

/** One read of several accounts of a chat. */
export interface MembersRead {
  stamp: ReadStamp;
  members: ReadonlyMap<AccountId, ReadMember>;
  /** Null where some of those who matter have never been read. */
  pass: PeoplePass | null;
  /** Accounts that matter to nobody any more. */
  dropped: readonly AccountId[];
}

const READS = key('people-reads');
const peopleKey = (chat: string) => key('people', chat);
const unreadKey = (chat: string) => key('people-unread', chat);
/** No account is called that: it holds what is known of all of them. */
const ALL = 'all';

/**
 * Each account stands in a field of its own, behind the number of the read that it comes from, and only a later read takes
 * its place: two bots, the refresh of all and live reads write at once. Gives nothing.
 */
const SCRIPT = `
local order = tonumber(ARGV[1])
local function before(account)
  local text = redis.call('HGET', KEYS[1], account)
  local read = text and tonumber(string.match(text, '^%d+'))
  return not read or read <= order
end
for account, text in pairs(cjson.decode(ARGV[2])) do
  if before(account) then redis.call('HSET', KEYS[1], account, ARGV[1] .. ' ' .. text) end
end
for _, account in ipairs(cjson.decode(ARGV[3])) do
  if before(account) then redis.call('HDEL', KEYS[1], account) end
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
  const pass = all === undefined ? null : await readRecord(redis, `people of ${chat}`, jsonIn(all), peoplePass);
  return { readAt: pass?.readAt ?? null, count: pass?.count ?? 0, accounts: Object.fromEntries(accounts) };
}

/** Null where it was never read, or does not read any more. */
export async function readKeptMember(redis: RedisClient, account: AccountId): Promise<KeptMember | null> {
  const text = await redis.hget(peopleKey(chatOf(account)), bare(account));
  return text === null ? null : readRecord(redis, `account ${bare(account)}`, jsonIn(text), keptMember);
}

const jsonIn = (text: string): string => text.slice(text.indexOf(' ') + 1);

export async function writeMembers(redis: RedisClient, chat: string, read: MembersRead): Promise<void> {
  const { order, at: readAt } = read.stamp;
  const facts = [...read.members].map(([account, one]) => [bare(account), JSON.stringify({ ...one, account, readAt })]);
  const given = Object.fromEntries([...facts, ...(read.pass ? [[ALL, JSON.stringify(read.pass)]] : [])]);
  const dropped = JSON.stringify(read.dropped.map(bare));
  await redis.eval(SCRIPT, 1, peopleKey(chat), String(order), JSON.stringify(given), dropped);
}

export async function readUnreadPeople(redis: RedisClient, chat: string): Promise<UnreadPeople> {
  const { [ALL]: all, ...rest } = await redis.hgetall(unreadKey(chat));
  const one = (account: string, text: string) => readRecord(redis, `unread account ${account}`, text, unreadAccount);
  const accounts = new Map<AccountId, UnreadAccount>();
  for (const [account, text] of Object.entries(rest)) {
    const read = await one(account, text);
    if (read) accounts.set(account, read);
  }
  return { chat: all === undefined ? null : await one(`${ALL} of ${chat}`, all), accounts };
}

export async function writeUnreadPeople(
  redis: RedisClient,
  chat: string,
  { chat: all, accounts }: UnreadPeople,
): Promise<void> {
  const fields = [...accounts, ...(all ? [[ALL, all] as const] : [])].map(
    ([account, one]) => [account, JSON.stringify(one)] as const,
  );
  const written = redis.multi().del(unreadKey(chat));
  if (fields.length > 0) written.hset(unreadKey(chat), Object.fromEntries(fields));
  await written.exec();
}
