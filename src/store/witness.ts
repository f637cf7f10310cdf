import { z } from 'zod';
import {
  type Judgment,
  judgeStore,
  LOSS_SHOWN_MS,
  type Loss,
  type Lost,
  loss,
  type Seen,
  withMore,
} from '../policy/store-loss.ts';
import type { Audit, Head } from './audit.ts';
import { commit, MAX_TRIES, TooContended, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { Standing } from './standing.ts';
import { readRecord } from './unreadable.ts';

const STORE = key('store');
const MOST_BEFORE = 50;

const document = z.object({
  rev: z.int(),
  id: z.string(),
  since: z.number(),
  before: z.array(z.string()),
  /** No request is believed by this entry of the audit log, or by an earlier one. */
  doubted: z.int(),
  loss: loss.nullable(),
});
type StoreDocument = z.infer<typeof document>;

/** On Podwarden's clock, and in real time. */
export interface Moment {
  now: number;
  realNow: number;
}

/** What only whoever noticed it knows of a loss. */
export type Account = Pick<Loss, 'requests' | 'launches'>;

/**
 * What one process remembers of the store, held against the store: a store that was emptied, or put back to an older state,
 * cannot say so itself. Whoever notices first writes it down, so that it is said once.
 */
export class StoreWitness {
  private readonly redis: RedisClient;
  private readonly audit: Audit;
  private readonly newId: () => string;
  private readonly standing: Standing;
  private seen: Seen | null = null;

  constructor(redis: RedisClient, audit: Audit, newId: () => string) {
    this.redis = redis;
    this.audit = audit;
    this.newId = newId;
    this.standing = new Standing(redis);
  }

  /** What became of the store since the last look. `account` is asked where this process is the first to notice a loss. */
  async look(at: Moment, account: () => Promise<Account>): Promise<{ loss: Loss | null; isNew: boolean }> {
    const found = await this.read();
    // Taken for nothing, it would be said that Redis was emptied.
    if (found === 'unreadable') {
      await this.audit.follow();
      await this.standing.remember();
      return { loss: null, isNew: false };
    }
    const head = await this.audit.head();
    const judgment = await this.judge(found);
    if (found === null || judgment === 'emptied' || judgment === 'rolled-back') {
      const begun = await this.begin(found, judgment, at, account);
      // Another process was quicker: its word is read at the next look.
      if (begun === null) return { loss: null, isNew: false };
      return { loss: begun.loss, isNew: begun.loss !== null };
    }
    if (found.doubted > 0) this.audit.doubt(found.doubted);
    await this.audit.follow();
    await this.standing.remember();
    const isNew = judgment === 'noticed';
    const loss = isNew ? await this.add(await account()) : found.loss;
    await this.saw(found, head);
    return { loss, isNew };
  }

  /** The loss that is shown now; null for none. */
  async loss(now: number): Promise<Loss | null> {
    const found = await this.read();
    const loss = found === 'unreadable' ? null : found?.loss;
    return loss && now - loss.at < LOSS_SHOWN_MS ? loss : null;
  }

  /** Lost requests of which whoever asked was not told: each is given to one caller, who tells. */
  async takeUntold(): Promise<{ kind: Loss['kind']; requests: Lost[] } | null> {
    const found = await this.read();
    const loss = found === 'unreadable' ? null : found?.loss;
    const requests = loss?.requests.filter(({ id }) => !loss.told.includes(id)) ?? [];
    if (!found || found === 'unreadable' || !loss || requests.length === 0) return null;
    const told = [...loss.told, ...requests.map(({ id }) => id)];
    return (await this.write({ ...found, loss: { ...loss, told } })) ? { kind: loss.kind, requests } : null;
  }

  /** What this process knows of a loss that another noticed first. */
  private async add(more: Account): Promise<Loss | null> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.read();
      if (found === 'unreadable' || !found?.loss) return null;
      const loss = withMore(found.loss, more);
      const isMore =
        loss.requests.length + loss.launches.length > found.loss.requests.length + found.loss.launches.length;
      if (!isMore || (await this.write({ ...found, loss }))) return loss;
    }
    throw new TooContended('the loss of the store');
  }

  private async judge(found: StoreDocument | null): Promise<Judgment> {
    if (this.seen === null) return 'same';
    const { id = null, since = 0, before = [] } = found ?? {};
    const macAtHead = await this.audit.macAt(this.seen.head.n);
    return judgeStore(this.seen, { id, since, before, macAtHead, origin: await this.audit.macAt(1) });
  }

  /** Names the store: a new one, and one that lost what it held. Null where another process did so meanwhile. */
  private async begin(
    found: StoreDocument | null,
    judgment: Judgment,
    { now, realNow }: Moment,
    account: () => Promise<Account>,
  ): Promise<StoreDocument | null> {
    const { seen } = this;
    const isLoss = seen !== null && (judgment === 'emptied' || judgment === 'rolled-back');
    const head = await this.audit.head();
    const back = isLoss ? await this.standing.missing() : { checks: [], operations: [], words: [] };
    const before = [...(found?.before ?? []), ...(found ? [found.id] : []), ...(seen ? [seen.id] : [])];
    const next: StoreDocument = {
      rev: (found?.rev ?? 0) + 1,
      id: seen !== null && !isLoss ? seen.id : this.newId(),
      since: realNow,
      before: [...new Set(before)].slice(-MOST_BEFORE),
      doubted: judgment === 'rolled-back' ? head.n : (found?.doubted ?? 0),
      loss: isLoss
        ? {
            kind: judgment,
            at: now,
            entryBefore: seen.head.n,
            entryAfter: head.n,
            ...(await account()),
            restored: back.words,
            told: [],
          }
        : null,
    };
    const checks = [{ key: STORE, rev: found?.rev ?? 0 }, ...back.checks];
    const operations = [writeDocument(STORE, next.rev, next), ...back.operations];
    const facts = { entries: seen?.head.n ?? 0, head: seen?.head.mac ?? '' };
    const entry = { at: now, kind: `store-${judgment}`, actor: null, subject: null, facts };
    const done = isLoss
      ? await this.audit.commit(checks, operations, [entry])
      : await commit(this.redis, checks, operations);
    if (!done) return null;
    if (next.doubted > 0) this.audit.doubt(next.doubted);
    await this.audit.follow();
    await this.standing.remember();
    await this.saw(next, await this.audit.head());
    return next;
  }

  private async saw({ id, since }: StoreDocument, head: Head): Promise<void> {
    this.seen = { id, since, head, origin: head.n === 0 ? null : await this.audit.macAt(1) };
  }

  /** False where another process was quicker. */
  private async write(now: StoreDocument): Promise<boolean> {
    const next = { ...now, rev: now.rev + 1 };
    return commit(this.redis, [{ key: STORE, rev: now.rev }], [writeDocument(STORE, next.rev, next)]);
  }

  private async read(): Promise<StoreDocument | 'unreadable' | null> {
    const json = await this.redis.hget(STORE, 'json');
    if (json === null) return null;
    return (await readRecord(this.redis, 'name of the store', json, document)) ?? 'unreadable';
  }
}
