import { stateOf } from '../policy/fleet.ts';
import { troubleOf } from '../policy/launch-error.ts';
import type { Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { awaitUp } from './await-up.ts';
import { defineJob, PermanentFailure, TryLater } from './define.ts';
import { provenGone } from './gone.ts';
import { startPod as name } from './names.ts';
import { advance, claim, mayAct, type PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** Starts a stopped pod on its own host, and says so where that host has no GPU for it any more. */
export const startPod = defineJob({
  ...name,
  timeoutMs: 20 * 60_000,
  async handle({ row: id }, context: PodContext, signal) {
    const row = await context.ledger.get(id);
    if (!row) throw new PermanentFailure(`no row ${id}`);
    const { task, podId } = row;
    if (row.status !== 'starting' || task?.state !== 'open' || task.kind !== 'start' || podId === null) return;
    const pod = await context.provider.get(podId, signal);
    // One read that does not find it proves nothing, and starts nothing.
    if (pod === null && !task.sent) return vanished(row, podId, context, signal);
    const already = pod !== null && stateOf(pod) !== 'stopped' && stateOf(pod) !== 'error';
    const mustAsk = pod !== null && !already && !task.sent;
    if (mustAsk && !(mayAct(context, name.name) && (await ask(row, podId, context, signal)))) return;
    const current = await context.ledger.get(id);
    if (current) await awaitUp(current, context, signal);
  },
});

async function vanished(row: Row, podId: string, context: PodContext, signal: AbortSignal): Promise<void> {
  const spot = row.spec?.market === 'spot';
  if (!(await provenGone(podId, { spot }, context, signal))) throw new TryLater(2000);
  const gone: Trouble = { kind: 'gone', detail: 'RunPod no longer has this pod', onDemandMicroUsdPerHour: null };
  await advance(context, row.id, moves.taskFailed(row.task?.id ?? '', gone, 'terminated', context.clocks.now()));
}

/** True where RunPod accepted, or may have. A start is sent once: asked twice it could bill twice on two bids. */
async function ask(row: Row, podId: string, context: PodContext, signal: AbortSignal): Promise<boolean> {
  const taskId = row.task?.id ?? '';
  const spot = row.spec?.market === 'spot' && !row.task?.asOnDemand;
  const bid = spot ? await bidFor(row, context, signal) : null;
  if (bid === 'ended') return false;
  const realNow = context.clocks.realNow();
  const claimed = await claim(context, row.id, 'start', moves.taskSent(taskId, realNow), moves.taskUnsent(taskId));
  if (!claimed) throw new TryLater(1000);
  try {
    if (bid === null) await context.provider.start(podId, signal);
    else await context.provider.resumeSpot(podId, row.spec?.gpuCount ?? 1, bid, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return notAccepted(row, error, spot, context);
  }
}

/** True where it may have been accepted all the same. */
async function notAccepted(row: Row, error: ProviderFailure, spot: boolean, context: PodContext): Promise<boolean> {
  if (error.kind === 'rate-limited' || (error.kind === 'unavailable' && !error.sent)) {
    await context.ledger.move(row.id, moves.taskUnsent(row.task?.id ?? ''));
    throw new TryLater(Math.max(1000, error.retryAfterMs));
  }
  if (error.kind !== 'refused' || error.reason === 'conflict') return true;
  const trouble = troubleOf(error.reason, error.detail);
  const asSpot = spot && (trouble.kind === 'refused' || trouble.kind === 'spot-gone');
  await fail(row, asSpot ? { ...trouble, kind: 'spot-refused' } : trouble, context);
  return false;
}

async function bidFor(row: Row, context: PodContext, signal: AbortSignal): Promise<number | 'ended'> {
  const spec = row.spec;
  if (!spec) return 'ended';
  let reason = '';
  try {
    const bid = await context.provider.lowestBid(spec.gpuId, spec.gpuCount, spec.cloud, signal);
    if (bid !== null && bid <= (spec.bidCeilingMicroUsd ?? 0)) return bid;
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'refused') throw error;
    reason = error.detail;
  }
  await fail(row, { kind: 'spot-refused', detail: reason, onDemandMicroUsdPerHour: null }, context);
  return 'ended';
}

/** Where spot is refused, the on-demand price goes with it: resuming as on-demand is asked for, never assumed. */
async function fail(row: Row, trouble: Trouble, context: PodContext): Promise<void> {
  const spec = row.spec;
  const gpu = (await context.snapshots.catalogue())?.gpus.find(({ id }) => id === spec?.gpuId);
  const price = spec?.market === 'spot' && gpu ? (gpu.price[spec.cloud] ?? null) : null;
  const onDemand = price === null || !spec ? null : price * spec.gpuCount;
  const told = { ...trouble, onDemandMicroUsdPerHour: onDemand };
  const failed = moves.taskFailed(row.task?.id ?? '', told, 'stopped', context.clocks.now());
  await advance(context, row.id, moves.refusedFor(failed));
}
