import { createContext, useContext } from 'react';
import type { Directory, Person } from '../../protocol.ts';

export type Theme = 'light' | 'dark';

/** Whose client this is, and what it shows. */
export interface Team {
  me: Person;
  myId: string;
  theme: Theme;
  directory: Directory;
}

const Context = createContext<Team | null>(null);
export const TeamProvider = Context.Provider;

export function useTeam(): Team {
  const team = useContext(Context);
  if (team === null) throw new Error('outside of the Slack pane');
  return team;
}

export const BOT = 'Podwarden';

/** A person's name by their user's id; null for the bot. */
export const nameOf = ({ users }: Directory, author: string | null): string | null =>
  author === null ? null : (users.find(({ id }) => id === author)?.name ?? author);
