import type { IncomingCommand, IncomingEvent, IncomingSuggest } from './front.ts';
import { type Answers, type FormProblem, MAX_ANSWER } from './message/form.ts';
import { type Message, note } from './message/message.ts';
import { Rate } from './rate.ts';

/** Of a text command, of each value of one with options, and of what is completed. */
export const MAX_TYPED = 2000;
/** Of one account in one chat. Nobody's hands are that fast; whoever stops or approves many pods stays far below. */
const EVENTS = { burst: 60, everyMs: 500 };
/** Clients ask at every key. */
const SUGGESTIONS = { burst: 100, everyMs: 100 };
/** Between two answers that say so to the same person. */
const TELL_MS = 60_000;
/** Of what somebody was refused, or typed without any right, so much goes into the audit log, which is kept for good. */
const ENTRY_MS = 3_600_000;

/** `dropped`: too fast, and told so already within the minute; `message` is for a chat that waits for an answer. */
export type Refused = { message: Message; dropped: boolean };

/** What comes before everything else is done with an event: nobody stops a bot by typing. In memory, without the store. */
export class Admission {
  private readonly events = new Rate(EVENTS.burst, EVENTS.everyMs);
  private readonly suggestions = new Rate(SUGGESTIONS.burst, SUGGESTIONS.everyMs);
  private readonly told = new Rate(1, TELL_MS);
  private readonly entries = new Rate(1, ENTRY_MS);

  /** Null where it may go on. `now` is real time. */
  refuse(event: IncomingEvent['incoming'], now: number): Refused | null {
    const { account } = event;
    if (!this.events.take(account, now)) {
      return { message: note('warn', TOO_FAST), dropped: !this.told.take(account, now) };
    }
    const length = 'input' in event ? lengthOf(event.input) : 0;
    if (length <= MAX_TYPED) return null;
    const message = note('warn', `That is ${length} characters; a command has at most ${MAX_TYPED}. Shorten it.`);
    return { message, dropped: false };
  }

  suggests({ account, text }: IncomingSuggest, now: number): boolean {
    return text.length <= MAX_TYPED && this.suggestions.take(account, now);
  }

  /** Whether what this person was refused is worth an entry now. */
  logsRefusal(account: string, now: number): boolean {
    return this.entries.take(account, now);
  }
}

export const TOO_FAST =
  'That was too fast: more than 60 commands and clicks at once. This one was not carried out, and neither are others until you slow down. Try again in half a minute.';

/** The longest part: values of options are judged one by one. */
function lengthOf(input: IncomingCommand['input']): number {
  if (input.kind === 'text') return input.text.length;
  return Math.max(0, ...Object.values(input.values).map((value) => (typeof value === 'string' ? value.length : 0)));
}

/** Answers beyond what their fields hold: a client may send more than its form takes. */
export function overlong(answers: Answers): FormProblem[] {
  return Object.entries(answers)
    .filter(([, values]) => values.some((value) => value.length > MAX_ANSWER))
    .map(([field]) => ({ field, problem: `This has at most ${MAX_ANSWER} characters.` }));
}
