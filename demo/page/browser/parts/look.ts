import { useEffect } from 'react';
import type { ChatName } from '../../protocol.ts';

type Show = (post: string) => void;
const panes: Record<ChatName, Set<Show>> = { slack: new Set(), discord: new Set() };

/** Asks a chat's pane to open the channel or thread in which a message stands. */
export function lookAt(chat: ChatName, post: string): void {
  for (const show of panes[chat]) show(post);
}

/** `show` has to stay the same from one drawing to the next. */
export function useLook(chat: ChatName, show: Show): void {
  useEffect(() => {
    panes[chat].add(show);
    return () => {
      panes[chat].delete(show);
    };
  }, [chat, show]);
}
