import { setTimeout as pause } from 'node:timers/promises';
import { OPEN, PASSING, type Row, row as rowSchema } from '../policy/ledger.ts';
import type { Move } from '../policy/ledger-moves.ts';
import type { Audit, AuditEntry } from './audit.ts';
import {
  type Check,
  commit,
  MAX_TRIES,
  type Operation,
  TooContended,
  unnamed,
  type Write,
  type Writing,
  wasDone,
  writeDocument,
} from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readOne, readRecord } from './unreadable.ts';

const OPEN_KEY = key('rows', 'open');
const PASSING_KEY = key('rows', 'passing');
/** Rows whose cards are behind: the intent to announce, written with the row and removed by whoever told it. */
const UNTOLD_KEY = key('rows', 'untold');
const BY_POD = key('rows', 'by-pod');
/** Rows whose attempts may still turn up in lists, scored by the real time until which to look (ms). */
const WATCHED_KEY = key('rows', 'watched');
/** Bumped by every write that adds to what is held, so that limits are judged on what is then written. */
const HOLDINGS = key('holdings');
const rowKey = (id: string) => key('row', id);

/** Old names are watched for a day. */
const WATCH_MS = 24 * 3_600_000;

export type Moved = { row: Row; moved: boolean };
/** Judges a write by everything that is open at that moment; a text refuses it. */
export type Judge = (open: Row[]) => string | null;
/** What the audit log says of a write, from the row as it is written. */
export type Entries = (after: Row) => AuditEntry[];
const none: Entries = () => [];

/** The ledger of pods: rows written by compare-and-swap, and the sets by which they are found. */
export class Ledger {
  private readonly redis: RedisClient;
  private readonly audit: Audit | null;
  private readonly writing: Writing;

  /** With an audit log, what is asked of RunPod and of the ledger is logged in the same step as it is written. */
  constructor(redis: RedisClient, audit: Audit | null = null, writing: Writing = unnamed) {
    this.redis = redis;
    this.audit = audit;
    this.writing = writing;
  }

  /** The same ledger, for the writes of one piece of work. */
  within(writing: Writing): Ledger {
    return new Ledger(this.redis, this.audit?.within(writing) ?? null, writing);
  }

  private commit(checks: Check[], operations: Operation[], entries: AuditEntry[], write: Write): Promise<boolean> {
    return this.audit && entries.length > 0
      ? this.audit.commit(checks, operations, entries, { write })
      : commit(this.redis, checks, operations, write);
  }

  async get(id: string): Promise<Row | null> {
    const json = await this.redis.hget(rowKey(id), 'json');
    return json === null ? null : readOne(this.redis, `row ${id}`, json, rowSchema);
  }

  async byPod(podId: string): Promise<Row | null> {
    const id = await this.redis.hget(BY_POD, podId);
    return id === null ? null : this.get(id);
  }

  /** The rows of these pods, by pod. */
  async byPods(podIds: readonly string[]): Promise<Map<string, Row>> {
    if (podIds.length === 0) return new Map();
    const ids = await this.redis.hmget(BY_POD, ...podIds);
    const rows = await this.rows(ids.filter((id): id is string => id !== null));
    return new Map(rows.flatMap((row) => (row.podId === null ? [] : [[row.podId, row] as const])));
  }

  async open(): Promise<Row[]> {
    return this.rows(await this.redis.smembers(OPEN_KEY));
  }

  async passing(): Promise<Row[]> {
    return this.rows(await this.redis.smembers(PASSING_KEY));
  }

  async untold(): Promise<string[]> {
    return this.redis.smembers(UNTOLD_KEY);
  }

  /** Rows with attempts that RunPod never answered for, from the last day. */
  async watched(realNow: number): Promise<Row[]> {
    await this.redis.zremrangebyscore(WATCHED_KEY, '-inf', String(realNow));
    return this.rows(await this.redis.zrange(WATCHED_KEY, '0', '-1'));
  }

  /** Adds a row and reserves what it holds. A refusal writes nothing. */
  async add(row: Row, judge: Judge, entries: Entries = none): Promise<{ refused: string } | { row: Row }> {
    const write = this.writing.of(rowKey(row.id));
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // The same event again, or a write whose answer was lost: it is there already.
      const known = await this.get(row.id);
      if (known) return { row: known };
      const holdings = await this.holdings();
      const refused = judge(await this.open());
      if (refused !== null) return { refused };
      const fresh = { ...row, rev: 1 };
      const done = await this.commit(
        [
          { key: HOLDINGS, rev: holdings },
          { key: rowKey(row.id), rev: 0 },
        ],
        [['HSET', HOLDINGS, 'rev', holdings + 1], ...writes(fresh)],
        entries(fresh),
        write,
      );
      if (done) return { row: fresh };
      await pause(Math.random() * 20);
    }
    throw new TooContended('the ledger');
  }

  /**
   * The row of a pod that was made elsewhere, written when somebody first acts on it; its id follows from the pod's, so
   * that all who come at once write the same. That alone is nothing to tell.
   */
  async adopt(row: Row): Promise<Row> {
    const known = row.podId === null ? null : await this.byPod(row.podId);
    if (known) return known;
    const quiet = writes({ ...row, rev: 1 }).filter(([, at]) => at !== UNTOLD_KEY);
    await commit(this.redis, [{ key: rowKey(row.id), rev: 0 }], quiet);
    return (await this.get(row.id)) ?? row;
  }

  /** A move that adds to what is held, judged by everything that is open, in the same write. */
  async moveJudged(
    id: string,
    move: Move,
    judge: Judge,
    entries: Entries = none,
  ): Promise<Moved | { refused: string } | null> {
    const write = this.writing.of(rowKey(id));
    const before = await this.doneBefore(id, write);
    if (before) return before;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const holdings = await this.holdings();
      const row = await this.get(id);
      if (!row) return null;
      const next = move(row);
      if (next === null) return (await this.doneBefore(id, write)) ?? { row, moved: false };
      const refused = judge((await this.open()).filter((other) => other.id !== id));
      if (refused !== null) return { refused };
      const written = { ...next, rev: row.rev + 1 };
      const done = await this.commit(
        [
          { key: HOLDINGS, rev: holdings },
          { key: rowKey(id), rev: row.rev },
        ],
        [['HSET', HOLDINGS, 'rev', holdings + 1], ...writes(written)],
        entries(written),
        write,
      );
      if (done) return { row: written, moved: true };
      await pause(Math.random() * 20);
    }
    throw new TooContended('the ledger');
  }

  /** Applies a pure move by compare-and-swap; `moved` is false where the row stood elsewhere. Null: no such row. */
  async move(id: string, move: Move, entries: Entries = none): Promise<Moved | null> {
    const write = this.writing.of(rowKey(id));
    const before = await this.doneBefore(id, write);
    if (before) return before;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const row = await this.get(id);
      if (!row) return null;
      const next = move(row);
      if (next === null) return (await this.doneBefore(id, write)) ?? { row, moved: false };
      const written = { ...next, rev: row.rev + 1 };
      if (await this.commit([{ key: rowKey(id), rev: row.rev }], writes(written), entries(written), write)) {
        return { row: written, moved: true };
      }
      await pause(Math.random() * 10);
    }
    throw new TooContended(`row ${id}`);
  }

  /** The row as it stands where this very move was made when its event was run before; null otherwise. */
  private async doneBefore(id: string, write: Write): Promise<Moved | null> {
    const row = (await wasDone(this.redis, write)) ? await this.get(id) : null;
    return row && { row, moved: true };
  }

  /** Every card shows `rev`; a row that moved on since stays untold. */
  async told(id: string, rev: number): Promise<void> {
    await commit(this.redis, [{ key: rowKey(id), rev }], [['SREM', UNTOLD_KEY, id]]);
  }

  private async holdings(): Promise<number> {
    return Number((await this.redis.hget(HOLDINGS, 'rev')) ?? 0);
  }

  /** One row that cannot be read is left out, and named: it must not take the others with it. */
  private async rows(ids: string[]): Promise<Row[]> {
    const found = await Promise.all(
      ids.map(async (id) => {
        const json = await this.redis.hget(rowKey(id), 'json');
        return json === null ? null : readRecord(this.redis, `row ${id}`, json, rowSchema);
      }),
    );
    return found.filter((row): row is Row => row !== null);
  }
}

function writes(row: Row): Operation[] {
  const operations: Operation[] = [
    writeDocument(rowKey(row.id), row.rev, row),
    [OPEN.includes(row.status) ? 'SADD' : 'SREM', OPEN_KEY, row.id],
    [PASSING.includes(row.status) ? 'SADD' : 'SREM', PASSING_KEY, row.id],
    ['SADD', UNTOLD_KEY, row.id],
  ];
  if (row.podId !== null) operations.push(['HSET', BY_POD, row.podId, row.id]);
  const unsure = row.attempts.filter((a) => a.state === 'ambiguous' || a.state === 'absent').map((a) => a.sentAt ?? 0);
  if (unsure.length > 0) operations.push(['ZADD', WATCHED_KEY, Math.max(...unsure) + WATCH_MS, row.id]);
  return operations;
}
