import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Approval, approval as approvalSchema, isOpen } from '../policy/approval.ts';
import type { ApprovalMove } from '../policy/approval-moves.ts';
import { type Breaker, breaker as breakerSchema } from '../policy/breaker.ts';
import { personRef } from '../policy/identity.ts';
import type { Audit, AuditEntry } from './audit.ts';
import {
  type Check,
  MAX_TRIES,
  type Operation,
  TooContended,
  unnamed,
  type Writing,
  wasDone,
  writeDocument,
} from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

const OPEN_KEY = key('approvals', 'open');
const UNTOLD_KEY = key('approvals', 'untold');
const BREAKER_KEY = key('approvals', 'breaker');
const recordKey = (id: string) => key('approval', id);
const batchKey = (id: string) => key('approval-batch', id);
/** Which request is open for a pod: a document, so that of two at once one is refused. */
const podKey = (podId: string) => key('approval-pod', podId);

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

/** Requests to terminate, each written together with what the audit log says of it. */
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

  async get(id: string): Promise<Approval | null> {
    const json = await this.redis.hget(recordKey(id), 'json');
    return json === null ? null : approvalSchema.parse(JSON.parse(json));
  }

  async batch(id: string): Promise<Batch | null> {
    const json = await this.redis.hget(batchKey(id), 'json');
    return json === null ? null : batch.parse(JSON.parse(json));
  }

  async inBatch(id: string): Promise<Approval[]> {
    const found = await this.batch(id);
    return found ? this.records(found.approvals) : [];
  }

  async open(): Promise<Approval[]> {
    return this.records(await this.redis.smembers(OPEN_KEY));
  }

  /** The open request for a pod; null where there is none. */
  async forPod(podId: string): Promise<Approval | null> {
    const { open } = await this.pod(podId);
    return open === null ? null : this.get(open);
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
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (Number((await this.redis.hget(guard.key, 'rev')) ?? 0) !== guard.rev) return null;
      const pods = await Promise.all(wanted.map(({ podId }) => this.pod(podId)));
      const open = await Promise.all(pods.map((pod) => (pod.open === null ? null : this.get(pod.open))));
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
        ...added.flatMap((record) => writes(record, revs.get(record.podId) ?? 0)),
      ];
      if (await this.audit.commit(checks, operations, entries(added), write)) return { added, known };
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
      const record = await this.get(id);
      if (!record) return null;
      if (await wasDone(this.redis, write)) return { record, moved: true };
      const next = move(record);
      if (next === null) return { record, moved: await wasDone(this.redis, write) };
      const written = { ...next, rev: record.rev + 1 };
      const pod = await this.pod(record.podId);
      const checks = [
        { key: recordKey(id), rev: record.rev },
        { key: podKey(record.podId), rev: pod.rev },
      ];
      if (await this.audit.commit(checks, writes(written, pod.rev), entries(written, record), write)) {
        return { record: written, moved: true };
      }
      await pause(Math.random() * 10);
    }
    throw new TooContended(`request ${id}`);
  }

  /**
   * The claim to send, on exactly the record that was judged: no move is tried again on a newer one. The breaker counts in
   * the same step. `tripped` where this would be one too many.
   */
  async claim(
    judged: Approval,
    move: ApprovalMove,
    count: (state: Breaker) => Breaker | null,
    entries: Entry,
  ): Promise<'claimed' | 'lost' | 'tripped'> {
    const next = move(judged);
    if (next === null) return 'lost';
    const state = await this.breaker();
    const counted = count(state);
    if (counted === null) return 'tripped';
    const written = { ...next, rev: judged.rev + 1 };
    const pod = await this.pod(judged.podId);
    const checks = [
      { key: recordKey(judged.id), rev: judged.rev },
      { key: podKey(judged.podId), rev: pod.rev },
      { key: BREAKER_KEY, rev: state.rev },
    ];
    const operations = [...writes(written, pod.rev), writeDocument(BREAKER_KEY, counted.rev, counted)];
    return (await this.audit.commit(checks, operations, entries(written, judged))) ? 'claimed' : 'lost';
  }

  private async breaker(): Promise<Breaker> {
    const json = await this.redis.hget(BREAKER_KEY, 'json');
    return json === null ? { rev: 0, runs: [] } : breakerSchema.parse(JSON.parse(json));
  }

  private async pod(podId: string): Promise<z.infer<typeof ofPod>> {
    const json = await this.redis.hget(podKey(podId), 'json');
    return json === null ? { rev: 0, open: null } : ofPod.parse(JSON.parse(json));
  }

  private async records(ids: readonly string[]): Promise<Approval[]> {
    const found = await Promise.all(ids.map((id) => this.get(id)));
    return found.filter((record): record is Approval => record !== null);
  }
}

function writes(record: Approval, podRev: number): Operation[] {
  const open = isOpen(record.status);
  return [
    writeDocument(recordKey(record.id), record.rev, record),
    writeDocument(podKey(record.podId), podRev + 1, { rev: podRev + 1, open: open ? record.id : null }),
    [open ? 'SADD' : 'SREM', OPEN_KEY, record.id],
    ['SADD', UNTOLD_KEY, record.batch],
  ];
}
