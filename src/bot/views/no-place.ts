import { type Message, text } from '../message/message.ts';

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
