import { setTimeout as pause } from 'node:timers/promises';
import type { Front } from '../bot/front.ts';
import { Reasons } from '../bot/reasons.ts';
import type { Log } from '../jobs/ports.ts';

/** Between tries to start a chat that refused us: only people can change that. Real ms. */
const AGAIN_MS = 60_000;

/** `onKnown`: the chat does not know us (`reason`), or does again (null). */
export type FrontMaker = (onKnown: (reason: string | null) => void) => Front;

interface Chat {
  make: FrontMaker;
  reasons: Reasons;
  /** Of the front that is there now: what an earlier one said is over with it. */
  cause: string;
}

/**
 * Starts each chat by itself. One that is away waits inside of its start. One that refuses us is told of, and tried again
 * with a front of its own for as long as another chat may be up: a token that died in one chat makes nobody deaf in the other.
 */
export class ChatStarts {
  private readonly chats = new Map<string, Chat>();
  private readonly made = new Map<string, Front>();
  private readonly log: Log;
  private readonly againMs: number;
  private readonly ending = new AbortController();
  private tries = 0;

  constructor(
    makers: ReadonlyMap<string, FrontMaker>,
    onKnown: (chat: string, reason: string | null) => void,
    log: Log,
    againMs = AGAIN_MS,
  ) {
    this.log = log;
    this.againMs = againMs;
    for (const [chat, make] of makers) {
      this.chats.set(chat, { make, reasons: new Reasons((reason) => onKnown(chat, reason)), cause: '' });
      this.makeFront(chat);
    }
  }

  /** By chat; a chat that is tried again gets another one. */
  get fronts(): ReadonlyMap<string, Front> {
    return this.made;
  }

  /**
   * Resolves once one chat is up, and the others are too, or have refused us, or took longer than `patienceMs`. @throws what
   * the chats said where all of them refuse us.
   */
  async begin(start: (front: Front) => Promise<void>, patienceMs: number): Promise<void> {
    const firsts = [...this.chats.keys()].map((chat) => ({ chat, first: this.tryOnce(chat, start) }));
    const all = firsts.map(({ first }) => first);
    // At once: how long another one stays away, nobody knows.
    const ups = firsts.map(({ chat, first }) => first.catch((error: Error) => this.keepTrying(chat, start, error)));
    await Promise.race([Promise.any(all), ...ups]).catch(({ errors }: AggregateError) => {
      this.close();
      throw errors.length === 1 ? errors[0] : new Error(errors.map(({ message }: Error) => message).join('; '));
    });
    const { signal } = this.ending;
    await Promise.race([Promise.allSettled(all), pause(patienceMs, undefined, { signal }).catch(() => {})]);
  }

  close(): void {
    this.ending.abort();
  }

  private makeFront(chat: string): void {
    const known = this.chats.get(chat);
    if (!known) return;
    const cause = `front ${++this.tries}`;
    known.reasons.told(known.cause, null);
    known.cause = cause;
    this.made.set(
      chat,
      known.make((reason) => {
        // The answer to a call of one that was given up may come late.
        if (known.cause === cause) known.reasons.told(cause, reason);
      }),
    );
  }

  private async tryOnce(chat: string, start: (front: Front) => Promise<void>): Promise<void> {
    const front = this.made.get(chat);
    const known = this.chats.get(chat);
    if (!front || !known) return;
    try {
      await start(front);
      known.reasons.told('start', null);
    } catch (error) {
      // Where there is one chat, whoever started us reads it.
      if (this.chats.size > 1) known.reasons.told('start', (error as Error).message);
      throw error;
    }
  }

  private async keepTrying(chat: string, start: (front: Front) => Promise<void>, first: Error): Promise<void> {
    const { signal } = this.ending;
    for (let error: Error | null = first; error; ) {
      this.log.error(
        { chat, error: error.message },
        'the chat refuses us: it is tried again for as long as another one may be up',
      );
      await pause(this.againMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.made
        .get(chat)
        ?.stop()
        .catch(() => {});
      this.makeFront(chat);
      error = await this.tryOnce(chat, start).then(
        () => null,
        (again: Error) => again,
      );
    }
  }
}
