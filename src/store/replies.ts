import type { Audit } from './audit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** An interaction's own address lives 15 minutes on one chat and 30 on the other; nothing of it is kept longer. */
const TTL_MS = 15 * 60_000;
/** Whom the answer is for is kept for longer: after that it goes by direct message. */
const OWNER_TTL_MS = 24 * 3_600_000;

const KIND = 'reply';
/** Of a signature, in hexadecimal digits. */
const MAC_LENGTH = 64;

/** Stands where an answer was given, for as long as its event may be run again. */
export const GIVEN = 'given';

export interface PendingReply {
  chat: string;
  account: string;
  /** Opaque to everybody but the front that made it; null once it has lapsed. */
  ref: unknown;
  /** What a worker found out, for the bot to render; private to the person who asked. */
  result: unknown;
}

/** What is kept of a reply, each signed as what it is. */
type Stored = 'owner' | 'address';

/**
 * Answers that a worker owes to one person. Kept apart from jobs, because they hold tokens and addresses. Signed: a button
 * in an answer of ours is pressed for what the words above it say, so nobody with Redis alone may write one.
 */
export class Replies {
  private readonly redis: RedisClient;
  private readonly audit: Pick<Audit, 'sign' | 'isSigned'>;

  constructor(redis: RedisClient, audit: Pick<Audit, 'sign' | 'isSigned'>) {
    this.redis = redis;
    this.audit = audit;
  }

  /** Once: an event that is run again keeps the reply that it kept before, also where that was given meanwhile. */
  async keep(id: string, reply: Omit<PendingReply, 'result'>, result: object | null = null): Promise<void> {
    const { ref, ...owner } = reply;
    await this.redis.set(key('reply', id), this.signed(id, 'address', { ref }), 'PX', TTL_MS);
    const kept = this.signed(id, 'owner', { ...owner, result });
    await this.redis.set(key('reply-owner', id), kept, 'PX', OWNER_TTL_MS, 'NX');
  }

  /** What was found out lives as briefly as an open answer does. No effect where nobody waits any more. */
  async fill(id: string, result: object): Promise<void> {
    const owner = this.proven(id, 'owner', await this.redis.get(key('reply-owner', id)));
    if (owner === null) return;
    await this.redis.set(key('reply-owner', id), this.signed(id, 'owner', { ...owner, result }), 'PX', TTL_MS);
  }

  /** Null also where it is not as it was kept; it goes by direct message where its address is not. */
  async get(id: string): Promise<PendingReply | null> {
    const [owner, address] = await Promise.all([
      this.redis.get(key('reply-owner', id)),
      this.redis.get(key('reply', id)),
    ]);
    const proven = this.proven(id, 'owner', owner) as Omit<PendingReply, 'ref'> | null;
    const ref = (this.proven(id, 'address', address) as { ref: unknown } | null)?.ref ?? null;
    return proven && { ...proven, ref };
  }

  async done(id: string): Promise<void> {
    await Promise.all([this.redis.del(key('reply', id)), this.redis.set(key('reply-owner', id), GIVEN, 'PX', TTL_MS)]);
  }

  private signed(id: string, what: Stored, value: object): string {
    const json = JSON.stringify(value);
    return `${this.audit.sign(KIND, `${id} ${what}\n${json}`)}${json}`;
  }

  private proven(id: string, what: Stored, stored: string | null): object | null {
    const [mac, json] = [stored?.slice(0, MAC_LENGTH) ?? '', stored?.slice(MAC_LENGTH) ?? ''];
    return this.audit.isSigned(KIND, `${id} ${what}\n${json}`, mac) ? (JSON.parse(json) as object) : null;
  }
}
