import type { Log } from '../../jobs/ports.ts';
import type { Place } from '../../policy/identity.ts';
import { patience } from '../../policy/patience.ts';
import type { Cards, Copy } from '../../store/cards.ts';
import { ChatError } from '../failure.ts';
import { ChatUnavailable, type Front, MessageGone, type MessageRef, PlaceClosed, type PostOptions } from '../front.ts';
import type { Message } from '../message/message.ts';
import { uncalled } from '../message/uncalled.ts';
import { besideThread, plainly } from '../views/no-place.ts';

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
  /** Its card was refused, and this says the same in words alone. */
  isPlain?: true;
}

/** An edit of an older state landed after a newer one: it is to be said again as it is now. */
export class Overtaken extends Error {}

/** Posts and edits copies. Each post is begun with a marker, so that a lost answer is found again. */
export class Copies {
  private readonly cards: Cards;
  private readonly newId: () => string;
  private readonly now: () => number;
  private readonly log: Pick<Log, 'warn' | 'error'>;

  constructor(cards: Cards, newId: () => string, now: () => number, log: Pick<Log, 'warn' | 'error'>) {
    this.cards = cards;
    this.newId = newId;
    this.now = now;
    this.log = log;
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

  /** Whether it stands in the channel, since its thread did not take it. */
  async isBesideThread(id: string, at: string): Promise<boolean> {
    return (await this.cards.get(id)).copies[at]?.besideThread === true;
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
        case 'bad-payload':
          return this.plainly(front, copy, error);
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
    const posted = (await this.cards.get(id)).copies[at];
    // The room's own channel is a thread.
    if (!thread && !posted?.ref) throw error;
    if (posted?.ref) await this.discard(front, copy, posted);
    const message = thread ? besideThread(copy.message, thread.title) : copy.message;
    const ref = await this.upsert(front, { ...copy, message, options });
    if (thread) await this.cards.save(id, at, (now) => now && { ...now, besideThread: true });
    return ref;
  }

  /** A card that the chat does not take says what it says in words alone. */
  private async plainly(front: Front, copy: Wanted, error: ChatError): Promise<MessageRef> {
    if (copy.isPlain) throw await this.unexplained(copy, error);
    this.log.error({ card: copy.id, at: copy.at, error: error.message }, 'a chat takes a card only as plain text');
    return this.upsert(front, { ...copy, message: plainly(copy.message), isPlain: true });
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
    const { [at]: before, [anewOf(at)]: anew } = (await this.cards.get(id)).copies;
    if (before?.ref) return this.edit(front, copy, before);
    const fresh = { ref: null, marker: this.newId(), revision: 0 };
    const begun = (await this.cards.save(id, at, (now) => (now ? null : fresh))) ?? fresh;
    if (begun.ref) return this.edit(front, copy, begun);
    const { marker } = begun;
    // Another bot has just begun the same post: a moment later there is something to edit.
    if (!before && marker !== fresh.marker) throw new ChatUnavailable('another bot is posting this', BEGUN_MS);
    const found = before ? await front.find(to, { ...options, marker }) : null;
    const said = anew ? { message: uncalled(message), options: { ...options, ping: [], groups: [] } } : copy;
    const ref = found ?? (await front.post(to, said.message, { ...said.options, marker }));
    // What was found may show an older revision.
    const shown = found ? 0 : revision;
    const kept = await this.cards.save(id, at, (now) => (now?.ref ? null : { ref, marker, revision: shown }));
    return found && kept?.ref ? this.edit(front, copy, kept) : (kept?.ref ?? ref);
  }

  /** It is posted anew, and nobody is to press what the old one offers. */
  private async discard(front: Front, { id, at }: Wanted, old: Copy): Promise<void> {
    await front
      .remove(old.ref)
      .catch((why: Error) => this.log.warn({ card: id, error: why.message }, 'an old card stays'));
    await this.once(id, anewOf(at));
    await this.cards.forget(id, at, old);
  }

  private async edit(front: Front, copy: Wanted, shown: Copy): Promise<MessageRef> {
    const { id, at, revision } = copy;
    const { ref } = shown;
    if (shown.revision >= revision) return ref;
    try {
      await front.edit(ref, asShown(copy, shown));
    } catch (error) {
      if (!(error instanceof MessageGone)) throw error;
      // Somebody deleted it, or it may not be edited.
      await this.discard(front, copy, shown);
      return this.upsert(front, copy);
    }
    const kept = await this.cards.save(id, at, (now) =>
      now && now.revision > revision ? null : now && { ...explained(now), revision },
    );
    if (kept && kept.revision > revision) {
      await this.cards.save(id, at, (now) => now && { ...now, revision: 0 });
      throw new Overtaken();
    }
    return ref;
  }
}

/** Whether that copy was posted before: an edit calls nobody, and so does what stands in for one. */
const anewOf = (at: string): string => `anew ${at}`;

/** What went through once needs no more patience. */
const explained = ({ refusedSince: _, ...rest }: Copy): Copy => rest;

/** In the channel it goes on to say why it stands there. */
function asShown({ message, options }: Wanted, { besideThread: isBeside }: Copy): Message {
  return isBeside && options.thread ? besideThread(message, options.thread.title) : message;
}
