import type { Day } from '../policy/costs/days.ts';
import { type Digest, digest } from '../policy/costs/digest.ts';
import type { DigestKind } from '../policy/costs/windows.ts';
import { commit, type Operation, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readRecord } from './unreadable.ts';

/** The last day of the last window that was written, by room and kind. */
const DONE = key('digests', 'done');
/** Digests whose cards are behind: written with the digest, removed by whoever told it. */
const UNTOLD = key('digests', 'untold');
/** Those that billing may still correct. */
const UNFINISHED = key('digests', 'unfinished');
const digestKey = (id: string) => key('digest', id);

/** Kept for its Details, real ms. */
const KEPT_MS = 400 * 86_400_000;

/** One digest a room, kind and window. */
export class Digests {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async done(room: string, kind: DigestKind): Promise<Day | null> {
    return this.redis.hget(DONE, `${kind} ${room}`);
  }

  /** Nothing was ever posted: from when on windows count. An earlier answer stays. */
  async begin(room: string, kind: DigestKind, day: Day): Promise<void> {
    await this.redis.hsetnx(DONE, `${kind} ${room}`, day);
  }

  async forget(room: string, kind: DigestKind): Promise<void> {
    await this.redis.hdel(DONE, `${kind} ${room}`);
  }

  /** It was written before, when a clock was ahead: it is done. */
  async passOver({ room, kind, last }: Pick<Digest, 'room' | 'kind' | 'last'>): Promise<void> {
    await this.redis.hset(DONE, `${kind} ${room}`, last);
  }

  async get(id: string): Promise<Digest | null> {
    const json = await this.redis.hget(digestKey(id), 'json');
    return json === null ? null : readRecord(this.redis, `digest ${id}`, json, digest);
  }

  /** Writes a window's digest, that it is done and that it is to be told in one step. False where it is there already. */
  async write(fresh: Digest): Promise<boolean> {
    const operations = [['HSET', DONE, `${fresh.kind} ${fresh.room}`, fresh.last] as Operation, ...writes(fresh)];
    return commit(this.redis, [{ key: digestKey(fresh.id), rev: 0 }], operations);
  }

  /** False where somebody else changed it meanwhile. */
  async correct(before: Digest, facts: Digest['facts']): Promise<boolean> {
    const after = { ...before, rev: before.rev + 1, facts };
    return commit(this.redis, [{ key: digestKey(before.id), rev: before.rev }], writes(after));
  }

  /** Billing corrects it no more. */
  async finished(id: string): Promise<void> {
    await this.redis.srem(UNFINISHED, id);
  }

  async unfinished(): Promise<string[]> {
    return this.redis.smembers(UNFINISHED);
  }

  async untold(): Promise<string[]> {
    return this.redis.smembers(UNTOLD);
  }

  /** Every chat shows `rev`; one that moved on since stays untold. */
  async told(id: string, rev: number): Promise<void> {
    await commit(this.redis, [{ key: digestKey(id), rev }], [['SREM', UNTOLD, id]]);
  }
}

const writes = (of: Digest): Operation[] => [
  writeDocument(digestKey(of.id), of.rev, of),
  ['PEXPIRE', digestKey(of.id), KEPT_MS],
  ['SADD', UNTOLD, of.id],
  [of.facts.final ? 'SREM' : 'SADD', UNFINISHED, of.id],
];
