import { useEffect, useState } from 'react';
import type { DiscordPost, Person } from '../../protocol.ts';
import { useValue } from '../store.ts';
import { mentions } from './names.ts';

export interface Unread {
  count: number;
  mentions: number;
}

/** What each channel has that the person did not see. Of the open one everything is seen. */
export function useUnread(me: Person, myId: string, posts: DiscordPost[], open: string | undefined) {
  const [seen, setSeen] = useState<Record<string, number>>({});
  const run = useValue('start')?.run;
  const keyOf = (channel: string) => `${run} ${me} ${channel}`;

  const openKey = open === undefined ? null : keyOf(open);
  const last = posts.findLast(({ channel }) => channel === open)?.order ?? -1;
  useEffect(() => {
    if (openKey !== null) setSeen((before) => ({ ...before, [openKey]: Math.max(last, before[openKey] ?? -1) }));
  }, [openKey, last]);

  return (channel: string): Unread => {
    if (channel === open) return { count: 0, mentions: 0 };
    const since = seen[keyOf(channel)] ?? -1;
    // What only I see came from what I did.
    const fresh = posts.filter(
      (post) => post.channel === channel && post.order > since && !post.onlyYou && post.author !== myId,
    );
    return { count: fresh.length, mentions: fresh.filter((post) => mentions(post, myId)).length };
  };
}
