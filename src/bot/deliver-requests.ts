import { type Approval, isOpen } from '../policy/approval.ts';
import { deciderOf, type People, refusalOf } from '../policy/approvers.ts';
import { chatOf, declaredFor, type PersonRef, type Place } from '../policy/identity.ts';
import { type Copies, Overtaken } from './copies.ts';
import { ChatUnavailable, type Front, type MessageRef, PlaceClosed } from './front.ts';
import { everybody } from './people.ts';
import type { Services } from './services.ts';
import { nobodyToAsk, onlyForYou } from './views/no-place.ts';
import { requestCard } from './views/request-card.ts';
import { type AccountsOf, podsOf, requestLine, requestLines } from './views/request-words.ts';

/** More names than anybody reads in one reminder. */
const MAX_MENTIONS = 8;
/** A channel that is closed to us may be opened again. */
const CLOSED_AGAIN_MS = 30_000;

/** Keeps the cards of requests in every chat of their room as the records are now. */
export class DeliverRequests {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Services;
  private readonly copies: Copies;

  constructor(fronts: ReadonlyMap<string, Front>, services: Services, copies: Copies) {
    this.fronts = fronts;
    this.services = services;
    this.copies = copies;
  }

  /** @throws the last failure of a chat, after all others were told: it is tried again. */
  async batch(id: string): Promise<void> {
    for (;;) {
      const records = await this.services.approvals.inBatch(id);
      const [head] = records;
      if (!head) return;
      const revision = records.reduce((sum, { rev }) => sum + rev, 0);
      const { failures, closed } = await this.everywhere(head, id, records, revision);
      if (closed) await this.nowhere(head, records);
      const failure = failures.find((error) => !(error instanceof Overtaken));
      if (failure) throw failure;
      if (failures.length > 0) continue;
      await this.services.approvals.told(id, revision);
      const now = await this.services.approvals.inBatch(id);
      if (now.reduce((sum, { rev }) => sum + rev, 0) === revision) return;
    }
  }

  /** One chat that is away does not keep the others from being told. */
  private async everywhere(
    head: Approval,
    id: string,
    records: Approval[],
    revision: number,
  ): Promise<{ failures: unknown[]; closed: boolean }> {
    const failures: unknown[] = [];
    let told = 0;
    let shut = 0;
    for (const place of this.placesOf(head)) {
      const front = this.fronts.get(place.chat);
      if (!front) continue;
      try {
        await this.tell(front, place, id, records, revision);
        told += 1;
      } catch (error) {
        if (error instanceof PlaceClosed) {
          shut += 1;
          this.services.log.warn({ batch: id, error: error.message }, 'a request cannot be posted');
        } else failures.push(error);
      }
    }
    return { failures, closed: shut > 0 && told === 0 && failures.length === 0 };
  }

  /** No channel takes the card: whoever asked hears it, and it is tried again for as long as anybody can decide. */
  private async nowhere(head: Approval, records: Approval[]): Promise<void> {
    const open = records.some(({ status }) => isOpen(status));
    const { tellPrivately, clocks } = this.services;
    if (await this.copies.once(`request-${head.batch}`, `private ${open ? 'open' : 'over'}`)) {
      const over = () => onlyForYou(requestCard(records, clocks.now(), (who) => [who.account]));
      await tellPrivately(head.by.account, open ? nobodyToAsk(podsOf(records), head.room) : over());
    }
    if (open) throw new ChatUnavailable('no channel takes this request', CLOSED_AGAIN_MS);
  }

  /** Every chat of the room that is marked as a mirror; of a room that is no more, nowhere. */
  private placesOf({ room }: Approval): Place[] {
    const found = this.services.policy.rooms.find(({ name }) => name === room);
    return (found?.channels ?? []).filter(({ mirror }) => mirror).map(({ chat, channel }) => ({ chat, channel }));
  }

  /** In the pod's own thread with a line in the channel that leads there; without one, in a thread of that line. */
  private async tell(front: Front, to: Place, batch: string, records: Approval[], revision: number): Promise<void> {
    const people = await everybody(this.services, Number.POSITIVE_INFINITY);
    const accountsOf: AccountsOf = (who) => [
      ...new Set([who.account, ...(declaredFor(who.account, this.services.policy.people)?.accounts ?? [])]),
    ];
    const id = `request-${batch}`;
    const at = `${to.chat} ${to.channel}`;
    const silent = { ping: [] };
    const message = requestCard(records, this.services.clocks.now(), accountsOf);
    const line = (link: string | null) => requestLine(records, link, accountsOf);
    const title = `Terminate ${podsOf(records)}`;
    const own = records.length === 1 ? await this.copies.ref(records[0]?.row ?? '', at) : null;
    let root: MessageRef;
    if (own) {
      root = own;
      const thread = { of: root, title };
      const card = await this.copies.upsert(front, {
        id,
        at: `${at} card`,
        revision,
        to,
        message,
        options: { ...silent, thread },
      });
      await this.copies.upsert(front, {
        id,
        at: `${at} line`,
        revision,
        to,
        message: line(front.link(card)),
        options: silent,
      });
    } else {
      root = await this.copies.upsert(front, {
        id,
        at: `${at} line`,
        revision,
        to,
        message: line(null),
        options: silent,
      });
      const thread = { of: root, title };
      await this.copies.upsert(front, { id, at: `${at} card`, revision, to, message, options: { ...silent, thread } });
    }
    const approvers = this.approversOf(records, people, front.chat);
    for (const said of requestLines(records, accountsOf, approvers)) {
      const ping = said.ping.flatMap(accountsOf).filter((account) => chatOf(account) === front.chat);
      const options = { ping, thread: { of: root, title }, groups: said.groups ?? [] };
      await this.copies.upsert(front, { id, at: `${at} ${said.key}`, revision: 1, to, message: said.message, options });
    }
  }

  /** Groups that hold the right, where a rule names some; else the people who may approve this. */
  private approversOf(records: Approval[], people: People, chat: string): { people: PersonRef[]; groups: string[] } {
    const { access, approvals, people: declared } = this.services.policy;
    const rules = access.rules.filter(({ grant }) => grant.includes('approve'));
    const groups = rules.flatMap((rule) => rule.groups.filter((group) => group.startsWith(`${chat}:`)));
    const [head] = records;
    if (!head || groups.length > 0) return { people: [], groups };
    const may = declared.filter(({ accounts }) =>
      accounts.some(
        (account) =>
          refusalOf({ ...head, votes: [] }, deciderOf(account, people), people.registry, approvals.guests) === null,
      ),
    );
    const named = may
      .slice(0, MAX_MENTIONS)
      .flatMap(({ key, name, accounts: [account] }) => (account === undefined ? [] : [{ account, person: key, name }]));
    return { people: named, groups: [] };
  }
}
