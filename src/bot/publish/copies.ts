import type { Place } from '../../policy/identity.ts';
import { patience } from '../../policy/patience.ts';
import type { Cards } from '../../store/cards.ts';
import { ChatError } from '../failure.ts';
import { ChatUnavailable, type Front, MessageGone, type MessageRef, PlaceClosed, type PostOptions } from '../front.ts';
import type { Message } from '../message/message.ts';
import { besideThread } from '../views/no-place.ts';

const BEGUN_MS = 500;
/** A chat that does not know us is asked again this often: only people can change that. */
const DISOWNED_MS = 30_000;

/** One copy of one message, as it should be. */
export interface Wanted {
  /** Whose card it belongs to. */
  id: string;
  /** Where, and which of its messages there. */
  at: string;
  revision: number;
  to: Place;
  message: Message;
  options: Omit<PostOptions, 'marker'>;
}

/** An edit of an older state landed after a newer one: it is to be said again as it is now. */
export class Overtaken extends Error {}

/** Posts and edits copies. Each post is begun with a marker, so that a lost answer is found again. */
export class Copies {
  private readonly cards: Cards;
  private readonly newId: () => string;
  private readonly now: () => number;

  constructor(cards: Cards, newId: () => string, now: () => number) {
    this.cards = cards;
    this.newId = newId;
    this.now = now;
  }

  /** Where this copy was posted; null where it was not. */
  async ref(id: string, at: string): Promise<MessageRef | null> {
    return (await this.cards.get(id)).copies[at]?.ref ?? null;
  }

  /** Every copy of a card that was posted. */
  async slots(id: string): Promise<string[]> {
    const { copies } = await this.cards.get(id);
    return Object.entries(copies).flatMap(([at, { ref }]) => (ref === null ? [] : [at]));
  }

  /** True for the first who asks. */
  async once(id: string, at: string): Promise<boolean> {
    const marker = this.newId();
    const kept = await this.cards.save(id, at, (now) => (now ? null : { ref: true, marker, revision: 1 }));
    return kept?.marker === marker;
  }

  /**
   * Edits the copy that is there, or posts it; in the channel where its thread is closed. @throws ChatUnavailable to be tried
   * again, PlaceClosed where that would not help.
   */
  async upsert(front: Front, copy: Wanted): Promise<MessageRef> {
    try {
      return await this.keep(front, copy);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      switch (error.failure.kind) {
        case 'thread-closed':
          return this.besideThread(front, copy, error);
        case 'wait':
        case 'channel-closed':
        case 'right-missing':
        case 'message-gone':
        case 'person-unreachable':
          throw error;
        case 'disowned':
          throw new ChatUnavailable(error.message, DISOWNED_MS, error.code);
        default:
          throw await this.unexplained(copy, error);
      }
    }
  }

  /** What stands in a thread that is closed cannot be edited either. */
  private async besideThread(front: Front, copy: Wanted, error: ChatError): Promise<MessageRef> {
    const { id, at } = copy;
    const { thread, ...options } = copy.options;
    const posted = (await this.ref(id, at)) !== null;
    // The room's own channel is a thread.
    if (!thread && !posted) throw error;
    if (posted) await this.cards.forget(id, at);
    const message = thread ? besideThread(copy.message, thread.title) : copy.message;
    return this.upsert(front, { ...copy, message, options });
  }

  /** Tried for as long as it may pass, then closed: neither for ever, nor given up at the first word. */
  private async unexplained({ id, at }: Wanted, error: ChatError): Promise<ChatError> {
    const now = this.now();
    const kept = await this.cards.save(id, at, (before) =>
      before && before.refusedSince === undefined ? { ...before, refusedSince: now } : null,
    );
    const next = patience(kept?.refusedSince ?? now, now);
    if (next.kind === 'retry') return new ChatUnavailable(error.message, next.afterMs, error.code);
    return new PlaceClosed(`${error.message}, for 15 minutes`, { kind: 'channel-closed' }, error.code);
  }

  /** Two bots at once agree on one marker, and so on one message. */
  private async keep(front: Front, copy: Wanted): Promise<MessageRef> {
    const { id, at, revision, to, message, options } = copy;
    const before = (await this.cards.get(id)).copies[at];
    if (before?.ref) return this.edit(front, copy, before.ref, before.revision);
    const fresh = { ref: null, marker: this.newId(), revision: 0 };
    const begun = (await this.cards.save(id, at, (now) => (now ? null : fresh))) ?? fresh;
    if (begun.ref) return this.edit(front, copy, begun.ref, begun.revision);
    const { marker } = begun;
    // Another bot has just begun the same post: a moment later there is something to edit.
    if (!before && marker !== fresh.marker) throw new ChatUnavailable('another bot is posting this', BEGUN_MS);
    const found = before ? await front.find(to, { ...options, marker }) : null;
    const ref = found ?? (await front.post(to, message, { ...options, marker }));
    // What was found may show an older revision.
    const shown = found ? 0 : revision;
    const kept = await this.cards.save(id, at, (now) => (now?.ref ? null : { ref, marker, revision: shown }));
    return found && kept?.ref ? this.edit(front, copy, kept.ref, kept.revision) : (kept?.ref ?? ref);
  }

  private async edit(front: Front, copy: Wanted, ref: MessageRef, shown: number): Promise<MessageRef> {
    const { id, at, revision, message } = copy;
    if (shown >= revision) return ref;
    try {
      await front.edit(ref, message);
    } catch (error) {
      if (!(error instanceof MessageGone)) throw error;
      // Somebody deleted it: it is posted anew.
      await this.cards.forget(id, at);
      return this.upsert(front, copy);
    }
    const kept = await this.cards.save(id, at, (now) =>
      now && now.revision > revision ? null : now && { ref: now.ref, marker: now.marker, revision },
    );
    if (kept && kept.revision > revision) {
      await this.cards.save(id, at, (now) => now && { ...now, revision: 0 });
      throw new Overtaken();
    }
    return ref;
  }
}
