import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { DeletionReview } from '../policy/approval-log.ts';
import { AuditTail, type LatestStamp } from './audit-tail.ts';
import {
  type Check,
  type Operation,
  TooContended,
  tryCommit,
  unnamed,
  type Write,
  type Writing,
  wasDone,
  writeDocument,
} from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

const STREAM = key('audit', 'entries');
const HEAD = key('audit', 'head');
const KEY_DIGEST = key('audit', 'key');
/** Many bots and workers at once all append to one chain. */
const MAX_TRIES = 400;
const PAGE = 500;

/** What happened, in fields: no command text, no secret. */
export interface AuditEntry {
  /** ms since 1970 on Podwarden's clock. */
  at: number;
  kind: string;
  /** Who did it, as `<account> (<person>)`; null for Podwarden itself. */
  actor: string | null;
  /** Pod, request or link it is about; null for none. */
  subject: string | null;
  facts: Record<string, string | number | boolean | null>;
}

const numbered = z.object({
  n: z.int(),
  at: z.number(),
  kind: z.string(),
  actor: z.string().nullable(),
  subject: z.string().nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type NumberedEntry = z.infer<typeof numbered>;

/** An entry as it stands in Redis, proven or not. */
interface Logged {
  n: number;
  json: string;
  mac: string;
}

/** `broken`: numbers of entries that were altered, or that stand beside one that is gone. */
export interface Newest {
  entries: NumberedEntry[];
  broken: number[];
}

export interface Head {
  /** Number of the last entry; 0 for an empty log. */
  n: number;
  mac: string;
}

export type Verification =
  /** `unapproved`: deletions before which the log shows no approval by somebody else. */
  { ok: true; head: Head; unapproved: { at: number; problem: string }[] } | { ok: false; at: number; problem: string };

/** What the first entry is chained to. */
const GENESIS = '0'.repeat(64);

function macOf(secret: string, before: string, json: string): string {
  return createHmac('sha256', secret).update(before).update('\n').update(json).digest('hex');
}

export class AuditKeyMismatch extends Error {
  constructor() {
    super(
      'PODWARDEN_AUDIT_KEY is not the key that this Redis’s audit log was begun with. Use that one: the log could not be verified any more (see docs/operating.md#audit).',
    );
    this.name = 'AuditKeyMismatch';
  }
}

/** What all that write to the log in one process share. */
interface OneProcess {
  derived: Map<string, Buffer>;
  tail: AuditTail;
  line: Promise<unknown>;
}

interface Committing {
  holds: () => Promise<boolean>;
  write: Write;
}

/**
 * An append-only log. Each entry carries an HMAC over itself and the one before, with a key that is never in Redis, and is
 * written in the same atomic step as the change that it records.
 */
export class Audit {
  private readonly redis: RedisClient;
  private readonly secret: string;
  private readonly writing: Writing;
  private readonly process: OneProcess;

  constructor(redis: RedisClient, secret: string, writing: Writing = unnamed, process: OneProcess | null = null) {
    this.redis = redis;
    this.secret = secret;
    this.writing = writing;
    this.process = process ?? { derived: new Map(), tail: this.newTail(), line: Promise.resolve() };
  }

  /** The same log, for the writes of one piece of work. */
  within(writing: Writing): Audit {
    return new Audit(this.redis, this.secret, writing, this.process);
  }

  private newTail(): AuditTail {
    const { redis, secret } = this;
    const chained = (before: string, json: string, mac: string) => macOf(secret, before, json) === mac;
    return new AuditTail(redis, { stream: STREAM, genesis: GENESIS, head: () => this.head(), chained });
  }

  /** Signs what is kept in Redis, each kind of thing with a key of its own that follows from the audit key. */
  sign(kind: string, text: string): string {
    const { derived: keys } = this.process;
    const derived = keys.get(kind) ?? Buffer.from(hkdfSync('sha256', this.secret, 'podwarden', kind, 32));
    keys.set(kind, derived);
    return createHmac('sha256', derived).update(text).digest('hex');
  }

  isSigned(kind: string, text: string, mac: string): boolean {
    const [expected, given] = [Buffer.from(this.sign(kind, text)), Buffer.from(mac)];
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** What the newest entry about a request says of its record. */
  newestOf(request: string): Promise<LatestStamp> {
    return this.process.tail.newest(request);
  }

  /** @throws where an entry is about one of these requests, or the log cannot say. */
  async neverNamed(requests: readonly string[]): Promise<void> {
    for (const request of requests) {
      if ((await this.newestOf(request)) !== null)
        throw new Error(`the audit log knows ${request}, and Redis does not`);
    }
  }

  /** To be called every few seconds, so that a log that is put back to an older state is noticed by what was read of it. */
  follow(): Promise<void> {
    return this.process.tail.follow();
  }

  /** The log was put back when this was its last entry: requests are not believed by it, nor by earlier ones. */
  doubt(n: number): void {
    this.process.tail.doubt(n);
  }

  /** MAC of one entry; null where there is none. */
  async macAt(n: number): Promise<string | null> {
    const [entry] = n === 0 ? [] : await this.redis.xrange(STREAM, `${n}-0`, `${n}-0`);
    return entry?.[1][3] ?? null;
  }

  /** Once at every start. @throws AuditKeyMismatch where the log was begun with another key. */
  async claimKey(): Promise<void> {
    const digest = createHash('sha256').update(`podwarden audit ${this.secret}`).digest('hex');
    // Only the first start ever writes it: a Redis that is out of memory still tells it.
    if ((await this.redis.get(KEY_DIGEST)) === null) await this.redis.set(KEY_DIGEST, digest, 'NX');
    if ((await this.redis.get(KEY_DIGEST)) !== digest) throw new AuditKeyMismatch();
  }

  async append(...entries: AuditEntry[]): Promise<void> {
    const write = this.writing.of(entries.map(({ kind, subject }) => `audit ${kind} ${subject}`).join(' '));
    if (!(await wasDone(this.redis, write))) await this.commit([], [], entries, { write });
  }

  /**
   * The operations and the entries in one step; false where a check failed. `holds` is asked about the very log that is
   * written to: what it finds there is still so when the step is done.
   */
  async commit(
    checks: Check[],
    operations: Operation[],
    entries: AuditEntry[],
    { holds = async () => true, write = unnamed.of('') }: Partial<Committing> = {},
  ): Promise<boolean> {
    // One at a time in this process: only other processes can then move the head in between.
    const mine = this.process.line.then(() => this.tryOften(checks, operations, entries, { holds, write }));
    this.process.line = mine.catch(() => {});
    return mine;
  }

  private async tryOften(
    checks: Check[],
    operations: Operation[],
    entries: AuditEntry[],
    { holds, write }: Committing,
  ): Promise<boolean> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const head = await this.head();
      if (!(await holds())) return false;
      const { next, writes } = this.chain(head, entries);
      const all = [...checks, { key: HEAD, rev: head.n }];
      // The log first: Redis takes nothing back, so a change after an entry that fails must not have come before it.
      const log = [...writes, writeDocument(HEAD, next.n, next)];
      const failed = await tryCommit(this.redis, all, [...log, ...operations], write);
      if (failed === null) return true;
      if (failed.key !== HEAD) return false;
      await pause(Math.random() * 10);
    }
    throw new TooContended('the audit log');
  }

  private chain(head: Head, entries: AuditEntry[]): { next: Head; writes: Operation[] } {
    let next = head;
    const writes = entries.map((entry): Operation => {
      const json = JSON.stringify({ n: next.n + 1, ...entry });
      next = { n: next.n + 1, mac: macOf(this.secret, next.mac, json) };
      return ['XADD', STREAM, `${next.n}-0`, 'json', json, 'mac', next.mac];
    });
    return { next, writes };
  }

  async head(): Promise<Head> {
    const json = await this.redis.hget(HEAD, 'json');
    return json === null ? { n: 0, mac: GENESIS } : (JSON.parse(json) as Head);
  }

  /**
   * The newest entries that fit, newest first. What the chain does not prove is not among them: `broken` has its numbers,
   * as far back as was looked.
   */
  async newest(limit: number, fits: (entry: NumberedEntry) => boolean): Promise<Newest> {
    const found: Newest = { entries: [], broken: [] };
    const head = await this.head();
    let after: Logged | null = null;
    for await (const logged of this.backwards()) {
      if (after === null && logged.n < head.n) found.broken.push(head.n);
      if (after !== null) this.sort(after, logged.mac, fits, found);
      if (found.entries.length === limit) return found;
      after = logged;
    }
    if (after === null && head.n > 0) found.broken.push(head.n);
    if (after !== null) this.sort(after, GENESIS, fits, found);
    return found;
  }

  private sort(logged: Logged, before: string, fits: (entry: NumberedEntry) => boolean, found: Newest): void {
    const entry =
      macOf(this.secret, before, logged.json) === logged.mac ? numbered.safeParse(JSON.parse(logged.json)) : null;
    if (!entry?.success) found.broken.push(logged.n);
    else if (fits(entry.data)) found.entries.push(entry.data);
  }

  private async *backwards(): AsyncGenerator<Logged> {
    let end = '+';
    for (;;) {
      const page = await this.redis.xrevrange(STREAM, end, '-', 'COUNT', PAGE);
      for (const [id, fields] of page)
        yield { n: Number(id.split('-')[0]), json: fields[1] ?? '', mac: fields[3] ?? '' };
      const last = page.at(-1)?.[0];
      if (last === undefined || page.length < PAGE) return;
      end = `(${last}`;
    }
  }

  /** Every entry in order, as it was written. */
  async *entries(): AsyncGenerator<{ id: string; json: string; mac: string }> {
    let start = '-';
    for (;;) {
      const page = await this.redis.xrange(STREAM, start, '+', 'COUNT', PAGE);
      for (const [id, fields] of page) yield { id, json: fields[1] ?? '', mac: fields[3] ?? '' };
      const last = page.at(-1)?.[0];
      if (last === undefined || page.length < PAGE) return;
      start = `(${last}`;
    }
  }

  /**
   * Walks the whole chain and names the first entry that was edited, removed, reordered or cut off. A log that was rolled
   * back as a whole is only found with a head that was noted elsewhere. Deletions are held against the approvals before them.
   */
  async verify(noted: Head | null = null): Promise<Verification> {
    // Before the walk: what is appended meanwhile comes after it.
    const begun = await this.head();
    const marks = [begun, ...(noted ? [noted] : [])].filter(({ n }) => n > 0);
    let last: Head = { n: 0, mac: GENESIS };
    const deletions = new DeletionReview();
    const unapproved: { at: number; problem: string }[] = [];
    for await (const { json, mac } of this.entries()) {
      const expected = last.n + 1;
      const problem = this.problemOf(json, mac, last);
      if (problem !== null) return { ok: false, at: expected, problem };
      last = { n: expected, mac };
      const entry = numbered.safeParse(JSON.parse(json));
      const wrong = entry.success ? deletions.next(entry.data) : null;
      if (wrong !== null) unapproved.push({ at: expected, problem: wrong });
      if (marks.some((mark) => mark.n === expected && mark.mac !== mac)) {
        return { ok: false, at: expected, problem: `entry ${expected} is not the one that its head was noted for` };
      }
    }
    const short = marks.find(({ n }) => n > last.n);
    const cut = (n: number) => `the log ends at entry ${last.n}, and a head says ${n}: entries were cut off`;
    if (short) return { ok: false, at: last.n + 1, problem: cut(short.n) };
    const head = await this.head();
    if (head.n < last.n)
      return { ok: false, at: head.n, problem: `the head says ${head.n}, and there are entries after it` };
    return { ok: true, head: last, unapproved };
  }

  private problemOf(json: string, mac: string, before: Head): string | null {
    const expected = before.n + 1;
    const n = numberOf(json);
    if (n !== expected) return misplaced(n, expected);
    if (macOf(this.secret, before.mac, json) !== mac) return `entry ${expected} was edited, or the key is another`;
    return null;
  }
}

function numberOf(json: string): number | null {
  try {
    const { n } = JSON.parse(json) as { n?: unknown };
    return typeof n === 'number' ? n : null;
  } catch {
    return null;
  }
}

function misplaced(found: number | null, expected: number): string {
  if (found === null) return `entry ${expected} was edited: it cannot be read`;
  if (found > expected) return `entry ${expected} was removed`;
  return `entry ${expected} is not in its place: ${found} stands there`;
}

/** `<n>:<mac>`, as heads are printed and noted. */
export const formatHead = ({ n, mac }: Head): string => `${n}:${mac}`;

export function parseHead(text: string): Head | null {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text.trim());
  return match ? { n: Number(match[1]), mac: match[2] ?? '' } : null;
}
