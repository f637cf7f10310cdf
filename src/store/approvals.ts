import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Approval, approval as approvalSchema, isOpen } from '../policy/approval.ts';
import type { ApprovalMove } from '../policy/approval-moves.ts';
import { asVoid, canonical, type Problem, recordPayload, voteHolds, votePayload } from '../policy/approval-seal.ts';
import { type Breaker, breaker as breakerSchema } from '../policy/breaker.ts';
import { personRef } from '../policy/identity.ts';
import { BREAKER_KEY, batchKey, OPEN_KEY, podKey, podWrites, recordKey, UNTOLD_KEY, untold } from './approval-keys.ts';
import type { Audit, AuditEntry } from './audit.ts';
import {
  type Check,
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
import { readOne, readRecord } from './unreadable.ts';

/** Requests of one form: they share a card. Written once. */
const batch = z.object({
  id: z.string(),
  approvals: z.array(z.string()),
  by: personRef,
  room: z.string(),
  createdAt: z.number(),
});
export type Batch = z.infer<typeof batch>;

const ofPod = z.object({ rev: z.int(), open: z.string().nullable() });

export type Moved = { record: Approval; moved: boolean };
/** What the log says of a move, from the record before and after it. */
export type Entry = (after: Approval, before: Approval) => AuditEntry[];

/** A record as Redis holds it, and the signature that stands beside it. */
interface Stored {
  record: Approval;
  seal: string;
  problem: Problem | null;
}

const REQUEST = 'request';
const VOTE = 'vote';

/**
 * Requests to terminate, each written together with what the audit log says of it. Redis is not trusted: a record is signed
 * with a key that Redis does not hold, its entry in the log names revision and signature, and a record is only moved while
 * the newest entry about it names it. One that fails this reads as void.
 */
export class Approvals {
  private readonly redis: RedisClient;
  private readonly audit: Audit;
  private readonly writing: Writing;

  constructor(redis: RedisClient, audit: Audit, writing: Writing = unnamed) {
    this.redis = redis;
    this.audit = audit;
    this.writing = writing;
  }

  /** The same requests, for the writes of one piece of work. */
  within(writing: Writing): Approvals {
    return new Approvals(this.redis, this.audit.within(writing), writing);
  }

  /** The record; void, whatever stands in it, where its signature does not hold. */
  async get(id: string): Promise<Approval | null> {
    const stored = await this.load(id);
    return stored && seen(stored.record, stored.problem);
  }

  /** The same, and void also where the log saw another state of it last. For whoever acts on it. */
  async proven(id: string): Promise<Approval | null> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const stored = await this.load(id);
      if (!stored) return null;
      const problem = stored.problem ?? (await this.behindLog(stored));
      // Read before its entry, it may only have moved on.
      if (problem === null || stored.problem !== null || (await this.load(id))?.seal === stored.seal)
        return seen(stored.record, problem);
    }
    throw new TooContended(`request ${id}`);
  }

  /** Writes that a record is void which somebody altered outside of Podwarden. Null where nothing is wrong with it. */
  async voidAltered(id: string, at: number): Promise<Approval | null> {
    const altered = await this.proven(id);
    if (!altered?.altered) return null;
    const logged = await this.audit.newestOf(id);
    const rev = Math.max(typeof logged === 'object' ? (logged?.rev ?? 0) : 0, Math.min(altered.rev, 1e9)) + 1;
    const written = { ...asVoid(altered, altered.altered, at), rev };
    const [pod, batch] = await Promise.all([this.pod(written.podId), this.batch(written.batch)]);
    const operations = [
      ...this.recordWrites(written),
      ...(pod.open === id ? podWrites(written, pod.rev) : []),
      ...(batch?.approvals.includes(id) ? untold(written) : []),
    ];
    const about = { request: id, pod: written.podId.slice(0, 64), status: written.status, why: altered.altered };
    const entry = { at, kind: 'request-altered', actor: null, subject: about.pod, facts: about };
    return (await this.audit.commit([], operations, this.stamped([entry], written))) ? written : null;
  }

  async batch(id: string): Promise<Batch | null> {
    const json = await this.redis.hget(batchKey(id), 'json');
    return json === null ? null : readRecord(this.redis, `form ${id}`, json, batch);
  }

  /**
   * The list is not signed, and each record says of which form it is: nobody who decides on a card decides on another's.
   * One that was altered is void whatever it says, and stays where it is listed.
   */
  async inBatch(id: string): Promise<Approval[]> {
    const found = await this.batch(id);
    const listed = found ? await this.records(found.approvals) : [];
    return listed.filter((record) => record.altered || record.batch === id);
  }

  async open(): Promise<Approval[]> {
    return this.records(await this.redis.smembers(OPEN_KEY));
  }

  /** The open request for a pod; null where there is none. */
  async forPod(podId: string): Promise<Approval | null> {
    const { open } = await this.pod(podId);
    const record = open === null ? null : await this.get(open);
    return record && isOpen(record.status) ? record : null;
  }

  /** Batches whose cards are behind. */
  async untold(): Promise<string[]> {
    return this.redis.smembers(UNTOLD_KEY);
  }

  /** Every card shows the sum of revisions `rev`; a batch that moved on since stays untold. */
  async told(id: string, revisions: number): Promise<void> {
    const now = await this.inBatch(id);
    if (now.reduce((sum, { rev }) => sum + rev, 0) === revisions) await this.redis.srem(UNTOLD_KEY, id);
  }

  /**
   * Adds the requests of one form. A pod that has an open one keeps it: those are given back, and only the others are
   * written. `guard` is what the records were made from; null where that has moved on, so that they must be made anew.
   */
  async add(
    wanted: readonly Approval[],
    guard: Check,
    entries: (records: Approval[]) => AuditEntry[],
  ): Promise<{ added: Approval[]; known: Approval[] } | null> {
    const form = wanted[0]?.batch ?? '';
    const write = this.writing.of(batchKey(form));
    // The event was begun before, and a form's batch is written as a whole.
    if (write.again && (await this.batch(form))) return { added: await this.inBatch(form), known: [] };
    // Whoever put its event back may have deleted what became of it: what was denied is not asked for anew.
    if (write.again) await this.audit.neverNamed(wanted.map(({ id }) => id));
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (Number((await this.redis.hget(guard.key, 'rev')) ?? 0) !== guard.rev) return null;
      const pods = await Promise.all(wanted.map(({ podId }) => this.pod(podId)));
      const open = await Promise.all(wanted.map(({ podId }) => this.forPod(podId)));
      const known = open.filter((record): record is Approval => record !== null);
      const added = wanted.filter((_, i) => open[i] === null).map((record) => ({ ...record, rev: 1 }));
      const [first] = added;
      if (!first) return { added: [], known };
      const revs = new Map(wanted.map(({ podId }, i) => [podId, pods[i]?.rev ?? 0]));
      const { batch: id, by, room, createdAt } = first;
      const checks: Check[] = [
        guard,
        { key: batchKey(id), rev: 0 },
        ...added.flatMap(({ id, podId }) => [
          { key: recordKey(id), rev: 0 },
          { key: podKey(podId), rev: revs.get(podId) ?? 0 },
        ]),
      ];
      const shared: Batch = { id, approvals: added.map((record) => record.id), by, room, createdAt };
      const operations = [
        writeDocument(batchKey(id), 1, shared),
        ...added.flatMap((record) => this.writes(record, revs.get(record.podId) ?? 0)),
      ];
      const log = added.reduce((all, record) => this.stamped(all, record, { quorum: record.quorum }), entries(added));
      if (await this.audit.commit(checks, operations, log, { write })) return { added, known };
      // The same event again, or a write whose answer was lost.
      if (await this.batch(id)) return { added: await this.inBatch(id), known };
      await pause(Math.random() * 20);
    }
    throw new TooContended('requests');
  }

  /** The record where the next move on it was made when its event was run before; null otherwise. */
  async doneBefore(id: string): Promise<Approval | null> {
    return (await wasDone(this.redis, this.writing.peek(recordKey(id)))) ? this.get(id) : null;
  }

  /** Applies a pure move by compare-and-swap; `moved` is false where the record stood elsewhere. Null: no such record. */
  async move(id: string, move: ApprovalMove, entries: Entry): Promise<Moved | null> {
    const write = this.writing.of(recordKey(id));
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const stored = await this.load(id);
      if (!stored) return null;
      const record = seen(stored.record, stored.problem);
      if (await wasDone(this.redis, write)) return { record, moved: true };
      const next = move(record);
      if (next === null) return { record, moved: await wasDone(this.redis, write) };
      const written = this.votesSigned({ ...next, rev: record.rev + 1 }, record);
      const result = await this.write(written, stored, entries(written, record), { write });
      if (result === 'written') return { record: written, moved: true };
      if (result !== 'lost' && (await this.load(id))?.seal === stored.seal)
        return { record: asVoid(record, result), moved: false };
      await pause(Math.random() * 10);
    }
    throw new TooContended(`request ${id}`);
  }

  /**
   * The claim to send, on exactly the record that was judged: no move is tried again on a newer one. The breaker counts in
   * the same step. `tripped` where this would be one too many, `altered` where something is wrong with the record.
   */
  async claim(
    judged: Approval,
    move: ApprovalMove,
    count: (state: Breaker) => Breaker | null,
    entries: Entry,
  ): Promise<'claimed' | 'lost' | 'tripped' | 'altered'> {
    const stored = await this.load(judged.id);
    if (stored?.problem) return 'altered';
    if (!stored || canonical(stored.record) !== canonical(judged)) return 'lost';
    const next = move(judged);
    if (next === null) return 'lost';
    const state = await this.breaker();
    const counted = count(state);
    if (counted === null) return 'tripped';
    const written = { ...next, rev: judged.rev + 1 };
    const result = await this.write(written, stored, entries(written, judged), {
      checks: [{ key: BREAKER_KEY, rev: state.rev }],
      operations: [writeDocument(BREAKER_KEY, counted.rev, counted)],
    });
    if (result === 'written') return 'claimed';
    return result !== 'lost' && (await this.load(judged.id))?.seal === stored.seal ? 'altered' : 'lost';
  }

  /** The record and its entries, if it is still the one that was read and the log saw none after it. */
  private async write(
    written: Approval,
    before: Stored,
    entries: AuditEntry[],
    also: { checks?: Check[]; operations?: Operation[]; write?: Write } = {},
  ): Promise<'written' | 'lost' | Problem> {
    const pod = await this.pod(written.podId);
    const checks = [
      { key: recordKey(written.id), rev: before.record.rev },
      { key: podKey(written.podId), rev: pod.rev },
      ...(also.checks ?? []),
    ];
    const operations = [...this.writes(written, pod.rev), ...(also.operations ?? [])];
    let problem: Problem | null = null;
    const isNewest = async () => {
      problem = await this.behindLog(before);
      return problem === null;
    };
    const committing = { holds: isNewest, ...(also.write ? { write: also.write } : {}) };
    const done = await this.audit.commit(checks, operations, this.stamped(entries, written), committing);
    return done ? 'written' : (problem ?? 'lost');
  }

  private async load(id: string): Promise<Stored | null> {
    const [rev, json, seal] = await this.redis.hmget(recordKey(id), 'rev', 'json', 'seal');
    const record = json ? await readRecord(this.redis, `request ${id}`, json, approvalSchema) : null;
    if (!json || !record) return null;
    const whole = record.id === id && String(record.rev) === rev;
    const stored = { record: { ...record, id }, seal: seal ?? '' };
    if (seal === null) return { ...stored, problem: 'unsigned' };
    const signed = (kind: string) => (payload: string, mac: string) => this.audit.isSigned(kind, payload, mac);
    const holds = whole && signed(REQUEST)(recordPayload(id, json), stored.seal);
    const votesHold = record.altered || record.votes.every((vote) => voteHolds(record, vote, signed(VOTE)));
    return { ...stored, problem: holds && votesHold ? null : 'altered' };
  }

  /** What is wrong where the newest entry about a record is not the one of the state that it is in. */
  private async behindLog({ record, seal }: Stored): Promise<Problem | null> {
    const logged = await this.audit.newestOf(record.id);
    if (logged === 'put-back') return 'rolled-back';
    if (logged === null || logged === 'unreadable') return seal === '' ? null : 'unlogged';
    return logged.rev === record.rev && logged.seal === seal ? null : 'rolled-back';
  }

  private votesSigned(record: Approval, before: Approval): Approval {
    const votes = record.votes.map((vote, i) => {
      if (vote.signed || i < before.votes.length) return vote;
      const given = { accounts: vote.accounts, fingerprint: record.fingerprint };
      return { ...vote, signed: { ...given, mac: this.audit.sign(VOTE, votePayload(record, vote, given)) } };
    });
    return { ...record, votes };
  }

  private sealOf(record: Approval): string {
    return this.audit.sign(REQUEST, recordPayload(record.id, JSON.stringify(record)));
  }

  /** The entries, with revision and signature in the last that is about this record: in one of its own where none is. */
  private stamped(entries: AuditEntry[], record: Approval, more: AuditEntry['facts'] = {}): AuditEntry[] {
    const { id, podId, status, since, rev } = record;
    const at = entries.findLastIndex(({ facts, subject }) => facts.request === id || subject === id);
    const own = { at: since, kind: 'request-kept', actor: null, subject: podId, facts: { pod: podId, status } };
    const about = entries[at] ?? own;
    const stamp = { ...about, facts: { ...about.facts, request: id, ...more, rev, seal: this.sealOf(record) } };
    return at === -1 ? [...entries, stamp] : entries.with(at, stamp);
  }

  private writes(record: Approval, podRev: number): Operation[] {
    return [...this.recordWrites(record), ...podWrites(record, podRev), ...untold(record)];
  }

  private recordWrites(record: Approval): Operation[] {
    return [
      writeDocument(recordKey(record.id), record.rev, record),
      ['HSET', recordKey(record.id), 'seal', this.sealOf(record)],
      [isOpen(record.status) ? 'SADD' : 'SREM', OPEN_KEY, record.id],
    ];
  }

  private async breaker(): Promise<Breaker> {
    const json = await this.redis.hget(BREAKER_KEY, 'json');
    return json === null ? { rev: 0, runs: [] } : readOne(this.redis, 'the breaker', json, breakerSchema);
  }

  private async pod(podId: string): Promise<z.infer<typeof ofPod>> {
    const json = await this.redis.hget(podKey(podId), 'json');
    return json === null ? { rev: 0, open: null } : readOne(this.redis, `request for pod ${podId}`, json, ofPod);
  }

  private async records(ids: readonly string[]): Promise<Approval[]> {
    const found = await Promise.all(ids.map((id) => this.get(id)));
    return found.filter((record): record is Approval => record !== null);
  }
}

const seen = (record: Approval, problem: Problem | null): Approval =>
  problem === null ? record : asVoid(record, problem);
