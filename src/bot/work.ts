import { z } from 'zod';
import { accountId, place } from '../policy/identity.ts';
import type { Command } from './commands/declare.ts';
import { UsageError } from './commands/parse.ts';
import type { IncomingBase, IncomingCommand, IncomingEvent } from './front.ts';
import { UNREADABLE } from './inbox-words.ts';
import { keyWarning, masked, maskedAnswers, parse } from './input.ts';
import { type Message, note } from './message/message.ts';
import { maskSecrets } from './secrets.ts';

/** `at`: when it was taken, real ms by the store's clock. It is signed with the rest, and what Redis says of its age is not. */
const base = { eventId: z.string(), account: accountId, name: z.string(), place, at: z.number() };
type About = Omit<IncomingBase, 'reply'> & { at: number };

/**
 * What an event asks for, once it is parsed and masked: what is written before the acknowledgement, and what another bot
 * can carry out. Addresses for answers are kept apart, and expire.
 */
export const work = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('command'), command: z.string(), args: z.record(z.string(), z.unknown()) }),
  z.object({ ...base, kind: z.literal('click'), token: z.string(), label: z.string().nullable() }),
  z.object({
    ...base,
    kind: z.literal('submit'),
    token: z.string(),
    answers: z.record(z.string(), z.array(z.string())),
    kept: z.string().nullable(),
  }),
  /** All that is owed is an answer. */
  z.object({ ...base, kind: z.literal('answer'), message: z.custom<Message>() }),
]);
export type Work = z.infer<typeof work>;
export type WorkOf<K extends Work['kind']> = Extract<Work, { kind: K }>;

/** What to do now, and what is written of it: the same but for secrets, which are not written. */
export interface ReadEvent {
  now: Work;
  written: Work;
}

export function readEvent(event: IncomingEvent, at: number): ReadEvent {
  const { eventId, account, name, place } = event.incoming;
  const about = { eventId, account, name: maskSecrets(name).text, place, at };
  if (event.kind === 'command') return readCommand(event.incoming, about);
  if (event.kind === 'hint') return same({ ...about, kind: 'answer', message: event.message });
  if (event.kind === 'click') {
    const { token, label } = event.incoming;
    return same({ ...about, kind: 'click', token, label });
  }
  const { token, answers, kept } = event.incoming;
  return same({ ...about, kind: 'submit', token, answers: maskedAnswers(answers), kept });
}

const same = (what: Work): ReadEvent => ({ now: what, written: what });

function readCommand(incoming: IncomingCommand, about: About): ReadEvent {
  const { input, secret } = masked(incoming.input);
  if (secret) return same({ ...about, kind: 'answer', message: keyWarning(secret) });
  try {
    const { command, args } = parse(input);
    const now: Work = { ...about, kind: 'command', command: command.name, args };
    return holdsSecret(command, args)
      ? { now, written: { ...about, kind: 'answer', message: again(command) } }
      : same(now);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return same({ ...about, kind: 'answer', message: note('warn', error.message) });
  }
}

const holdsSecret = ({ secret = [] }: Command, args: Record<string, unknown>) =>
  secret.some((name) => args[name] !== undefined && args[name] !== '');

const again = ({ name }: Command) =>
  note(
    'warn',
    `Podwarden restarted while it read your /pod ${name}, and does not keep codes. Get a new one with /pod ${name}.`,
  );

/** What a bot of another release wrote is answered, as far as it says by whom it was. */
export function workOf({ id, body }: { id: string; body: unknown }, at: number): Work {
  const read = work.safeParse(body);
  if (read.success) return read.data;
  const about = z
    .object({ account: z.string().catch(''), name: z.string().catch('') })
    .catch({ account: '', name: '' });
  const place = { chat: '', channel: '' };
  return { ...about.parse(body), kind: 'answer', eventId: id, place, at, message: note('warn', UNREADABLE) };
}
