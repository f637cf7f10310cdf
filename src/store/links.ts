import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { widen } from '../policy/approval-moves.ts';
import {
  type AccountId,
  accountId,
  accountsOf,
  type Declared,
  type Link,
  link,
  personRef,
} from '../policy/identity.ts';
import type { Approvals } from './approvals.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { type Check, MAX_TRIES, TooContended, unnamed, type Writing, wasDone, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { nameUnreadable, readOne, readRecord, Unreadable } from './unreadable.ts';

const LINKS = key('links');
/** A code is good for ten minutes, and an account has five tries an hour. Real time: they are locks, not promises. */
const CODE_MS = 10 * 60_000;
const TRIES = 5;
const TRIES_MS = 3_600_000;
/** Both sides confirm within the life of the code that began it. */
const PENDING_MS = 10 * 60_000;

const document = z.object({ rev: z.int(), links: z.array(z.unknown()) });
/** Whom a link joins, where nothing else of it reads. */
const party = z.object({ account: accountId, person: z.string().nullable().catch(null), name: z.string().catch('') });
const joined = z.object({ id: z.string().catch(''), a: party, b: party, at: z.number().catch(0) });
const issued = z.object({ by: personRef, forChat: z.string() });
export type Issued = z.infer<typeof issued>;

/** Both sides see both names; a link is made when both have confirmed. */
const pending = z.object({ id: z.string(), a: personRef, b: personRef, confirmed: z.array(z.string()) });
export type PendingLink = z.infer<typeof pending>;

const codeKey = (code: string) => key('link-code', createHash('sha256').update(code).digest('hex'));
const triesKey = (account: AccountId) => key('link-tries', account);
const pendingKey = (id: string) => key('link-pending', id);

/** Accounts that belong to one person, as the people themselves and an admin said. */
export class Links {
  private readonly redis: RedisClient;
  private readonly audit: Audit;
  private readonly approvals: Approvals;
  private readonly writing: Writing;

  constructor(redis: RedisClient, audit: Audit, approvals: Approvals, writing: Writing = unnamed) {
    this.redis = redis;
    this.audit = audit;
    this.approvals = approvals;
    this.writing = writing;
  }

  /** The same links, for the writes of one piece of work. */
  within(writing: Writing): Links {
    return new Links(this.redis, this.audit.within(writing), this.approvals.within(writing), writing);
  }

  async all(): Promise<Link[]> {
    return (await this.read()).links;
  }

  /** The links, and the check that they are still the same when something made from them is written. */
  async guarded(): Promise<{ links: Link[]; guard: Check }> {
    const { rev, links } = await this.read();
    return { links, guard: { key: LINKS, rev } };
  }

  /** Only a digest of the code is stored, bound to who issued it and to the chat that it is for. */
  async issue(code: string, by: Issued): Promise<void> {
    await this.redis.set(codeKey(code), JSON.stringify(by), 'PX', CODE_MS);
  }

  /** Takes a code: once, by one account, and only on the chat that it is for. Null otherwise; every call is a try. */
  async redeem(code: string, account: AccountId, chat: string): Promise<Issued | 'too-often' | null> {
    const tries = await this.redis.incr(triesKey(account));
    if (tries === 1) await this.redis.pexpire(triesKey(account), TRIES_MS);
    if (tries > TRIES) return 'too-often';
    const json = await this.redis.get(codeKey(code));
    const by = json === null ? null : await readRecord(this.redis, 'a link code', json, issued);
    if (by?.forChat !== chat) return null;
    // Once: of two at the same time one takes it.
    return (await this.redis.getdel(codeKey(code))) === json ? by : null;
  }

  async begin(wanted: PendingLink): Promise<void> {
    await this.redis.set(pendingKey(wanted.id), JSON.stringify(wanted), 'PX', PENDING_MS);
  }

  async pending(id: string): Promise<PendingLink | null> {
    const json = await this.redis.get(pendingKey(id));
    return json === null ? null : readRecord(this.redis, `link ${id} that is to be confirmed`, json, pending);
  }

  async drop(id: string): Promise<void> {
    await this.redis.del(pendingKey(id));
  }

  async confirm(id: string, account: AccountId): Promise<PendingLink | null> {
    const now = await this.pending(id);
    if (!now) return null;
    const next = { ...now, confirmed: [...new Set([...now.confirmed, account])] };
    // Both sides at once each see at least their own: the last one to write reads both back.
    await this.redis.sadd(`${pendingKey(id)}:by`, account);
    await this.redis.pexpire(`${pendingKey(id)}:by`, PENDING_MS);
    const both = await this.redis.smembers(`${pendingKey(id)}:by`);
    return { ...next, confirmed: both };
  }

  /** Changes the links, and in all open requests who counts as the requester. Null where `change` has nothing to do. */
  async change(
    change: (links: Link[]) => Link[] | null,
    people: readonly Declared[],
    entry: AuditEntry,
  ): Promise<Link[] | null> {
    const write = this.writing.of(LINKS);
    if (await wasDone(this.redis, write)) return this.all();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { rev, links, raw } = await this.read();
      const next = change(links);
      if (next === null) return null;
      // Before the links are written: whoever is told of the link can count on it in every open request.
      await this.widenRequests(next, people, entry.at);
      // Another release may read what this one does not.
      const written = { rev: rev + 1, links: next.map((one) => raw.get(one) ?? one) };
      if (
        await this.audit.commit([{ key: LINKS, rev }], [writeDocument(LINKS, rev + 1, written)], [entry], { write })
      ) {
        // Requests that were made meanwhile.
        await this.widenRequests(next, people, entry.at);
        return next;
      }
      await pause(Math.random() * 10);
    }
    throw new TooContended('the links');
  }

  private async widenRequests(links: readonly Link[], people: readonly Declared[], at: number): Promise<void> {
    const joinedWith = (account: AccountId) => accountsOf(account, { people, links });
    for (const record of await this.approvals.open()) {
      await this.approvals.move(record.id, widen(joinedWith), (after) => [
        { at, kind: 'request-joined', actor: null, subject: record.id, facts: { accounts: after.self.join(' ') } },
      ]);
    }
  }

  /**
   * A link of which no more reads than whom it joins still joins them, for refusing alone. @throws Unreadable where not even that
   * reads: who is one person decides who may approve.
   */
  private async read(): Promise<{ rev: number; links: Link[]; raw: Map<Link, unknown> }> {
    const json = await this.redis.hget(LINKS, 'json');
    if (json === null) return { rev: 0, links: [], raw: new Map() };
    const { rev, links } = await readOne(this.redis, 'links of accounts', json, document);
    const raw = new Map<Link, unknown>();
    for (const one of links) raw.set(await this.readLink(one), one);
    return { rev, links: [...raw.keys()], raw };
  }

  private async readLink(one: unknown): Promise<Link> {
    const whole = link.safeParse(one);
    if (whole.success) return whole.data;
    const kept = joined.safeParse(one);
    await nameUnreadable(this.redis, `link ${kept.data?.id ?? ''}`.trim(), whole.error.issues[0]?.path.join('.'));
    if (!kept.success) throw new Unreadable('a link of accounts');
    return { ...kept.data, confirmed: null };
  }
}
