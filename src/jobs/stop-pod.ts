import { factsOf } from '../policy/facts.ts';
import { type FleetPod, stateOf } from '../policy/fleet.ts';
import { troubleOf } from '../policy/launch-error.ts';
import type { Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { defineJob, PermanentFailure } from './define.ts';
import { provenGone } from './gone.ts';
import { stopPod as name } from './names.ts';
import { advance, claim, type PodContext, rowEntry } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

const POLL_MS = 700;
/** Reads after a stop was accepted before it is asked for again: it converges. */
const READS_PER_ASK = 15;
/** Refusals by conflict, with the pod still up in between, after which RunPod means it. */
const MAX_CONFLICTS = 3;
/** A stop may use what the rate limit keeps back, its reads too. */
const URGENT = { urgent: true };

/** Asks RunPod to stop and reads back until it is so: "stopped" is said only after it was seen. */
export const stopPod = defineJob({
  ...name,
  timeoutMs: 10 * 60_000,
  async handle({ row: id }, context: PodContext, signal) {
    let conflicts = 0;
    for (let reads = 0; ; reads++) {
      const row = await context.ledger.get(id);
      if (!row) throw new PermanentFailure(`no row ${id}`);
      if (row.status !== 'stopping' || row.podId === null || row.task === null) return;
      const pod = await read(row, row.podId, context, signal);
      if (pod === 'refused' || (await seen(row, pod, context, signal))) return;
      // The first time and every so often; after a conflict at the next read, since the state may have moved.
      if (reads % READS_PER_ASK === 0 || conflicts > 0) {
        conflicts = (await ask(row, row.podId, pod, conflicts, context, signal)) ? 0 : conflicts + 1;
      }
      await context.clocks.pause(POLL_MS, signal);
    }
  },
});

/** A key that may not even read is told: trying on in silence helps nobody. */
async function read(
  row: Row,
  podId: string,
  context: PodContext,
  signal: AbortSignal,
): Promise<FleetPod | null | 'refused'> {
  try {
    return await context.provider.get(podId, signal, URGENT);
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'refused') throw error;
    await fail(row, troubleOf(error.reason, error.detail), context);
    return 'refused';
  }
}

/** True where the stop is over. */
async function seen(row: Row, pod: FleetPod | null, context: PodContext, signal: AbortSignal): Promise<boolean> {
  const now = context.clocks.now();
  const state = pod === null ? 'gone' : stateOf(pod);
  if (pod === null || state === 'gone') {
    const spot = row.spec?.market === 'spot';
    if (!(await provenGone(row.podId ?? '', { spot, ...URGENT }, context, signal))) return false;
    const gone: Trouble = { kind: 'gone', detail: 'RunPod no longer has this pod', onDemandMicroUsdPerHour: null };
    await advance(context, row.id, moves.taskFailed(row.task?.id ?? '', gone, 'terminated', now));
    return true;
  }
  const facts = factsOf(pod, row.facts);
  if (state === 'error') {
    // RunPod stops nothing in this state, and nothing of it proves that the bill ended.
    const trouble: Trouble = { kind: 'pod-error', detail: '', onDemandMicroUsdPerHour: null };
    await advance(context, row.id, moves.taskFailed(row.task?.id ?? '', trouble, 'stopped', now, facts));
    return true;
  }
  if (state !== 'stopped') return false;
  await advance(context, row.id, moves.stopped(facts, now));
  return true;
}

const failed = (row: Row, trouble: Trouble, context: PodContext): moves.Move =>
  moves.taskFailed(row.task?.id ?? '', trouble, row.task?.from ?? 'running', context.clocks.now());

async function fail(row: Row, trouble: Trouble, context: PodContext): Promise<void> {
  await advance(context, row.id, failed(row, trouble, context));
}

async function refuse(row: Row, trouble: Trouble, context: PodContext): Promise<void> {
  await advance(context, row.id, moves.refusedFor(failed(row, trouble, context)));
}

/** Logged before it is sent, as every write to RunPod is. */
async function unlock(row: Row, podId: string, context: PodContext, signal: AbortSignal): Promise<void> {
  const at = context.clocks.now();
  await context.ledger.move(
    row.id,
    (now) => ({ ...now }),
    (after) => [rowEntry(after, 'runpod-unlock', at, after.task?.by ?? null)],
  );
  await context.provider.unlock(podId, signal);
}

/** False where RunPod answered with a conflict: the next read says whether the state has moved on by itself. */
async function ask(
  row: Row,
  podId: string,
  pod: FleetPod | null,
  conflicts: number,
  context: PodContext,
  signal: AbortSignal,
): Promise<boolean> {
  const taskId = row.task?.id ?? '';
  const realNow = context.clocks.realNow();
  if (!(await claim(context, row.id, 'stop', moves.taskSent(taskId, realNow), moves.taskUnsent(taskId)))) return true;
  try {
    if (row.task?.unlock && pod?.locked) await unlock(row, podId, context, signal);
    await context.provider.stop(podId, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind !== 'refused') {
      if (error.sent && error.kind !== 'rate-limited') return true;
      throw error;
    }
    const mayMove = error.reason === 'conflict' || error.reason === 'not-found';
    if (mayMove && !pod?.locked && conflicts < MAX_CONFLICTS) return false;
    const trouble = troubleOf(error.reason, error.detail);
    await refuse(row, pod?.locked ? { ...trouble, kind: 'locked' } : trouble, context);
    return true;
  }
}
