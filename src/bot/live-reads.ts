import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../jobs/ports.ts';
import { type AccountId, bare, chatOf } from '../policy/identity.ts';
import type { ReadStamp } from '../store/shapes.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { ChatUnavailable, type Front, type Member } from './front.ts';
import { capital } from './views/words.ts';

/** What a chat says of an account right now, or why it could not be asked, as its person reads it. */
export type LiveRead = { member: Member; unread: null } | { member: null; unread: string };

/** A chat that has had enough is waited for this long in all, real ms. Clicks that come meanwhile share the read. */
const RATE_PATIENCE_MS = 10_000;

/** `stamp`: when the read that was answered began. Null where the chat said nothing. */
type Answer = { stamp: ReadStamp; member: Member | null } | { stamp: null; unread: string };

/** Reads accounts from their chats, and writes each read to the list that workers judge by. */
export class LiveReads {
  private readonly fronts: ReadonlyMap<string, Pick<Front, 'member'>>;
  private readonly snapshots: Snapshots;
  private readonly clocks: { now(): number };
  private readonly log: Log;
  private readonly underWay = new Map<AccountId, Promise<LiveRead>>();

  constructor(
    fronts: ReadonlyMap<string, Pick<Front, 'member'>>,
    { snapshots, clocks, log }: { snapshots: Snapshots; clocks: { now(): number }; log: Log },
  ) {
    this.fronts = fronts;
    this.snapshots = snapshots;
    this.clocks = clocks;
    this.log = log;
  }

  /**
   * Of fifty clicks at once one read suffices, so those that are under way are shared. One that the chat has answered is not:
   * a right may have been taken away since.
   */
  read(account: AccountId): Promise<LiveRead> {
    const id = bare(account);
    const shared = this.underWay.get(id);
    if (shared) return shared;
    const answered = this.ask(account, RATE_PATIENCE_MS);
    const read = answered.then((answer) => this.keep(account, answer));
    this.underWay.set(id, read);
    const over = () => void this.underWay.delete(id);
    answered.then(over, over);
    return read;
  }

  /** Before anybody decides on it: a worker, which sees no chat, judges the decision by what is written here. */
  private async keep(account: AccountId, answer: Answer): Promise<LiveRead> {
    if (answer.stamp === null) return { member: null, unread: answer.unread };
    const facts = answer.member ?? hidden(account);
    // As the click named it, or as the chat does: a policy file may leave the workspace out.
    await this.snapshots.saveMember(account.includes('/') ? account : facts.account, facts, answer.stamp);
    return answer.member ? { member: answer.member, unread: null } : { member: null, unread: unknownText(account) };
  }

  private async ask(account: AccountId, patienceMs: number): Promise<Answer> {
    const chat = chatOf(account);
    const front = this.fronts.get(chat);
    const name = capital(chat);
    if (!front) return unread(chat, `Podwarden is not connected to ${name}`, 'try again when it is');
    const stamp = await this.snapshots.beginRead(this.clocks.now());
    try {
      return { stamp, member: await front.member(account) };
    } catch (error) {
      const wait = error instanceof ChatUnavailable ? error.retryAfterMs : 0;
      if (wait > 0 && wait <= patienceMs) {
        await pause(wait);
        return this.ask(account, patienceMs - wait);
      }
      this.log.warn({ account, error: (error as Error).message }, 'an account could not be read');
      if (wait > 0) return unread(chat, `${name} limits how often it can be asked`, 'try again in a minute');
      if (error instanceof ChatUnavailable) {
        return unread(chat, `${name} is not reachable`, `try again when ${name} is back`);
      }
      return unread(chat, `${name} refused`, 'whoever runs Podwarden finds the reason in its log');
    }
  }
}

const unread = (chat: string, why: string, next: string): Answer => ({
  stamp: null,
  unread: `Your ${capital(chat)} account could not be read: ${why}. Nothing was changed; ${next}.`,
});

/** A person who is not shown holds nothing, and a worker has to know that too. */
const hidden = (account: AccountId): Member => ({ account, name: account, membership: 'unknown', groups: [] });

function unknownText(account: AccountId): string {
  const name = capital(chatOf(account));
  const id = bare(account).slice(chatOf(account).length + 1);
  return `Your ${name} account ${id} could not be read: ${name} does not know it. Nothing was changed; ask an admin to correct it under people in podwarden.yaml.`;
}
