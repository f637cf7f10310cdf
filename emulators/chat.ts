import { setTimeout as pause } from 'node:timers/promises';
import type { ChatEvent } from './events.ts';
import type { HttpAnswer } from './http.ts';

/** One message as people see it, for dialogues and tests. */
export interface Seen {
  id: string;
  /** The channel's name; a thread has that of the channel it hangs on. Null for direct messages. */
  channel: string | null;
  thread: boolean;
  /** Who wrote it; null for the bot. */
  author: string | null;
  /** Only this person sees it; null for everybody in the channel. */
  onlyFor: string | null;
  /** What a person reads: title, paragraphs, `label: value`, table rows, file names. No button labels. */
  text: string;
  buttons: SeenButton[];
  /** Positions on one line of time that both chats share. */
  posted: number;
  changed: number;
}

export interface SeenButton {
  label: string;
  /** What identifies it to the platform. */
  id: string;
  /** The dialog that the platform itself asks before it clicks. */
  dialog: string | null;
}

export interface SeenField {
  id: string;
  label: string;
  kind: 'text' | 'choice' | 'choices';
  choices: { label: string; value: string }[];
  value: string[];
  /** What stands below the label. */
  hint: string | null;
  required: boolean;
  /** A text of several lines. */
  long: boolean;
  /** Characters of a text, or choices at once; null where the platform sets no bound. */
  atMost: number | null;
  /** Why the last submission was refused. */
  problem: string | null;
}

export interface SeenForm {
  id: string;
  title: string;
  fields: SeenField[];
  opened: number;
  /** When it was opened, or last got errors. */
  changed: number;
}

/** The platform refused in the person's own client, before anything was sent. */
export class ClientRefused extends Error {}
/** The bot did not acknowledge within the platform's three seconds. */
export class NotAcknowledged extends Error {}

export type ChatTrouble =
  | { kind: 'down' }
  | { kind: 'slow'; ms: number }
  | { kind: '429'; seconds: number }
  /** A proxy answers with a page of its own. */
  | { kind: 'html'; status: number }
  /** Connections are reset without an answer. */
  | { kind: 'reset' }
  /** These calls are refused with this code of the platform. */
  | { kind: 'error'; code: string; at: string[] };

export interface ChatFaults {
  mode: ChatTrouble | null;
  redeliver: boolean;
}

/** One chat platform as its users see it. */
export interface ChatEmulator {
  readonly chat: string;
  faults: ChatFaults;
  /** What people did, with what came back, in its order. */
  readonly events: readonly ChatEvent[];
  /** Everything that this person can see; for null, what anybody sees. */
  visibleTo(person: string | null): Seen[];
  /** Resolves when the bot acknowledged. @throws ClientRefused, NotAcknowledged */
  command(person: string, channel: string, typed: string): Promise<void>;
  press(person: string, message: Pick<Seen, 'id'>, button: Pick<SeenButton, 'id' | 'label'>): Promise<void>;
  /** The person's newest open form. */
  form(person: string): SeenForm | null;
  submit(person: string, form: SeenForm): Promise<void>;
  /** The person closes a form; the bot is not told. */
  dismiss(person: string, form: Pick<SeenForm, 'id'>): void;
  /**
   * Somebody writes a message; `@Podwarden` in it names the bot. In a thread where `under` is the message that it hangs on, or one
   * in it. @throws ClientRefused
   */
  say(person: string, channel: string, text: string, under: Pick<Seen, 'id'> | null): Promise<void>;
  /** Asks the bot to connect anew, as the platforms do. */
  disconnect(): void;
  /** The connection breaks without a word. */
  cut(): void;
  /** Bots that are connected and get events. */
  connections(): number;
  inFlight(): number;
  /** Bodies that broke a rule of the platform. Empty is the only good value. */
  violations: string[];
  close(): Promise<void>;
}

/** How a person names the bot in what they write. */
export const BOT_NAME = /(?<![\w.])@podwarden\b/i;

/** One counter for both chats, so that "since the last step" means the same in each. */
export class Timeline {
  private at = 0;

  next(): number {
    this.at += 1;
    return this.at;
  }

  now(): number {
    return this.at;
  }

  /** Goes on where an earlier run ended. */
  goOnFrom(at: number): void {
    this.at = at;
  }
}

export const ACK_MS = 3000;

const PROXY_PAGE = '<html><head><title>Blocked</title></head><body>This request was blocked.</body></html>';

/** Its button is off until the answer is there. */
export async function sending<T>(form: { isSending?: boolean }, answer: Promise<T>): Promise<T> {
  form.isSending = true;
  return answer.finally(() => {
    form.isSending = false;
  });
}

/** What the fault switches do to an ordinary call: an answer instead of the real one, or null. */
export async function faulted({ mode }: ChatFaults): Promise<{ status: number; retryAfter?: number } | HttpEnd | null> {
  switch (mode?.kind) {
    case 'down':
      return { status: 503 };
    case '429':
      return { status: 429, retryAfter: mode.seconds };
    case 'html':
      return { end: { status: mode.status, headers: { 'content-type': 'text/html' }, body: PROXY_PAGE } };
    case 'reset':
      return { end: 'drop' };
    case 'slow':
      await pause(mode.ms);
  }
  return null;
}

/** An answer that is none of the platform's. */
interface HttpEnd {
  end: HttpAnswer | 'drop';
}

/** The code with which a call is refused that is any of these things; null for one that is not. */
export function refusedAs({ mode }: ChatFaults, doing: readonly string[]): string | null {
  return mode?.kind === 'error' && mode.at.some((what) => doing.includes(what)) ? mode.code : null;
}

/** A code of an outage is an HTTP status, and no code of the platform's. */
export const isHttpStatus = (code: string): boolean => /^[45]\d\d$/.test(code);

/** Waits for an acknowledgement; false after the platform's time. */
export function withinAckTime(acknowledged: Promise<void>): Promise<boolean> {
  return Promise.race([acknowledged.then(() => true), pause(ACK_MS).then(() => false)]);
}
