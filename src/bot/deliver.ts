import { chatOf, declaredFor, type Place } from '../policy/identity.ts';
import type { Row } from '../policy/ledger.ts';
import { giveAnswer } from './answers.ts';
import { type Copies, Overtaken } from './copies.ts';
import { type Front, PlaceClosed } from './front.ts';
import { type Message, plain, type Span } from './message/message.ts';
import type { Services } from './services.ts';
import { onlyForYou } from './views/no-place.ts';
import { type CardSurroundings, type Line, podCard, podLines } from './views/pod-card.ts';
import { podOfRow } from './views/words.ts';

/** More names than anybody reads above one card. */
const MAX_MENTIONS = 8;

/** Ends by itself within minutes: nobody needs a direct message for that. */
const PASSING: readonly Row['status'][] = ['requested', 'launching', 'settling', 'starting', 'stopping'];

/** Posts and edits what rows have to say. Each post is begun with a marker, so that a lost answer is found again. */
export class Deliver {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Services;
  private readonly copies: Copies;

  constructor(fronts: ReadonlyMap<string, Front>, services: Services, copies: Copies) {
    this.fronts = fronts;
    this.services = services;
    this.copies = copies;
  }

  /** Brings the card of a row up to the row as it is now, and adds the line that its ending asks for. */
  async row(id: string): Promise<void> {
    for (;;) {
      const row = await this.services.ledger.get(id);
      if (!row) return;
      const around = await this.surroundings(row);
      // A chat that was taken out of the settings is nobody to tell. A pod that was made elsewhere and has no card gets
      // none for its end: whoever asked for that hears it on the request's card.
      const silent =
        row.status === 'terminated' && row.spec === null && !(await this.copies.ref(row.id, spoken(row.home)));
      if (!silent && !(await this.everywhere(row, around))) continue;
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

  /** Where it was typed; what waits for a decision also in the room's other chats, where money may be shown. */
  private placesOf({ home, room, ask }: Row): Place[] {
    const channels = this.services.policy.rooms.find(({ name }) => name === room)?.channels ?? [];
    const others = channels.filter(({ chat, mirror, money }) => chat !== home.chat && mirror && money);
    return ask === null ? [home] : [home, ...others.map(({ chat, channel }) => ({ chat, channel }))];
  }

  /** False where another bot was at it too. @throws what a chat that is away says, after all were told. */
  private async everywhere(row: Row, around: CardSurroundings): Promise<boolean> {
    const places = this.placesOf(row).flatMap((place) => {
      const front = this.fronts.get(place.chat);
      return front ? [{ front, place }] : [];
    });
    const answers = await Promise.allSettled(places.map(({ front, place }) => this.told(front, place, row, around)));
    // One chat that is away is told later; the other knows by then.
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    return answers.every((answer) => answer.status === 'fulfilled' && answer.value);
  }

  /** False where another bot was at it too: once more, with the row as it is now. */
  private async told(front: Front, to: Place, row: Row, around: CardSurroundings): Promise<boolean> {
    try {
      // Who waits for it waits where it was typed.
      const lines = to === row.home ? podLines(row, around) : [];
      const { lead, ping, groups } = this.asked(front.chat, row);
      const card = { ...podCard(row, around), ...(lead.length > 0 ? { lead } : {}) };
      await this.tell(front, to, row, card, { ping, groups }, lines, [...around.accounts]);
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      if (!(error instanceof PlaceClosed)) throw error;
      // Nobody to tell there any more; saying it again every few seconds would not change that.
      this.services.log.warn({ row: row.id, error: error.message }, 'a card cannot be posted');
      if (to === row.home) await this.tellWhoAsked(row, around);
      return true;
    }
  }

  /** Where the card has no place any more, its person hears privately what became of the pod, once each. */
  private async tellWhoAsked(row: Row, around: CardSurroundings): Promise<void> {
    if (PASSING.includes(row.status)) return;
    const first = await this.copies.once(row.id, `${spoken(row.home)} private ${row.status}`);
    if (first) await this.services.tellPrivately(row.by.account, onlyForYou(podCard(row, around)));
  }

  /** Whoever keeps watch is called to a decision; not by those who asked for it. */
  private asked(chat: string, { status, by }: Row): { lead: Span[]; ping: string[]; groups: string[] } {
    if (status !== 'asking') return { lead: [], ping: [], groups: [] };
    const { watch, people } = this.services.policy;
    const named = people.filter(({ key }) => watch.ops.people.includes(key) && key !== by.person);
    const groups = watch.ops.groups.filter((group) => group.startsWith(`${chat}:`));
    const mentions: Span[] = [
      ...named.map(({ accounts, name }): Span => ({ kind: 'user', accounts, name })),
      ...groups.map((group): Span => ({ kind: 'group', groups: [group], name: 'approvers' })),
    ].slice(0, MAX_MENTIONS);
    return {
      lead: mentions.flatMap((one, i) => (i === 0 ? [one] : [plain(' '), one])),
      ping: named.flatMap(({ accounts }) => accounts.filter((account) => chatOf(account) === chat)),
      groups,
    };
  }

  private async surroundings(row: Row) {
    const person = declaredFor(row.by.account, this.services.policy.people);
    const catalogue = await this.services.snapshots.catalogue();
    const accounts = [...new Set([row.by.account, ...(person?.accounts ?? [])])];
    return { now: this.services.clocks.now(), catalogue: catalogue?.gpus ?? [], accounts };
  }

  private async tell(
    front: Front,
    to: Place,
    row: Row,
    message: Message,
    called: { ping: readonly string[]; groups: readonly string[] },
    lines: Line[],
    accounts: readonly string[],
  ): Promise<void> {
    const at = spoken(to);
    const ref = await this.copies.upsert(front, {
      id: row.id,
      at,
      revision: row.rev,
      to,
      message,
      options: called,
    });
    const ping = accounts.filter((account) => account.startsWith(`${front.chat}:`));
    const thread = { of: ref, title: podOfRow(row) };
    for (const { key, message: said } of lines) {
      const options = { ping, thread };
      await this.copies.upsert(front, { id: row.id, at: `${at} ${key}`, revision: 1, to, message: said, options });
    }
  }
}

const spoken = ({ chat, channel }: Place) => `${chat} ${channel}`;
