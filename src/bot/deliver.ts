import type { Place } from '../policy/identity.ts';
import type { Row } from '../policy/ledger.ts';
import type { Cards } from '../store/cards.ts';
import type { Front, MessageRef, PostOptions } from './front.ts';
import type { Message } from './message/message.ts';
import { personOf } from './people.ts';
import type { Services } from './services.ts';
import { podCard, podLine } from './views/pod-card.ts';
import { podOfRow } from './views/words.ts';

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
      if (front) await this.tell(front, row, podCard(row, around), podLine(row, around), around.accounts);
      await this.services.ledger.told(row.id, row.rev);
      const now = await this.services.ledger.get(id);
      if (now?.rev === row.rev) return;
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
    line: ReturnType<typeof podLine>,
    accounts: readonly string[],
  ): Promise<void> {
    const at = `${row.home.chat} ${row.home.channel}`;
    const ref = await this.upsert(front, row.id, at, row.rev, row.home, message, { ping: [] });
    if (!line) return;
    const ping = accounts.filter((account) => account.startsWith(`${front.chat}:`));
    const thread = { of: ref, title: podOfRow(row) };
    await this.upsert(front, row.id, `${at} ${line.key}`, 1, row.home, line.message, { ping, thread });
  }

  private async upsert(
    front: Front,
    id: string,
    at: string,
    revision: number,
    to: Place,
    message: Message,
    options: Omit<PostOptions, 'marker'>,
  ): Promise<MessageRef> {
    const before = (await this.cards.get(id)).copies[at];
    if (before?.ref) {
      if (before.revision >= revision) return before.ref;
      await front.edit(before.ref, message);
      await this.cards.save(id, at, (now) => (now && now.revision >= revision ? null : { ...before, revision }));
      return before.ref;
    }
    const marker = before?.marker ?? this.services.newId();
    const found = before ? await front.find(to, { ...options, marker }) : null;
    if (!before) await this.cards.save(id, at, (now) => now ?? { ref: null, marker, revision: 0 });
    const ref = found ?? (await front.post(to, message, { ...options, marker }));
    // What was found may show an older revision: it is edited on the next round.
    const shown = found ? 0 : revision;
    await this.cards.save(id, at, () => ({ ref, marker, revision: shown }));
    if (found) return this.upsert(front, id, at, revision, to, message, options);
    return ref;
  }
}
