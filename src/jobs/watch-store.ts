import { blindHit, STORE_SUBJECT } from '../policy/findings/blind.ts';
import { type Row, spokenRow } from '../policy/ledger.ts';
import { spokenName } from '../policy/pod-names.ts';
import { LOSS_SHOWN_MS, type Loss, type Lost, lossText } from '../policy/store-loss.ts';
import { unlessUnreadable } from '../store/unreadable.ts';
import type { Account, StoreWitness } from '../store/witness.ts';
import type { GovernedContext } from './approvals.ts';
import { defaultRoom } from './scan-world.ts';
import { type WatchContext, watchSubject } from './watch.ts';

type StoreWatchContext = WatchContext &
  Pick<GovernedContext, 'approvals' | 'ledger'> & {
    witness: StoreWitness;
    /** What has to be begun again where Redis lost it. */
    noticed?: (loss: Loss) => Promise<void>;
  };

/**
 * Looks whether Redis still is the one that it was a moment ago, from a process that Redis cannot make forget. Called on a
 * real timer: what hangs on a queue ends with the queue.
 */
export class StoreWatch {
  private readonly context: StoreWatchContext;
  private open: Account = { requests: [], launches: [] };
  private overAt: number | null = null;

  constructor(context: StoreWatchContext) {
    this.context = context;
  }

  async look(): Promise<void> {
    const { witness, clocks, log, noticed } = this.context;
    const at = { now: clocks.now(), realNow: clocks.realNow() };
    const { loss, isNew } = await witness.look(at, () => this.missing());
    if (loss && isNew) {
      const { kind, entryBefore, entryAfter, requests, launches, restored } = loss;
      log.error({ kind, entryBefore, entryAfter, requests, launches, restored }, 'Redis lost what it held');
      await noticed?.(loss);
    }
    if (loss) await this.judge(loss, at.now);
    this.open = await this.underWay();
  }

  /** Until a day has passed; what is over is not looked at again. */
  private async judge(loss: Loss, now: number): Promise<void> {
    if (this.overAt === loss.at) return;
    const isOver = now - loss.at >= LOSS_SHOWN_MS;
    const text = lossText(loss);
    const hit = blindHit(loss.kind, STORE_SUBJECT, loss.at, text, now, defaultRoom(this.context));
    const hits = isOver ? [] : [{ ...hit, mark: text }];
    await watchSubject(STORE_SUBJECT, () => hits, this.context);
    if (isOver) this.overAt = loss.at;
  }

  private async underWay(): Promise<Account> {
    const [requests, rows] = await Promise.all([this.context.approvals.open(), this.context.ledger.passing()]);
    return {
      requests: requests.map(({ id, facts, by }): Lost => ({ id, name: spokenName(facts.name), by })),
      launches: rows.map((row): Lost => ({ id: row.id, name: nameOf(row), by: askedBy(row) })),
    };
  }

  /** What was under way at the last look, and is not there now. */
  private async missing(): Promise<Account> {
    const { approvals, ledger } = this.context;
    const requests = await absent(this.open.requests, (id) => approvals.get(id));
    return { requests, launches: await absent(this.open.launches, (id) => ledger.get(id)) };
  }
}

/** What was asked for is called by what its pod was to be called, before there is one. */
const nameOf = (row: Row): string =>
  row.facts || row.attempts.length > 0 ? spokenName(spokenRow(row)) : (row.spec?.middle ?? spokenRow(row));

const askedBy = ({ task, by }: Row) => (task?.state === 'open' ? task.by : by);

async function absent(all: readonly Lost[], get: (id: string) => Promise<object | null>): Promise<Lost[]> {
  // One that cannot be read is there.
  const there = await Promise.all(all.map(({ id }) => unlessUnreadable(get(id), {})));
  return all.filter((_, i) => there[i] === null);
}
