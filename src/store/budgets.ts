import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Budget, budget, type Scope } from '../policy/costs/budgets.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { MAX_TRIES, TooContended, unnamed, type Writing, wasDone, writeDocument } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readEntries, readOne, unlessUnreadable } from './unreadable.ts';

const BUDGETS = key('budgets');
const document = z.object({ rev: z.int(), scopes: z.record(z.string(), z.unknown()) });

interface Read {
  rev: number;
  scopes: Record<Scope, Budget>;
  /** As it stands. */
  unreadable: Record<string, unknown>;
}

/** Budgets that were set in chat: they replace those of the policy file, scope by scope. */
export class Budgets {
  private readonly redis: RedisClient;
  private readonly audit: Audit;
  private readonly writing: Writing;

  constructor(redis: RedisClient, audit: Audit, writing: Writing = unnamed) {
    this.redis = redis;
    this.audit = audit;
    this.writing = writing;
  }

  /** The same budgets, for the writes of one piece of work. */
  within(writing: Writing): Budgets {
    return new Budgets(this.redis, this.audit.within(writing), writing);
  }

  /** One that cannot be read is left out, and named. */
  async all(): Promise<ReadonlyMap<Scope, Budget>> {
    return (await this.set()).budgets;
  }

  /** `isWhole` false: there is one more, of which nobody knows what it is. */
  async set(): Promise<{ budgets: ReadonlyMap<Scope, Budget>; isWhole: boolean }> {
    const read = await unlessUnreadable(this.read(), null);
    if (read === null) return { budgets: new Map(), isWhole: false };
    const { scopes, unreadable } = read;
    return { budgets: new Map(Object.entries(scopes)), isWhole: Object.keys(unreadable).length === 0 };
  }

  /** Changes one scope's budget from what was set before (null: nothing), and logs it in the same step. False where its event had done so before. */
  async change(scope: Scope, change: (before: Budget | null) => { next: Budget; entry: AuditEntry }): Promise<boolean> {
    const write = this.writing.of(`${BUDGETS} ${scope}`);
    if (await wasDone(this.redis, write)) return false;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { rev, scopes, unreadable } = await this.read();
      const { next, entry } = change(scopes[scope] ?? null);
      const written = { rev: rev + 1, scopes: { ...unreadable, ...scopes, [scope]: next } };
      if (
        await this.audit.commit([{ key: BUDGETS, rev }], [writeDocument(BUDGETS, rev + 1, written)], [entry], { write })
      )
        return true;
      await pause(Math.random() * 10);
    }
    throw new TooContended('the budgets');
  }

  private async read(): Promise<Read> {
    const json = await this.redis.hget(BUDGETS, 'json');
    if (json === null) return { rev: 0, scopes: {}, unreadable: {} };
    const { rev, scopes } = await readOne(this.redis, 'budgets', json, document);
    const { good, bad } = await readEntries(this.redis, 'budget of', scopes, budget);
    return { rev, scopes: good, unreadable: bad };
  }
}
