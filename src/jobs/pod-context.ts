import { clockState, clockText } from '../policy/clock.ts';
import { actorOf, type PersonRef } from '../policy/identity.ts';
import type { Row } from '../policy/ledger.ts';
import type { Move } from '../policy/ledger-moves.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Replies } from '../store/replies.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { readFleet } from './names.ts';
import type { Clocks, Log, PodProvider } from './ports.ts';
import { type Enqueue, enqueueFor } from './queues.ts';

/** What the log says of a row: what is asked, and by whom where a person asked. */
export function rowEntry(row: Row, kind: string, at: number, actor: PersonRef | null): AuditEntry {
  const { id, podId, status, attempts, facts } = row;
  const name = facts?.name ?? attempts.at(-1)?.podName ?? row.spec?.middle ?? '';
  return {
    at,
    kind,
    actor: actor && actorOf(actor),
    subject: podId ?? id,
    facts: { row: id, pod: podId, name, status },
  };
}

/** What pod jobs are given. */
export interface PodContext {
  provider: PodProvider;
  ledger: Ledger;
  snapshots: Snapshots;
  replies: Replies;
  enqueue: Enqueue;
  clocks: Clocks;
  log: Log;
  /** How long an ambiguous create is looked for before it counts as absent, real ms. Longer than the create's timeout. */
  settleMs: number;
  newSuffix: () => string;
}

/**
 * False on a machine whose clock is wrong: the job ends there without doing anything, and comes back with the next tick for
 * whichever worker takes it. A stop is never refused: it ends a bill, deletes nothing, and no stamp decides over it.
 */
export function mayAct({ clocks, log }: Pick<PodContext, 'clocks' | 'log'>, job: string): boolean {
  const ahead = clocks.ahead?.() ?? 0;
  if (clockState(ahead) !== 'wrong') return true;
  log.warn({ job, clock: clockText(ahead) }, "left to another worker: this machine's clock is wrong, set it (NTP)");
  return false;
}

/** A claim to send is used at once or not at all: whoever was frozen in between may have been replaced. Real ms. */
const CLAIM_FRESH_MS = 2000;

/**
 * Writes a claim to send and nothing else, so that the request follows in the same tick. False where somebody else holds
 * it, or where this worker was held up: the claim is then given back by `undo`.
 */
export async function claim(
  context: PodContext,
  id: string,
  call: 'create' | 'stop' | 'start',
  move: Move,
  undo: Move,
): Promise<boolean> {
  const before = context.clocks.realNow();
  const at = context.clocks.now();
  const result = await context.ledger.move(id, move, (after) => [rowEntry(after, `runpod-${call}`, at, null)]);
  if (!result?.moved || result.row.status === 'expired') {
    if (result?.moved) await enqueueFor(result.row, context.enqueue);
    return false;
  }
  const slept = context.clocks.jumped?.() ?? false;
  if (!slept && context.clocks.realNow() - before <= CLAIM_FRESH_MS) return true;
  await context.ledger.move(id, undo);
  return false;
}

/** Moves a row and enqueues what follows from it, and a new read of the fleet where a pod of it changed. Null where the row stands elsewhere: somebody else acted. */
export async function advance(context: PodContext, id: string, move: Move): Promise<Row | null> {
  const result = await context.ledger.move(id, move);
  if (!result?.moved) return null;
  const { status, podId, attempts, rev } = result.row;
  context.log.info({ row: id, status, pod: podId, attempt: attempts.at(-1)?.state, rev }, 'row moved');
  await enqueueFor(result.row, context.enqueue);
  if (podId !== null) await context.enqueue(readFleet, {}, { id: readFleet.name });
  return result.row;
}
