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
