import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../jobs/ports.ts';
import type { Right } from '../policy/access.ts';
import { type AccountId, bare, chatOf } from '../policy/identity.ts';
import type { ReadStamp } from '../store/shapes.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { Flights } from './flights.ts';
import { ChatUnavailable, type Front, type GroupMembers, type Member } from './front.ts';
import { type GroupReads, OTHER_GROUPS_MS } from './group-reads.ts';
import { capital } from './views/words.ts';

/** What a chat says of an account right now, or why it could not be asked, as its person reads it. */
export type LiveRead = { member: Member; unread: null } | { member: null; unread: string };

/** What reading people takes of a chat. */
export type Readable = Pick<Front, 'member' | 'groupMembers' | 'namesGroups'>;

/** A chat that has had enough is waited for this long in all, real ms. */
const RATE_PATIENCE_MS = 10_000;

/** `stamp`: when the read that was answered began. Null where the chat said nothing. */
type Answer = { stamp: ReadStamp; member: Member | null } | { stamp: null; unread: string };

/** Reads accounts from their chats, and writes each read to the list that workers judge by. */
export class LiveReads {
  private readonly fronts: ReadonlyMap<string, Readable>;
  private readonly snapshots: Snapshots;
  private readonly clocks: { now(): number };
  private readonly log: Log;
  private readonly groups: GroupReads;
  private readonly flights = new Flights<Answer>();

  constructor(
    fronts: ReadonlyMap<string, Readable>,
    groups: GroupReads,
    { snapshots, clocks, log }: { snapshots: Snapshots; clocks: { now(): number }; log: Log },
  ) {
    this.fronts = fronts;
    this.groups = groups;
    this.snapshots = snapshots;
    this.clocks = clocks;
    this.log = log;
  }

  /**
   * With the groups that give or take these rights read now, as all that workers judge by. Of fifty clicks at once one or two
   * reads suffice.
   */
  async read(account: AccountId, rights: readonly Right[]): Promise<LiveRead> {
    const key = [bare(account), ...[...rights].sort()].join(' ');
    const answer = await this.flights.share(key, (sending) => this.ask(account, rights, sending, RATE_PATIENCE_MS));
    return this.keep(account, answer);
  }

  /** Before anybody decides on it: a worker, which sees no chat, judges the decision by what is written here. */
  private async keep(account: AccountId, answer: Answer): Promise<LiveRead> {
    if (answer.stamp === null) return { member: null, unread: answer.unread };
    const facts = answer.member ?? hidden(account);
    // As the chat names it: a policy file may leave the workspace out, and a click may name another of the same company.
    await this.snapshots.saveMember(facts.account, facts, answer.stamp);
    if (answer.member === null) return { member: null, unread: unknownText(account) };
    if (facts.membership === 'unknown') return { member: null, unread: placelessText(account) };
    return { member: answer.member, unread: null };
  }

  private async ask(
    account: AccountId,
    rights: readonly Right[],
    sending: () => void,
    patienceMs: number,
  ): Promise<Answer> {
    const chat = chatOf(account);
    const front = this.fronts.get(chat);
    const name = capital(chat);
    if (!front) return unread(account, `Podwarden is not connected to ${name}`, 'try again when it is');
    const [stamp, kept] = await Promise.all([
      this.snapshots.beginRead(this.clocks.now()),
      this.snapshots.member(account),
    ]);
    try {
      sending();
      const wanted = { rights, otherMs: OTHER_GROUPS_MS, kept: kept?.membership === 'unknown' ? null : kept };
      const [member, groups] = await Promise.all([front.member(account), this.groups.read(chat, front, wanted)]);
      // It is as old as the oldest that is in it.
      const at = Math.min(stamp.at, groups.at);
      return { stamp: { ...stamp, at }, member: member && withGroups(member, groups.members) };
    } catch (error) {
      const wait = error instanceof ChatUnavailable ? error.retryAfterMs : 0;
      if (wait > 0 && wait <= patienceMs) {
        await pause(wait);
        return this.ask(account, rights, sending, patienceMs - wait);
      }
      this.log.warn({ account, error: (error as Error).message }, 'an account could not be read');
      if (wait > 0) return unread(account, `${name} limits how often it can be asked`, 'try again in a minute');
      if (error instanceof ChatUnavailable) {
        return unread(account, `${name} is not reachable`, `try again when ${name} is back`);
      }
      return unread(account, `${name} refused`, 'whoever runs Podwarden finds the reason in its log');
    }
  }
}

/** With the groups that list this account, beside those that the chat named with it. */
export function withGroups(member: Member, groups: GroupMembers): Member {
  const listed = [...groups].filter(([, members]) => members.has(bare(member.account))).map(([group]) => group);
  return { ...member, groups: [...new Set([...member.groups, ...listed])] };
}

/** A person who is not shown holds nothing, and a worker has to know that too. */
export const hidden = (account: AccountId): Member => ({ account, name: account, membership: 'unknown', groups: [] });

const idOf = (account: AccountId): string => bare(account).slice(chatOf(account).length + 1);

const unread = (account: AccountId, why: string, next: string): Answer => ({
  stamp: null,
  unread: unreadText(account, why, next),
});

const unreadText = (account: AccountId, why: string, next: string) =>
  `Your ${capital(chatOf(account))} account ${idOf(account)} could not be read: ${why}. Nothing was changed; ${next}.`;

function unknownText(account: AccountId): string {
  const why = `${capital(chatOf(account))} does not know it`;
  return unreadText(account, why, 'ask an admin to correct it under people in podwarden.yaml');
}

function placelessText(account: AccountId): string {
  const why = `${capital(chatOf(account))} does not say which workspace it belongs to`;
  return unreadText(account, why, 'whoever runs Podwarden should look at this account’s profile there');
}
