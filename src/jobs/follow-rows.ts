import { factsOf } from '../policy/facts.ts';
import type { FleetPod } from '../policy/fleet.ts';
import type { Row } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { bills, type ScanMemory } from '../policy/scan/memory.ts';
import { advance, type PodContext } from './pod-context.ts';

/** Rows follow what is believed of their pods. */
export async function followRows(
  rows: Iterable<Row>,
  memory: ScanMemory,
  pods: readonly FleetPod[],
  gone: ReadonlySet<string>,
  context: PodContext,
): Promise<void> {
  const byId = new Map(pods.map((pod) => [pod.id, pod]));
  for (const row of rows) {
    if (row.podId === null || (row.status !== 'running' && row.status !== 'stopped')) continue;
    const now = context.clocks.now();
    const pod = byId.get(row.podId);
    if (gone.has(row.podId)) {
      await advance(context, row.id, moves.seenAs('terminated', null, now));
      continue;
    }
    const paid = pod?.savingsPlan ?? false;
    if (pod && row.facts && (row.facts.savingsPlan ?? false) !== paid)
      await advance(context, row.id, moves.paidInAdvance(paid));
    const status = standsAs(row, memory);
    const facts = status && pod ? factsOf(pod, row.facts) : null;
    if (status && facts && !moves.shows(row, status, facts))
      await advance(context, row.id, moves.seenAs(status, facts, now));
  }
}

/** How the pod of a row stands; null where that is not known, or is older than what we did. */
function standsAs({ podId, status, since }: Row, memory: ScanMemory): 'running' | 'stopped' | null {
  const known = memory.pods[podId ?? ''];
  if (!known || since >= memory.lastAt) return null;
  // What a list misses, or one read alone shows otherwise, says nothing of it.
  if (known.missing > 0 || known.next !== null) return null;
  switch (known.look.state) {
    case 'up':
      return 'running';
    case 'stopped':
    case 'error':
      return 'stopped';
    case 'other':
      return status === 'running' || bills(known.look) ? 'running' : 'stopped';
    default:
      return null;
  }
}

/** A pod that turns up late under a name we once sent: adopted if its launch has none, else it is a second one. */
export async function adoptLate(pods: readonly FleetPod[], context: PodContext): Promise<void> {
  const watched = await context.ledger.watched(context.clocks.realNow());
  for (const row of watched) {
    const names = new Set(row.attempts.map((attempt) => attempt.podName));
    for (const pod of pods.filter((p) => names.has(p.name) && p.id !== row.podId)) {
      const current = await context.ledger.get(row.id);
      if (!current || current.podId === pod.id) continue;
      const facts = factsOf(pod, null);
      const adopted = await advance(context, row.id, moves.created(pod.id, facts, context.clocks.now()));
      if (!adopted && current.podId !== null) await advance(context, row.id, moves.duplicate(pod.id));
    }
  }
}
