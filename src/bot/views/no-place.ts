import { type Message, note, text } from '../message/message.ts';

/** A card for one person alone, since its channel does not take it. */
export function onlyForYou(card: Message): Message {
  const why = text('Only you see this: I can’t post in the channel. Ask an admin to let me post there again.');
  return { ...card, blocks: [...card.blocks, why] };
}

/** For whoever asks to terminate pods where nobody can be asked. */
export function nobodyToAsk(pods: string, room: string): Message {
  return note(
    'warn',
    `I can’t ask anyone to approve your request to terminate ${pods}: no channel of the room ${room} lets me post. Ask an admin to let me post there again; the request appears as soon as they do.`,
  );
}

/** What belongs in a thread that is closed, for its channel; a line says whose thread that was. */
export function besideThread(message: Message, thread: string): Message {
  const why = text('Posted here because I can’t post in its thread.');
  return { ...message, title: message.title ?? thread, blocks: [...message.blocks, why] };
}
