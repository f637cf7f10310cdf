import { type FleetPod, stateOf } from '../policy/fleet.ts';
import type { Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { defineJob, PermanentFailure } from './define.ts';
import { factsOf } from './facts.ts';
import { provenGone } from './gone.ts';
import { stopPod as name } from './names.ts';
import { advance, type PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

const POLL_MS = 700;
/** Reads after a stop was accepted before it is asked for again: it converges. */
const READS_PER_ASK = 15;

/** Asks RunPod to stop and reads back until it is so: "stopped" is said only after it was seen. */
export const stopPod = defineJob({
  ...name,
  timeoutMs: 10 * 60_000,
  async handle({ row: id }, context: PodContext, signal) {
    for (let reads = 0; ; reads++) {
      const row = await context.ledger.get(id);
      if (!row) throw new PermanentFailure(`no row ${id}`);
      if (row.status !== 'stopping' || row.podId === null || row.task === null) return;
      const pod = await context.provider.get(row.podId, signal);
      const seen = await judge(row, pod, context, signal);
      if (seen === 'ended') return;
      if (reads % READS_PER_ASK === 0) await ask(row, row.podId, pod, context, signal);
      await context.clocks.pause(POLL_MS, signal);
    }
  },
});

async function judge(
  row: Row,
  pod: FleetPod | null,
  context: PodContext,
  signal: AbortSignal,
): Promise<'ended' | 'waiting'> {
  const now = context.clocks.now();
  if (pod === null || stateOf(pod) === 'gone') {
    if (!(await provenGone(row.podId ?? '', context, signal))) return 'waiting';
    await advance(context, row.id, moves.taskFailed(row.task?.id ?? '', gone, 'terminated', now));
    return 'ended';
  }
  if (stateOf(pod) !== 'stopped') return 'waiting';
  await advance(context, row.id, moves.stopped(factsOf(pod, row.facts), now));
  return 'ended';
}

const gone: Trouble = { kind: 'gone', detail: 'RunPod no longer has this pod', onDemandMicroUsdPerHour: null };

async function ask(
  row: Row,
  podId: string,
  pod: FleetPod | null,
  context: PodContext,
  signal: AbortSignal,
): Promise<void> {
  const taskId = row.task?.id ?? '';
  const claimed = await context.ledger.move(row.id, moves.taskSent(taskId));
  if (!claimed?.moved) return;
  try {
    await context.provider.stop(podId, signal);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    // 409: the state has moved on by itself; the next read says where to.
    if (error.kind !== 'refused' || error.reason === 'conflict' || error.reason === 'not-found') {
      if (error.kind === 'refused' || error.sent) return;
      throw error;
    }
    const kind = pod?.locked ? 'locked' : 'refused';
    const trouble: Trouble = { kind, detail: error.detail, onDemandMicroUsdPerHour: null };
    await advance(
      context,
      row.id,
      moves.taskFailed(taskId, trouble, row.task?.from ?? 'running', context.clocks.now()),
    );
  }
}
