import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { personRef } from '../policy/identity.ts';
import type { Claim } from '../policy/ownership.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { MAX_TRIES, TooContended, unnamed, type Writing, wasDone, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readEntries, readOne, unlessUnreadable } from './unreadable.ts';

const OWNERS = key('owners');
const claim = z.object({ by: personRef.nullable(), room: z.string().nullable(), at: z.number() });
const document = z.object({ rev: z.int(), pods: z.record(z.string(), z.unknown()) });

interface Read {
  rev: number;
  pods: Record<string, Claim>;
  /** As it stands. */
  unreadable: Record<string, unknown>;
}

/** Whom pods belong to, where somebody said so. RunPod has no tags to keep it in. */
export class Owners {
  private readonly redis: RedisClient;
  private readonly audit: Audit;
  private readonly writing: Writing;

  constructor(redis: RedisClient, audit: Audit, writing: Writing = unnamed) {
    this.redis = redis;
    this.audit = audit;
    this.writing = writing;
  }

  /** The same owners, for the writes of one piece of work. */
  within(writing: Writing): Owners {
    return new Owners(this.redis, this.audit.within(writing), writing);
  }

  /** One claim that cannot be read is left out, and named; all of them, where nothing of it reads. */
  async all(): Promise<ReadonlyMap<string, Claim>> {
    return (await this.known()).claims;
  }

  /** `isWhole` false: there is one more, of which nobody knows what it is. `isUnclear`: it may be that pod's. */
  async known(): Promise<{
    claims: ReadonlyMap<string, Claim>;
    isWhole: boolean;
    isUnclear: (podId: string) => boolean;
  }> {
    const read = await unlessUnreadable(this.read(), null);
    const isUnclear = (podId: string) => read === null || Object.hasOwn(read.unreadable, podId);
    const isWhole = read !== null && Object.keys(read.unreadable).length === 0;
    return { claims: new Map(Object.entries(read?.pods ?? {})), isWhole, isUnclear };
  }

  /** @throws Error where that claim cannot be read: whose the pod is decides whether it may be deleted. */
  async of(podId: string): Promise<Claim | null> {
    const { pods, unreadable } = await this.read();
    if (Object.hasOwn(unreadable, podId)) throw new Error(`the claim of pod ${podId} cannot be read`);
    return pods[podId] ?? null;
  }

  /** Changes what is said of pods, and logs it. Null from `change` leaves all as it is; gives whether it was written. */
  async change(
    change: (pods: Readonly<Record<string, Claim>>) => Record<string, Claim> | null,
    entries: AuditEntry[],
  ): Promise<boolean> {
    const write = this.writing.of(OWNERS);
    if (await wasDone(this.redis, write)) return true;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { rev, pods, unreadable } = await this.read();
      const next = change(pods);
      if (next === null) return false;
      // Another release may read what this one does not.
      const written = { rev: rev + 1, pods: { ...unreadable, ...next } };
      if (
        await this.audit.commit([{ key: OWNERS, rev }], [writeDocument(OWNERS, rev + 1, written)], entries, { write })
      )
        return true;
      await pause(Math.random() * 10);
    }
    throw new TooContended('the owners');
  }

  private async read(): Promise<Read> {
    const json = await this.redis.hget(OWNERS, 'json');
    if (json === null) return { rev: 0, pods: {}, unreadable: {} };
    const { rev, pods } = await readOne(this.redis, 'claims of pods', json, document);
    const { good, bad } = await readEntries(this.redis, 'claim of pod', pods, claim);
    return { rev, pods: good, unreadable: bad };
  }
}
