import { type AccountId, bare } from '../policy/identity.ts';
import type { ReadMember } from '../store/members.ts';
import type { KeptMember, Members, PeoplePass, UnreadAccount, UnreadPeople } from '../store/shapes.ts';
import { ChatError } from './failure.ts';
import { ChatUnavailable, type GroupMembers, type Member } from './front.ts';
import { GroupReads } from './group-reads.ts';
import { hidden, type Readable, withGroups } from './live-reads.ts';
import { accountsThatMatter, groupsThatApprove, type Judged, type Mattering } from './people-who-matter.ts';
import { capital } from './views/words.ts';

/** Half of what Slack lets `users.info` be called in a minute (tier 4): clicks have the rest. Discord waits by itself. */
export const BATCH = 50;
/** When the next batch is read where accounts are left. */
export const NEXT_BATCH_MS = 60_000;
/** A batch of a slow chat ends after this long, real ms. */
const BATCH_PATIENCE_MS = 30_000;
/** Whoever was read, or could not be, is read again after this long. */
const REREAD_MS = 4 * 60_000;
/** Whoever could not be read because nobody could is due at the next batch. */
const AFTER_OUTAGE_MS = NEXT_BATCH_MS / 2;
/** So many failures at first, and no answer, are the chat's. Whoever failed is tried after all others, so that they hold nobody up. */
const CHAT_FAILS = 3;

interface Known {
  kept: Members;
  byId: ReadonlyMap<AccountId, KeptMember>;
  unread: UnreadPeople;
  matter: Mattering;
}

/** What one batch ended in, by account without its workspace. */
interface Batch {
  at: number;
  /** All that matter, with the members of groups that approve. */
  all: ReadonlySet<AccountId>;
  /** Null where the chat knows none. */
  found: Map<AccountId, Member | null>;
  failed: Map<AccountId, string>;
  isLeft: boolean;
  /** Why it ended before its end; null where it did not. */
  ended: string | null;
}

/** Keeps the list that workers judge by: those who matter, one by one, the longest unread first, and never all over again. */
export class PeopleReads {
  private readonly fronts: ReadonlyMap<string, Readable>;
  private readonly services: Judged;
  private readonly groups: GroupReads;
  /** Until when a chat is left alone, because it said so; real ms. */
  private readonly pauses = new Map<string, number>();

  constructor(
    fronts: ReadonlyMap<string, Readable>,
    services: Judged,
    groups = new GroupReads(services.policy.access, services.clocks),
  ) {
    this.fronts = fronts;
    this.services = services;
    this.groups = groups;
  }

  /** One batch in each chat that is up; whether accounts are left for a next one. */
  async refresh(isUp: (chat: string) => boolean = () => true): Promise<boolean> {
    const up = [...this.fronts].filter(([chat]) => isUp(chat));
    const reads = up.map(([chat, front]) => this.batch(chat, front));
    const ended = await Promise.allSettled(reads);
    for (const read of ended) {
      if (read.status === 'rejected')
        this.services.log.warn({ error: String(read.reason) }, 'people could not be read');
    }
    return ended.some((read) => read.status === 'fulfilled' && read.value);
  }

  private async batch(chat: string, front: Readable): Promise<boolean> {
    if (performance.now() < (this.pauses.get(chat) ?? 0)) return true;
    const { snapshots, clocks } = this.services;
    const known = await this.known(chat);
    const now = clocks.now();
    const { readAt } = known.kept;
    const isFresh = readAt !== null && passed(readAt, now) < REREAD_MS;
    if (isFresh && dueIn(known, known.matter.all, now).length === 0) return false;
    // Groups and accounts are read after this: a live read that begins later is later in both.
    const stamp = await snapshots.beginRead(now);
    const batch = await this.read(chat, front, known, stamp.at);
    const unread = unreadAfter(chat, known, batch);
    const dropped = [...known.byId.keys()].filter((id) => !batch.all.has(id));
    const pass = passAfter(known, batch, unread);
    await snapshots.saveMembers(chat, membersOf(known, batch), { ...stamp, at: batch.at }, { pass, dropped });
    await snapshots.saveUnreadPeople(chat, unread);
    this.logUnread(chat, known.unread, unread);
    return batch.isLeft || batch.ended !== null;
  }

  private async known(chat: string): Promise<Known> {
    const { snapshots } = this.services;
    const [kept, unread] = await Promise.all([snapshots.members(chat), snapshots.unreadPeople(chat)]);
    const matter = await accountsThatMatter(chat, kept, this.services);
    return { kept, byId: new Map(Object.values(kept.accounts).map((one) => [bare(one.account), one])), unread, matter };
  }

  private async read(chat: string, front: Readable, known: Known, at: number): Promise<Batch> {
    const { policy } = this.services;
    const batch: Batch = { at, all: known.matter.all, found: new Map(), failed: new Map(), isLeft: false, ended: null };
    let read: { members: GroupMembers; at: number };
    try {
      read = await this.groups.read(chat, front, { rights: [], otherMs: REREAD_MS });
    } catch (error) {
      this.pause(chat, error);
      return { ...batch, ended: `its groups could not be read: ${whyOf(chat, error)}` };
    }
    const groups = read.members;
    batch.at = Math.min(at, read.at);
    const approvers = [...groupsThatApprove(policy.access)].flatMap((group) => [...(groups.get(group) ?? [])]);
    batch.all = new Set([...known.matter.all, ...approvers]);
    const due = dueIn(known, batch.all, at);
    const until = performance.now() + BATCH_PATIENCE_MS;
    for (const [i, account] of due.entries()) {
      batch.isLeft = i === BATCH || performance.now() > until;
      if (batch.isLeft) break;
      try {
        const member = await front.member(account);
        batch.found.set(account, member && withGroups(member, groups));
      } catch (error) {
        const why = whyOf(chat, error);
        if (this.pause(chat, error)) return { ...batch, ended: why };
        batch.failed.set(account, why);
        if (batch.found.size === 0 && batch.failed.size === CHAT_FAILS) return { ...batch, ended: why };
      }
    }
    return batch;
  }

  /** Whether the chat asked for that. */
  private pause(chat: string, error: unknown): boolean {
    const wait = error instanceof ChatUnavailable ? error.retryAfterMs : 0;
    if (wait > 0) this.pauses.set(chat, performance.now() + wait);
    return wait > 0;
  }

  private logUnread(chat: string, before: UnreadPeople, now: UnreadPeople): void {
    const { log } = this.services;
    if (now.chat) log.warn({ chat, why: now.chat.why }, 'people could not be read');
    for (const [account, { why }] of now.accounts) {
      if (before.accounts.get(account)?.why !== why) log.warn({ account, why }, 'an account could not be read');
    }
  }
}

/** A stamp from the future was left by a clock that was wrong, and is not waited for. */
const passed = (since: number, now: number): number => Math.abs(now - since);

/** Those whom workers judge come first. */
function dueIn({ byId, unread, matter }: Known, all: ReadonlySet<AccountId>, now: number): AccountId[] {
  const readAt = (id: AccountId) => byId.get(id)?.readAt ?? 0;
  const failedAt = (id: AccountId) => unread.accounts.get(id)?.triedAt ?? 0;
  const triedAt = (id: AccountId) => Math.max(readAt(id), failedAt(id));
  const late = (id: AccountId) => (matter.deciding.has(id) ? 0 : 1);
  const rest = unread.chat === null ? REREAD_MS : AFTER_OUTAGE_MS;
  const due = [...all].filter((id) => passed(readAt(id), now) >= REREAD_MS && passed(failedAt(id), now) >= rest);
  return due.sort((a, b) => late(a) - late(b) || triedAt(a) - triedAt(b));
}

/** Whoever left and is not shown any more has still left. */
function membersOf({ byId }: Known, { found }: Batch): Map<AccountId, ReadMember> {
  const read = [...found].filter(([id, member]) => member !== null || byId.get(id)?.membership !== 'deactivated');
  return new Map(
    read.map(([id, member]) => {
      const facts = member ?? hidden(id);
      const seenAt = byId.get(id)?.seenAt;
      return [facts.account, seenAt === undefined ? facts : { ...facts, seenAt }];
    }),
  );
}

function unreadAfter(chat: string, { unread }: Known, batch: Batch): UnreadPeople {
  const accounts = new Map([...unread.accounts].filter(([id]) => batch.all.has(id)));
  const note = (why: string, before: UnreadAccount | null | undefined): UnreadAccount => ({
    why,
    since: before?.since ?? batch.at,
    triedAt: batch.at,
  });
  for (const [id, member] of batch.found) {
    const why = whyUnknown(chat, member);
    if (why === null) accounts.delete(id);
    else accounts.set(id, note(why, accounts.get(id)));
  }
  for (const [id, why] of batch.failed) accounts.set(id, note(why, accounts.get(id)));
  return { chat: batch.ended === null ? null : note(batch.ended, unread.chat), accounts };
}

/** Null while somebody who matters has not been read at all. */
function passAfter(known: Known, batch: Batch, unread: UnreadPeople): PeoplePass | null {
  const readable = [...batch.all].filter((id) => !unread.accounts.has(id));
  const times = readable.map((id) => (batch.found.has(id) ? batch.at : known.byId.get(id)?.readAt));
  if (batch.ended !== null && readable.length === 0) return null;
  if (times.includes(undefined)) return null;
  return { readAt: Math.min(batch.at, ...times.filter((time) => time !== undefined)), count: batch.all.size };
}

function whyUnknown(chat: string, member: Member | null): string | null {
  if (member === null) return `${capital(chat)} does not know it`;
  return member.membership === 'unknown' ? `${capital(chat)} does not say which workspace it belongs to` : null;
}

function whyOf(chat: string, error: unknown): string {
  const name = capital(chat);
  if (error instanceof ChatUnavailable && error.retryAfterMs > 0) return `${name} limits how often it can be asked`;
  if (error instanceof ChatUnavailable) return `${name} did not answer`;
  return error instanceof ChatError && error.code !== '' ? `${name} refused it (${error.code})` : `${name} refused it`;
}
