import { createContext, useContext } from 'react';
import type { Directory, DiscordPost, Person } from '../../protocol.ts';

interface Names {
  me: Person;
  directory: Directory;
}

const NamesContext = createContext<Names | null>(null);
export const NamesProvider = NamesContext.Provider;

/** Who and what the ids in messages stand for. */
export function useNames() {
  const names = useContext(NamesContext);
  if (!names) throw new Error('outside of the Discord pane');
  const { me, directory } = names;
  return {
    me,
    myId: idOf(me, directory),
    bot: directory.bot,
    channels: directory.channels,
    /** Null for the bot and for whom nobody here knows. */
    person: (id: string | null) => directory.users.find((user) => user.id === id)?.name ?? null,
    channel: (id: string) => directory.channels.find((channel) => channel.id === id),
  };
}

export const BOT_NAME = 'Podwarden';

export const idOf = (person: Person, directory: Directory) =>
  directory.users.find(({ name }) => name === person)?.id ?? '';

export function mentions(post: DiscordPost, id: string): boolean {
  return post.content.includes(`<@${id}>`) || JSON.stringify(post.embeds).includes(`<@${id}>`);
}
