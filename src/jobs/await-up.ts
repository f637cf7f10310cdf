import { type FleetPod, lacksGpu, stateOf } from '../policy/fleet.ts';
import type { Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { TryLater } from './define.ts';
import { factsOf } from './facts.ts';
import { provenGone } from './gone.ts';
import { advance, type PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** Reads while a pod comes up, ms: often at first, since most are up within seconds of their image being there. */
const QUICK_MS = 700;
const SLOW_MS = 5000;
const QUICK_READS = 40;

/** Reads the pod until it runs with its GPUs, or has come to nothing. The card shows what it waits for. */
export async function awaitUp(row: Row, context: PodContext, signal: AbortSignal): Promise<void> {
  const podId = row.podId ?? '';
  for (let reads = 0; ; reads++) {
    const current = await context.ledger.get(row.id);
    if (current?.status !== 'starting' || current.task?.id !== row.task?.id) return;
    const pod = await read(podId, context, signal);
    if (pod === null && (await provenGone(podId, context, signal))) {
      return end(row, problem('gone', 'RunPod no longer has this pod'), 'terminated', context);
    }
    if (pod && (await judge(current, pod, context))) return;
    if (signal.aborted) throw new TryLater(SLOW_MS);
    await context.clocks.pause(reads < QUICK_READS ? QUICK_MS : SLOW_MS, signal);
  }
}

const problem = (kind: Trouble['kind'], detail: string): Trouble => ({ kind, detail, onDemandMicroUsdPerHour: null });

/** True where the wait is over. */
async function judge(row: Row, pod: FleetPod, context: PodContext): Promise<boolean> {
  const now = context.clocks.now();
  const facts = factsOf(pod, row.facts);
  if (lacksGpu(pod)) {
    const trouble = problem('zero-gpu', 'it came up without a GPU');
    const task = row.task?.state === 'open' ? row.task.id : null;
    const move = task ? moves.taskFailed(task, trouble, 'running', now) : moves.cameToNothing(trouble, 'stopped', now);
    await advance(context, row.id, (r) => move({ ...r, facts }));
    return true;
  }
  switch (stateOf(pod)) {
    case 'up':
      await advance(context, row.id, moves.running(facts, now));
      return true;
    case 'stopped':
      // Right after a start RunPod can still show the old state; a launch has no old state.
      if (row.task?.state === 'open' && context.clocks.now() - row.task.at < 60_000) return false;
      await end(row, problem('pod-error', 'it ended while coming up'), 'stopped', context);
      return true;
    case 'error':
      await end(
        row,
        problem('pod-error', 'RunPod reports ERROR: often an image that cannot be pulled'),
        'stopped',
        context,
      );
      return true;
    case 'gone':
      await end(row, problem('gone', 'RunPod ended it'), 'terminated', context);
      return true;
    default:
      await advance(context, row.id, moves.waitsFor(waitWord(pod), facts));
      return false;
  }
}

function waitWord(pod: FleetPod): string {
  if (pod.status === 'PROVISIONING') return 'a machine';
  if (pod.status === 'STARTING') return 'the image and the container';
  return 'the container to report';
}

async function end(row: Row, trouble: Trouble, status: 'stopped' | 'terminated', context: PodContext): Promise<void> {
  await advance(context, row.id, moves.cameToNothing(trouble, status, context.clocks.now()));
}

/** A failed read is no news: keep waiting. */
async function read(podId: string, context: PodContext, signal: AbortSignal): Promise<FleetPod | null | undefined> {
  try {
    return await context.provider.get(podId, signal);
  } catch (error) {
    if (error instanceof ProviderFailure) return undefined;
    throw error;
  }
}
