import { type Message, note } from './message.ts';

/** What is said of a message's files and images where the chat did not take them. */
export function unsent({ blocks }: Message): Message {
  const names = blocks.flatMap((block) => (block.kind === 'file' || block.kind === 'image' ? [block.name] : []));
  return note(
    'warn',
    `The chat did not take ${names.join(' and ') || 'the file'}. Press the button again in a few minutes.`,
  );
}
