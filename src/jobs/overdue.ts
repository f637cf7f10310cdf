import type { Approval } from '../policy/approval.ts';
import * as moves from '../policy/approval-moves.ts';
import { chatOf } from '../policy/identity.ts';
import { OVERDUE_MS, type Surroundings, whyOverdue } from '../policy/overdue.ts';
import type { MachineClocks } from '../store/machine-clocks.ts';
import { type GovernedContext, peopleNow } from './approvals.ts';

/** A worker says every few seconds that it is there: after ten of those it is not. */
const SILENT_MS = 30_000;

export type OverdueContext = Pick<
  GovernedContext,
  'approvals' | 'snapshots' | 'links' | 'findings' | 'governance' | 'clocks' | 'log' | 'tell'
> & {
  machineClocks: MachineClocks;
  /** Jobs that wait for the worker. */
  waiting(): Promise<number>;
};

/**
 * The promise "it is carried out now", watched from where the worker cannot be what fails: the bot. Real time, from when it was
 * first seen due, so that a clock that somebody moves, or a bot that was away, accuses nobody.
 */
export class OverdueWatch {
  private readonly context: OverdueContext;
  private readonly dueSince = new Map<string, number>();

  constructor(context: OverdueContext) {
    this.context = context;
  }

  async look(): Promise<void> {
    const { approvals, clocks } = this.context;
    const realNow = clocks.realNow();
    const due = (await approvals.open()).filter((record) => moves.isDue(record, clocks.now()));
    for (const id of this.dueSince.keys()) if (!due.some((record) => record.id === id)) this.dueSince.delete(id);
    for (const { id } of due) if (!this.dueSince.has(id)) this.dueSince.set(id, realNow);
    for (const record of due) {
      if (realNow - (this.dueSince.get(record.id) ?? realNow) >= OVERDUE_MS) await this.explain(record);
    }
  }

  private async explain(record: Approval): Promise<void> {
    const { approvals, clocks, log, tell } = this.context;
    const why = whyOverdue(await this.surroundings(record));
    const moved = await approvals.move(record.id, moves.overdue(why, clocks.now()), () => []);
    if (!moved?.moved) return;
    log.warn({ request: record.id, why }, 'an approved request is not carried out');
    await tell(record.batch);
  }

  private async surroundings({ votes }: Approval): Promise<Surroundings> {
    const { snapshots, findings, machineClocks, clocks, waiting } = this.context;
    const realNow = clocks.realNow();
    const [seen, differing, people, memory, jobs] = await Promise.all([
      snapshots.lastSeen('worker'),
      machineClocks.differing(realNow),
      peopleNow(this.context),
      findings.memory(),
      waiting(),
    ]);
    const unread = votes.filter(({ by }) => people.memberOf(by.account) === null).map(({ by }) => chatOf(by.account));
    return {
      worker: seen === null ? 'never-seen' : realNow - seen > SILENT_MS ? 'silent' : 'responding',
      clocks: differing.filter(({ part }) => part !== 'bot'),
      unread: [...new Set(unread)],
      failing: memory?.trouble?.what === 'failing' ? memory.trouble.detail : null,
      waiting: jobs,
    };
  }
}
