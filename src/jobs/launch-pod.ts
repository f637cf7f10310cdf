import { clockText } from '../policy/clock.ts';
import { factsOf } from '../policy/facts.ts';
import { troubleOf } from '../policy/launch-error.ts';
import type { Attempt, LaunchSpec, Row, Trouble } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { podName } from '../policy/pod-names.ts';
import { awaitUp } from './await-up.ts';
import { defineJob, PermanentFailure, TryLater } from './define.ts';
import { announce, launchPod as name } from './names.ts';
import { advance, claim, mayAct, type PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';
import { settle } from './settle.ts';

const RETRY_MS = 1000;

/**
 * Takes a launch from its row to a running pod or an honest failure. It may be cut off between any two steps and run
 * again: each step first reads where the row stands, and a create is only sent by the holder of the claim.
 */
export const launchPod = defineJob({
  ...name,
  timeoutMs: 20 * 60_000,
  async handle({ row: id }, context: PodContext, signal) {
    for (;;) {
      const row = await context.ledger.get(id);
      if (!row) throw new PermanentFailure(`no row ${id}`);
      if (isToSend(row) && !mayAct(context, name.name)) {
        const why = `the clock of the worker’s machine is ${clockText(context.clocks.ahead?.() ?? 0)}, so it refuses to act. Set that machine’s clock (NTP)`;
        await advance(context, id, moves.heldUp(why, context.clocks.now()));
        return;
      }
      if (row.status === 'requested') await take(row, context);
      else if (row.status === 'launching') await attempt(row, context, signal);
      else if (row.status === 'settling') await settle(row, context, signal);
      else if (row.status === 'starting' && row.task?.state !== 'open') return awaitUp(row, context, signal);
      else return;
    }
  },
});

const isToSend = ({ status, attempts }: Row): boolean =>
  status === 'requested' || (status === 'launching' && attempts.at(-1)?.state === 'planned');

function nameFor(spec: LaunchSpec, context: PodContext): string {
  return podName(spec.owner, spec.middle, context.newSuffix());
}

async function take(row: Row, context: PodContext): Promise<void> {
  if (!row.spec) throw new PermanentFailure(`row ${row.id} has nothing to launch`);
  await advance(context, row.id, moves.take(nameFor(row.spec, context), context.clocks.now()));
}

/** A claim that this worker did not make in this run belongs to a dead or frozen worker: its request may be running. */
async function attempt(row: Row, context: PodContext, signal: AbortSignal): Promise<void> {
  const last = row.attempts.at(-1);
  const { spec } = row;
  if (!last || !spec) throw new PermanentFailure(`row ${row.id} has no attempt`);
  if (last.state !== 'planned') {
    await doubt(row, last, context);
    return;
  }
  const bid = await chooseBid(row, spec, context, signal);
  if (bid === 'ended') return;
  const { clocks } = context;
  const claimed = await claim(
    context,
    row.id,
    'create',
    moves.sending(last.number, clocks.now(), clocks.realNow()),
    moves.unsent(last.number),
  );
  if (claimed) return send(row, spec, last, bid, context, signal);
  // Held up before it could send, or somebody else is at it: the row says which, a little later.
  throw new TryLater(RETRY_MS);
}

async function doubt(row: Row, last: Attempt, { clocks, ...context }: PodContext): Promise<void> {
  const move = moves.ambiguous(last.number, clocks.now(), clocks.realNow());
  await advance({ clocks, ...context }, row.id, move);
}

/** The lowest bid right now, under the team's ceiling. Null for on-demand; `ended` where the launch has failed. */
async function chooseBid(
  row: Row,
  spec: LaunchSpec,
  context: PodContext,
  signal: AbortSignal,
): Promise<number | null | 'ended'> {
  if (spec.market === 'on-demand') return null;
  const trouble = await (async (): Promise<Trouble | number> => {
    try {
      const bid = await context.provider.lowestBid(spec.gpuId, spec.gpuCount, spec.cloud, signal);
      if (bid === null) return troubleOf('other', '');
      return bid;
    } catch (error) {
      if (error instanceof ProviderFailure && error.kind === 'refused') return troubleOf(error.reason, error.detail);
      throw error;
    }
  })();
  const ceiling = spec.bidCeilingMicroUsd ?? 0;
  if (typeof trouble === 'number' && trouble <= ceiling) return trouble;
  const found: Trouble =
    typeof trouble === 'number'
      ? { kind: 'bid-too-high', detail: '', onDemandMicroUsdPerHour: null }
      : trouble.kind === 'refused'
        ? { ...trouble, kind: 'no-spot-price' }
        : trouble;
  await fail(row, spec, found, context);
  return 'ended';
}

async function send(
  row: Row,
  spec: LaunchSpec,
  last: Attempt,
  bid: number | null,
  context: PodContext,
  signal: AbortSignal,
): Promise<void> {
  const now = () => context.clocks.now();
  let podId: string;
  try {
    const creating = context.provider.create(spec, last.podName, bid, signal);
    // From here on RunPod was asked, and its answer may take two minutes: the card says so.
    context.enqueue(announce, { row: row.id }, { id: `announce-${row.id}` }).catch(() => {});
    podId = await creating;
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    context.log.warn({ row: row.id, attempt: last.number, kind: error.kind, reason: error.reason }, 'create failed');
    if (error.kind === 'refused') return fail(row, spec, troubleOf(error.reason, error.detail), context);
    const harmless = error.kind === 'rate-limited' || (error.kind === 'unavailable' && !error.sent);
    if (!harmless) {
      await doubt(row, last, context);
      return;
    }
    await context.ledger.move(row.id, moves.unsent(last.number));
    throw new TryLater(Math.max(RETRY_MS, error.retryAfterMs));
  }
  const pod = await context.provider.get(podId, signal).catch(() => null);
  const facts = pod ? factsOf(pod, null) : promised(spec, last.podName);
  await advance(context, row.id, moves.created(podId, facts, now()));
}

/** What is known of a pod before it was first read: what was asked for. */
function promised(spec: LaunchSpec, name: string) {
  return {
    name,
    gpuName: spec.gpuName,
    gpuCount: spec.gpuCount,
    dataCenter: null,
    cloud: spec.cloud,
    microUsdPerHour: spec.quotedMicroUsdPerHour,
    containerDiskGb: spec.containerDiskGb,
    volumeDisk: spec.volumeDisk,
    networkVolume: spec.networkVolume && { id: spec.networkVolume.id, path: spec.networkVolume.path },
    startedAt: null,
  };
}

const OFFER_ON_DEMAND: Trouble['kind'][] = ['no-spot-price', 'spot-gone', 'bid-too-high', 'no-capacity'];

async function fail(row: Row, spec: LaunchSpec, trouble: Trouble, context: PodContext): Promise<void> {
  let onDemand: number | null = null;
  if (spec.market === 'spot' && OFFER_ON_DEMAND.includes(trouble.kind)) {
    const gpu = (await context.snapshots.catalogue())?.gpus.find(({ id }) => id === spec.gpuId);
    const price = gpu?.price[spec.cloud] ?? null;
    onDemand = price === null ? null : price * spec.gpuCount;
  }
  const told = { ...trouble, onDemandMicroUsdPerHour: onDemand };
  await advance(context, row.id, moves.refused(told, context.clocks.now()));
}
