/**
 * What a chat's refusal means for whoever wanted to say something. The tables of each chat (`<chat>/failures.ts`) bring
 * every code that the platform documents down to one of these.
 */
export type Failure =
  /** The chat is away, or has had enough: the same call again, after `ms` where the chat said how long. */
  | { kind: 'wait'; ms: number | null }
  /** Nothing can be written in this thread; its channel may still take it. */
  | { kind: 'thread-closed' }
  /** Archived, deleted, read-only, or not a place for messages: nobody is reached there until somebody opens it. */
  | { kind: 'channel-closed' }
  /** The message, or the address of an answer, is gone or may not be edited any more: post anew. */
  | { kind: 'message-gone' }
  /** The place is there and people grant us too little; `right` as the platform names it, where it does. */
  | { kind: 'right-missing'; right: string | null }
  /** Nothing works in this chat until the configuration or the installation changes. */
  | { kind: 'disowned'; by: 'token' | 'app' | 'team' | 'server' }
  /** The same payload is refused again: say it more plainly. */
  | { kind: 'bad-payload' }
  /** Left, closed to direct messages, or never seen. */
  | { kind: 'person-unreachable' }
  /** Somebody else did it first: another bot, or an earlier try whose answer was lost. */
  | { kind: 'answered' }
  /** A code that nobody documents. `patience` says how long it is tried. */
  | { kind: 'unknown' };

/** What a call wanted to do: the same code means different things of a channel, a thread and a person. */
export type Attempted = 'channel' | 'thread' | 'edit' | 'person' | 'other';

/** A chat refused, or did not answer. What a front throws otherwise is an error of our own. */
export class ChatError extends Error {
  readonly failure: Failure;
  /** The platform's own code, for logs and for those who handle it by name; empty where there is none. */
  readonly code: string;

  constructor(message: string, failure: Failure, code = '') {
    super(message);
    this.failure = failure;
    this.code = code;
  }
}

/** Nothing works in this chat until people change something. */
export const isDisowned = (error: unknown): boolean => error instanceof ChatError && error.failure.kind === 'disowned';

const NETWORK = /^(UND_ERR|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOST|ENET)/;

/** A call that was cut, timed out, or never reached anybody. */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && NETWORK.test(code)) return true;
  return error.name === 'AbortError' || error.name === 'TimeoutError' || isNetworkError(error.cause);
}
