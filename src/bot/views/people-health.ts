import type { Span } from '../message/message.ts';
import { oneLine } from '../message/visible.ts';

/** How well a chat's people are known. Times are ms since 1970; null for never. */
export interface PeopleHealth {
  chat: string;
  /** How many accounts matter, and the oldest read of those that can be read. */
  count: number;
  readAt: number | null;
  /** `some`: memberships older than count for a decision; `all`: no other. */
  old: 'none' | 'some' | 'all';
  /** Why the chat could not be read to the end. */
  failing: { why: string; since: number } | null;
  unread: readonly { account: string; name: string | null; why: string; since: number }[];
}

/** More is one cause for all: the first say enough. */
const MAX_NAMED = 5;

type Value = [string, ...(Span | string)[]];

export function peopleEntries(
  { chat, count, readAt, old, failing, unread }: PeopleHealth,
  past: (time: number) => Span | string,
): Value[] {
  const read = readAt === null ? ['never all read'] : [`${count}, the oldest read `, past(readAt)];
  const late = old === 'none' ? [] : [' (too old to decide on)'];
  const fails = failing ? ['; cannot be read since ', past(failing.since), `: ${oneLine(failing.why)}`] : [];
  const named = failing ? [] : unread.slice(0, MAX_NAMED).map(nameOf);
  const more = unread.length > named.length ? [`and ${unread.length - named.length} more`] : [];
  return [
    [`People on ${chat}`, ...read, ...late, ...fails],
    ...(named.length === 0 ? [] : [[`Cannot read on ${chat}`, [...named, ...more].join('; ')] satisfies Value]),
  ];
}

function nameOf({ account, name, why }: PeopleHealth['unread'][number]): string {
  const id = account.slice(account.indexOf(':') + 1);
  return `${name === null ? id : `${oneLine(name)} (${id})`}: ${oneLine(why)}`;
}

/** What is not well with people, in a few words each. */
export function peopleTroubles(chats: readonly PeopleHealth[]): { cannotRead: string[]; but: string[]; ill: boolean } {
  const accounts = chats.reduce((sum, { failing, unread }) => sum + (failing ? 0 : unread.length), 0);
  const cannotRead = [
    ...chats.flatMap(({ chat, failing }) => (failing ? [`people on ${chat}`] : [])),
    ...(accounts === 0 ? [] : [accounts === 1 ? 'one account' : `${accounts} accounts`]),
  ];
  const lately = chats.filter(({ old, failing }) => old !== 'none' && !failing).map(({ chat }) => chat);
  return {
    cannotRead,
    but: lately.length === 0 ? [] : [`has not read everybody on ${lately.join(' and ')} lately`],
    ill: chats.some(({ old }) => old === 'all'),
  };
}
