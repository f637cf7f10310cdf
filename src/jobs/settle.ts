import { factsOf } from '../policy/facts.ts';
import type { FleetPod } from '../policy/fleet.ts';
import type { Row } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { podName } from '../policy/pod-names.ts';
import { PermanentFailure } from './define.ts';
import { advance, type PodContext } from './pod-context.ts';
import { type OtherPod, type PodsList, ProviderFailure } from './ports.ts';

/** The last reads before a name counts as absent must both miss it. */
const ABSENT_READS = 2;
/** Looks within one settle time, so that it scales with the setting. */
const LOOKS = 10;

/**
 * After a create that did not say how it ended, nothing is created until the name was looked for, in both APIs, through
 * the whole settle time: the first call may still be running inside RunPod, and its lists lag.
 */
export async function settle(row: Row, context: PodContext, signal: AbortSignal): Promise<void> {
  const last = row.attempts.at(-1);
  if (!last || !row.spec) throw new PermanentFailure(`row ${row.id} has no attempt`);
  const since = last.doubtAt ?? context.clocks.realNow();
  await context.clocks.pause(Math.max(100, context.settleMs / LOOKS), signal);
  const look = await lookFor(last.podName, context, signal);
  if (look === 'unreadable') return;
  if (look.pod) {
    await advance(context, row.id, moves.created(look.pod.id, factsOf(look.pod, null), context.clocks.now()));
    return;
  }
  await context.ledger.move(row.id, moves.notSeen(last.number));
  // Without the second list, the first one must stay silent for twice as long.
  const needed = context.settleMs * (look.onlyOneList ? 2 : 1);
  const waited = context.clocks.realNow() - since;
  if (waited < needed || last.absentReads + 1 < ABSENT_READS) return;
  const nextName = podName(row.spec.owner, row.spec.middle, context.newSuffix());
  await advance(context, row.id, moves.settledAbsent(last.number, nextName, context.clocks.now()));
}

/** Whether a row whose name nobody can read may be the pod that is looked for. */
function mayHide({ pods, unread }: PodsList, others: readonly OtherPod[]): boolean {
  // A pod that stands under its id has no name that was ever read.
  const names = new Set(pods.filter(({ id, name }) => name !== id).map(({ id }) => id));
  for (const { id, name } of others) if (id !== null && name !== null) names.add(id);
  const read = new Set(pods.map(({ id }) => id));
  const unnamed = unread.filter(({ id, field }) => field === 'name' || !read.has(id ?? ''));
  const rows = [...unnamed, ...others.filter(({ id, name }) => id === null || name === null)];
  return rows.some(({ id }) => id === null || !names.has(id));
}

type Look = { pod: FleetPod | null; onlyOneList: boolean };

/** One look in both lists. A failed read proves nothing and keeps the launch waiting. */
async function lookFor(name: string, context: PodContext, signal: AbortSignal): Promise<Look | 'unreadable'> {
  try {
    const list = await context.provider.list(signal);
    const listed = list.pods.find((pod) => pod.name === name);
    if (listed && listed.status !== 'TERMINATED') return { pod: listed, onlyOneList: false };
    const other = await context.provider.otherList(signal);
    const others = other === 'retired' ? [] : other;
    const twin = others.find((pod) => pod.name === name);
    if (twin?.id) {
      const pod = await context.provider.get(twin.id, signal);
      return pod ? { pod: { ...pod, name }, onlyOneList: false } : 'unreadable';
    }
    if (mayHide(list, others)) return 'unreadable';
    return { pod: null, onlyOneList: other === 'retired' };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    context.log.warn({ kind: error.kind }, 'looking for a launch failed');
    return 'unreadable';
  }
}
