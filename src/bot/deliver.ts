import type { Place } from '../policy/identity.ts';
import type { Row } from '../policy/ledger.ts';
import type { Cards } from '../store/cards.ts';
import { giveAnswer } from './answers.ts';
import { ChatUnavailable, type Front, MessageGone, type MessageRef, PlaceClosed, type PostOptions } from './front.ts';
import type { Message } from './message/message.ts';
import { personOf } from './people.ts';
import type { Services } from './services.ts';
import { type CardSurroundings, type Line, podCard, podLines } from './views/pod-card.ts';
import { podOfRow } from './views/words.ts';

const BEGUN_MS = 500;

/** Posts and edits what rows have to say. Each post is begun with a marker, so that a lost answer is found again. */
export class Deliver {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Services;
  private readonly cards: Cards;

  constructor(fronts: ReadonlyMap<string, Front>, services: Services, cards: Cards) {
    this.fronts = fronts;
    this.services = services;
    this.cards = cards;
  }

  /** Brings the card of a row up to the row as it is now, and adds the line that its ending asks for. */
  async row(id: string): Promise<void> {
    for (;;) {
      const row = await this.services.ledger.get(id);
      if (!row) return;
      const around = await this.surroundings(row);
      const front = this.fronts.get(row.home.chat);
      // A chat that was taken out of the settings is nobody to tell.
      if (front && !(await this.told(front, row, around))) continue;
      await this.answerTask(row, around);
      await this.services.ledger.told(row.id, row.rev);
      const now = await this.services.ledger.get(id);
      if (now?.rev === row.rev) return;
    }
  }

  /** Whoever pressed Stop or Start away from the card hears privately how it ended; once, since the answer is then gone. */
  private async answerTask(row: Row, around: CardSurroundings): Promise<void> {
    const { task } = row;
    const { replies } = this.services;
    if (!task || task.state === 'open' || task.reply === null || !(await replies.get(task.reply))) return;
    await replies.fill(task.reply, { view: 'message', message: podCard(row, around) });
    await giveAnswer(task.reply, replies, this.fronts);
  }

  /** False where another bot was at it too: once more, with the row as it is now. */
  private async told(front: Front, row: Row, around: CardSurroundings): Promise<boolean> {
    try {
      await this.tell(front, row, podCard(row, around), podLines(row, around), [...around.accounts]);
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      if (!(error instanceof PlaceClosed)) throw error;
      // Nobody to tell there any more; saying it again every few seconds would not change that.
      this.services.log.warn({ row: row.id, error: error.message }, 'a card cannot be posted');
      return true;
    }
  }

  private async surroundings(row: Row) {
    const person = personOf(row.by.account, this.services.policy);
    const catalogue = await this.services.snapshots.catalogue();
    const accounts = [...new Set([row.by.account, ...(person?.accounts ?? [])])];
    return { now: this.services.clocks.now(), catalogue: catalogue?.gpus ?? [], accounts };
  }

  private async tell(
    front: Front,
    row: Row,
    message: Message,
    lines: Line[],
    accounts: readonly string[],
  ): Promise<void> {
    const at = `${row.home.chat} ${row.home.channel}`;
    const to = row.home;
    const ref = await this.upsert(front, { id: row.id, at, revision: row.rev, to, message, options: { ping: [] } });
    const ping = accounts.filter((account) => account.startsWith(`${front.chat}:`));
    const thread = { of: ref, title: podOfRow(row) };
    for (const { key, message: said } of lines) {
      const options = { ping, thread };
      await this.upsert(front, { id: row.id, at: `${at} ${key}`, revision: 1, to, message: said, options });
    }
  }

  /** Edits the copy that is there, or posts it. Two bots at once agree on one marker, and so on one message. */
  private async upsert(front: Front, copy: Wanted): Promise<MessageRef> {
    const { id, at, revision, to, message, options } = copy;
    const before = (await this.cards.get(id)).copies[at];
    if (before?.ref) return this.edit(front, copy, before.ref, before.revision);
    const fresh = { ref: null, marker: this.services.newId(), revision: 0 };
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

  /** An edit that was overtaken by a newer one is said again as it is now: it may have landed last. */
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
      now && now.revision > revision ? null : now && { ...now, revision },
    );
    if (kept && kept.revision > revision) {
      await this.cards.save(id, at, (now) => now && { ...now, revision: 0 });
      throw new Overtaken();
    }
    return ref;
  }
}

/** One copy of one message, as it should be. */
interface Wanted {
  id: string;
  at: string;
  revision: number;
  to: Place;
  message: Message;
  options: Omit<PostOptions, 'marker'>;
}

class Overtaken extends Error {}
