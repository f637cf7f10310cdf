import { factsOf } from '../policy/facts.ts';
import { type FleetPod, lacksGpu, stateOf, statusText } from '../policy/fleet.ts';
import type { Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { TryLater } from './define.ts';
import { provenGone } from './gone.ts';
import { advance, type PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** Reads while a pod comes up, ms: often at first, since most are up within seconds of their image being there. */
const QUICK_MS = 700;
const SLOW_MS = 5000;
const QUICK_READS = 40;
/** Right after a start RunPod can still show the old state. Real ms since it was asked. */
const STALE_MS = 60_000;

/** Reads the pod until it runs with its GPUs, or has come to nothing. The card shows what it waits for. */
export async function awaitUp(row: Row, context: PodContext, signal: AbortSignal): Promise<void> {
  const podId = row.podId ?? '';
  const spot = row.spec?.market === 'spot';
  const since = context.clocks.realNow();
  for (let reads = 0; ; reads++) {
    const current = await context.ledger.get(row.id);
    if (current?.status !== 'starting' || current.task?.id !== row.task?.id) return;
    const read = await readOnce(podId, context, signal);
    const missing = read.pod === null || (read.pod !== undefined && stateOf(read.pod) === 'gone');
    // Lists and reads by id lag behind a create: until the settle time is over, absence says nothing.
    const settled = context.clocks.realNow() - since > context.settleMs;
    if (missing && settled && (await provenGone(podId, { spot }, context, signal))) {
      const gone = problem('gone', 'RunPod no longer has this pod');
      await advance(context, row.id, moves.cameToNothing(gone, 'terminated', context.clocks.now()));
      return;
    }
    if (read.pod && !missing && (await judge(current, read.pod, context))) return;
    if (signal.aborted) throw new TryLater(SLOW_MS);
    await context.clocks.pause(Math.max(read.waitMs, reads < QUICK_READS ? QUICK_MS : SLOW_MS), signal);
  }
}

const problem = (kind: Trouble['kind'], detail: string): Trouble => ({ kind, detail, onDemandMicroUsdPerHour: null });

/** True where the wait is over. */
async function judge(row: Row, pod: FleetPod, context: PodContext): Promise<boolean> {
  const now = context.clocks.now();
  const facts = factsOf(pod, row.facts);
  if (lacksGpu(pod)) {
    const trouble = problem('zero-gpu', 'it came up without a GPU');
    await advance(context, row.id, moves.cameUpWithoutGpu(trouble, facts, now));
    return true;
  }
  const state = stateOf(pod);
  if (state === 'up') {
    await advance(context, row.id, moves.running(facts, now));
    return true;
  }
  if (state !== 'stopped' && state !== 'error') {
    await advance(context, row.id, moves.waitsFor(waitWord(pod), facts));
    return false;
  }
  const asked = row.task?.state === 'open' ? row.task.sentAt : null;
  if (asked !== null && context.clocks.realNow() - asked < STALE_MS) return false;
  const trouble = problem('pod-error', state === 'error' ? '' : 'it ended while coming up');
  await advance(context, row.id, moves.cameToNothing(trouble, 'stopped', now, facts));
  return true;
}

function waitWord(pod: FleetPod): string {
  if (pod.status === 'PROVISIONING') return 'a machine';
  if (pod.status === 'STARTING') return 'the image and the container';
  return pod.status === 'RUNNING' ? 'the container to report' : `RunPod, which calls it ${statusText(pod)}`;
}

/** A failed read is no news: keep waiting, as long as RunPod says. */
async function readOnce(
  podId: string,
  context: PodContext,
  signal: AbortSignal,
): Promise<{ pod: FleetPod | null | undefined; waitMs: number }> {
  try {
    return { pod: await context.provider.get(podId, signal), waitMs: 0 };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return { pod: undefined, waitMs: Math.min(error.retryAfterMs, 30_000) };
  }
}
