import { type AccountId, accountsOf, bare, chatOf, type PersonRef, type Place } from '../../policy/identity.ts';
import { ChatError } from '../failure.ts';
import { ChatUnavailable, type Front, type MessageRef, PlaceClosed } from '../front.ts';
import type { Services } from '../services.ts';
import { besideOf, insteadOf } from '../views/no-place.ts';
import { peopleNamed } from './addressees.ts';
import type { ClosedPlaces } from './closed-places.ts';
import { type Copies, Overtaken } from './copies.ts';
import type { Part, Publication } from './publication.ts';

/** What nobody can be told is tried again this often: people have to open a channel first. */
const UNSEEN_AGAIN_MS = 5 * 60_000;

/** What a lower step shows: the card alone, which says why it stands there. */
type Shown = Pick<Publication, 'id' | 'revision' | 'card'>;
type Outcome = { kind: 'shown' } | { kind: 'closed'; error: ChatError } | { kind: 'failed'; error: unknown };

/**
 * Shows records where they belong, as they are now, and goes down a ladder where a place does not take them: the thread,
 * its channel, elsewhere in the room, a direct message to whom it concerns, a direct message to whoever keeps watch. What
 * was shown on a lower step is kept up there; every revision tries the upper ones again.
 */
export class Publisher {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Pick<Services, 'policy' | 'links' | 'log'>;
  private readonly copies: Copies;
  private readonly closed: ClosedPlaces;

  constructor(
    fronts: ReadonlyMap<string, Front>,
    services: Pick<Services, 'policy' | 'links' | 'log'>,
    copies: Copies,
    closed: ClosedPlaces,
  ) {
    this.fronts = fronts;
    this.services = services;
    this.copies = copies;
    this.closed = closed;
  }

  /** Until what is shown is what the record is. @throws ChatUnavailable to be tried again. */
  async publish(read: () => Promise<Publication | null>): Promise<void> {
    for (;;) {
      const publication = await read();
      if (!publication) return;
      if (!(await this.show(publication))) continue;
      await publication.done();
      if (await publication.isCurrent()) return;
    }
  }

  /** False where another bot was at it too, and may have shown an older state. */
  private async show(publication: Publication): Promise<boolean> {
    const outcomes = await Promise.all(publication.places.map((place) => this.showAt(publication.id, place)));
    // One chat that is away does not keep the others from being told.
    const failures = outcomes.flatMap((one) => (one.kind === 'failed' ? [one.error] : []));
    const failure = failures.find((error) => !(error instanceof Overtaken));
    const shut = outcomes.flatMap((one) => (one.kind === 'closed' ? [one.error] : []));
    const isShown = outcomes.some(({ kind }) => kind === 'shown');
    const isUnseen = publication.isNews && !isShown && failures.length === 0;
    const reached = isUnseen ? await this.descend(publication) : [];
    await this.keepUp(publication, reached, isShown);
    if (failure) throw failure;
    if (isUnseen && reached.length === 0) {
      const why = shut[0]?.message ?? 'its room has no channel';
      throw new ChatUnavailable(`nobody can be told of ${publication.id}: ${why}`, UNSEEN_AGAIN_MS);
    }
    return failures.length === 0;
  }

  private async showAt(id: string, { to, parts }: Publication['places'][number]): Promise<Outcome> {
    const front = this.fronts.get(to.chat);
    // A chat that was taken out of the settings is nobody to tell.
    if (!front || parts.length === 0) return { kind: 'shown' };
    const refs = new Map<string, MessageRef>();
    try {
      const before = await this.copies.slots(id);
      for (const part of parts) refs.set(part.key, await this.upsert(front, id, to, part, refs));
      // What stood there already says nothing of whether something new may.
      if (parts.some(({ key }) => !before.includes(slotOf(to, key)))) await this.closed.opened(to);
      return { kind: 'shown' };
    } catch (error) {
      if (!(error instanceof PlaceClosed)) return { kind: 'failed', error };
      this.services.log.warn({ publication: id, error: error.message }, 'a place takes no messages');
      await this.closed.closed(to, error);
      if (!parts.some(({ key, isCard }) => isCard && refs.has(key))) return { kind: 'closed', error };
      // The card stands there. Whom the rest would have called is called directly.
      for (const part of parts.filter(({ key, isCard }) => !isCard && !refs.has(key))) {
        await this.callDirectly(id, to.chat, part);
      }
      return { kind: 'shown' };
    }
  }

  private async callDirectly(id: string, chat: string, { key, revision, message, ping = [] }: Part): Promise<void> {
    for (const account of ping.filter((one) => chatOf(one) === chat)) {
      const card = typeof message === 'function' ? message(() => null) : message;
      await this.showDirectly({ id, revision, card: insteadOf(card) }, account, ` ${key}`);
    }
  }

  private upsert(
    front: Front,
    id: string,
    to: Place,
    part: Part,
    refs: ReadonlyMap<string, MessageRef>,
  ): Promise<MessageRef> {
    const linkOf = (key: string) => (refs.has(key) ? front.link(refs.get(key)) : null);
    const message = typeof part.message === 'function' ? part.message(linkOf) : part.message;
    const { thread, groups = [] } = part;
    const ping = (part.ping ?? []).filter((account) => chatOf(account) === to.chat);
    const of = typeof thread?.of === 'string' ? refs.get(thread.of) : thread?.of.ref;
    return this.copies.upsert(front, {
      id,
      at: slotOf(to, part.key),
      revision: part.revision,
      to,
      message,
      options: { ping, groups, ...(thread ? { thread: { of, title: thread.title } } : {}) },
    });
  }

  /** The first step below that takes it; the slots in which it is shown there. */
  private async descend(publication: Publication): Promise<string[]> {
    const { policy } = this.services;
    const shown = { ...publication, card: insteadOf(publication.card) };
    for (const place of publication.elsewhere) {
      const slot = await this.showElsewhere(shown, place);
      if (slot !== null) return [slot];
    }
    const concerned = await this.directly(shown, publication.concerns);
    return concerned.length > 0 ? concerned : this.directly(shown, peopleNamed(policy.watch.ops.people, this.services));
  }

  private async directly(publication: Shown, people: readonly PersonRef[]): Promise<string[]> {
    const slots: string[] = [];
    for (const account of await this.accountsOfAll(people)) {
      const slot = await this.showDirectly(publication, account);
      if (slot !== null) slots.push(slot);
    }
    return slots;
  }

  private showElsewhere(publication: Shown, place: Place): Promise<string | null> {
    return this.showInstead(publication, `elsewhere ${slotOf(place, '')}`, async () => place, place.chat);
  }

  private showDirectly(publication: Shown, account: AccountId, key = ''): Promise<string | null> {
    const chat = chatOf(account);
    const place = async () => this.fronts.get(chat)?.directPlace(account) ?? { chat, channel: '' };
    return this.showInstead(publication, `privately ${account}${key}`, place, chat);
  }

  /** Null where that step is closed too. */
  private async showInstead(
    { id, revision, card }: Shown,
    slot: string,
    place: () => Promise<Place>,
    chat: string,
  ): Promise<string | null> {
    const front = this.fronts.get(chat);
    if (!front) return null;
    try {
      const options = { ping: [] };
      await this.copies.upsert(front, { id, at: slot, revision, to: await place(), message: card, options });
      return slot;
    } catch (error) {
      if (!(error instanceof ChatError) || error instanceof ChatUnavailable) throw error;
      this.services.log.warn({ publication: id, slot, error: error.message }, 'nor does this one');
      return null;
    }
  }

  /** What stands on a lower step follows the record too, for as long as there is a record. */
  private async keepUp(publication: Publication, fresh: readonly string[], isShown: boolean): Promise<void> {
    const shown = { ...publication, card: (isShown ? besideOf : insteadOf)(publication.card) };
    const slots = (await this.copies.slots(publication.id)).filter((slot) => !fresh.includes(slot));
    for (const slot of slots) {
      const [kind, chatOrAccount = '', channel = ''] = slot.split(' ');
      if (kind === 'privately' && channel === '') await this.showDirectly(shown, chatOrAccount);
      if (kind === 'elsewhere') await this.showElsewhere(shown, { chat: chatOrAccount, channel });
    }
  }

  /** One account of each person, in a chat that is here; not the same person twice. */
  private async accountsOfAll(people: readonly PersonRef[]): Promise<AccountId[]> {
    const links = await this.services.links.all();
    const registry = { people: this.services.policy.people, links };
    const seen = new Set<AccountId>();
    return people.flatMap(({ account }) => {
      const own = accountsOf(account, registry);
      if (own.some((one) => seen.has(one))) return [];
      for (const one of own) seen.add(one);
      const here = [account, ...own].find((one) => this.fronts.has(chatOf(one)));
      return here === undefined ? [] : [here === account ? account : bare(here)];
    });
  }
}

/** Kept for good: copies of earlier releases are found by it. */
export const slotOf = ({ chat, channel }: Place, key: string): string =>
  key === '' ? `${chat} ${channel}` : `${chat} ${channel} ${key}`;
