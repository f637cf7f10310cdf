import { ago, type Span } from '../message/message.ts';
import { oneLine } from '../message/visible.ts';
import { capital } from './words.ts';

/** Times are ms since 1970 on Podwarden's clock; null for never. */
export interface ChatHealth {
  chat: string;
  isOpen: boolean;
  /** Since when no bot is connected. */
  shutAt: number | null;
  eventAt: number | null;
  postedAt: number | null;
  /** Since when posts fail, in the last failure's words; `isLong`: for so long that it is no hiccup. */
  failing: { since: number; why: string; isLong: boolean } | null;
  /** Since when it does not know Podwarden, and why. */
  disowned: { since: number; why: string } | null;
}

/** A channel of a room in which not all is allowed that we would do. */
export interface LackingRoom {
  room: string;
  chat: string;
  lacks: readonly { right: string; instead: string }[];
}

type Entry = [string, ...(Span | string)[]];

const at = (time: number | null): Span | string => (time === null ? 'never' : ago(time));

export function chatEntries(chats: readonly ChatHealth[], lacking: readonly LackingRoom[]): Entry[] {
  return [
    ...chats.map((one): Entry => {
      const { chat, eventAt, postedAt, failing } = one;
      const seen = ['; last event ', at(eventAt), ', last post ', at(postedAt)];
      return [capital(chat), ...stateText(one), ...seen, ...postsText(failing)];
    }),
    ...lacking.map(({ room, chat, lacks }): Entry => [`${room} on ${chat}`, lacks.map(lackText).join('; ')]),
  ];
}

/** What a bot that was killed has told counts for a while: no connection is one where the chat does not know us. */
function stateText({ chat, isOpen, shutAt, disowned }: ChatHealth): (Span | string)[] {
  const shut = ['NOT CONNECTED', ...(shutAt === null ? [] : [' since ', ago(shutAt)])];
  if (disowned === null) return isOpen ? ['connected'] : shut;
  const why = oneLine(disowned.why).replace(`${capital(chat)}: `, '');
  return [`does not know Podwarden: ${why}, since `, ago(disowned.since), ...(isOpen ? [] : ['; ', ...shut])];
}

const postsText = (failing: ChatHealth['failing']): (Span | string)[] =>
  failing === null ? [] : ['; posts fail since ', ago(failing.since), ` (${oneLine(failing.why)})`];

/** Nobody there is told anything. */
export const chatsAreIll = (chats: readonly ChatHealth[]): boolean =>
  chats.some(({ failing, disowned }) => failing?.isLong || disowned !== null);

const lackText = ({ right, instead }: LackingRoom['lacks'][number]) => `${oneLine(right)} is missing: ${instead}`;

/** What keeps the card from saying that all is well. */
export function chatTroubles(chats: readonly ChatHealth[], lacking: readonly LackingRoom[]): string[] {
  return [
    ...chats.filter(({ isOpen }) => !isOpen).map(({ chat }) => `${capital(chat)} is not connected`),
    ...(lacking.length > 0 ? ['a permission is missing in a channel'] : []),
  ];
}
