import { type Message, note, text } from '../message/message.ts';
import { plainText } from '../message/plain-text.ts';

/** What each chat takes as one paragraph. */
const PLAIN_LIMIT = 1800;

/** A card for where it does not belong, since its own channel does not take it. */
export function insteadOf(card: Message): Message {
  const why = text('Shown here because I can’t post in its channel. Ask an admin to let me post there again.');
  return { ...card, blocks: [...card.blocks, why] };
}

/** The same card once its own channel has it again. */
export function besideOf(card: Message): Message {
  return { ...card, blocks: [...card.blocks, text('I can post in its channel again: the card is there, too.')] };
}

/** What belongs in a thread that is closed, for its channel; a line says whose thread that was. */
export function besideThread(message: Message, thread: string): Message {
  const why = text('Posted here because I can’t post in its thread.');
  return { ...message, title: message.title ?? thread, blocks: [...message.blocks, why] };
}

/** What a card says, for a chat that does not take it as it is: without buttons, pictures and files. */
export function plainly(message: Message): Message {
  const why =
    'Shown without its buttons because the chat did not take the card. Tell an admin: the bot’s log says why.';
  return note(message.tone, plainText(message, PLAIN_LIMIT), why);
}
