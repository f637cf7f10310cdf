import { factsOf } from '../policy/facts.ts';
import { type FleetPod, stateOf } from '../policy/fleet.ts';
import type { Row } from '../policy/ledger.ts';
import * as moves from '../policy/ledger-moves.ts';
import { defineJob } from './define.ts';
import { provenGone } from './gone.ts';
import { readFleet as name } from './names.ts';
import { advance, type PodContext } from './pod-context.ts';

/** Rows that one read may look up singly: absence of more is judged by the next reads. */
const MAX_PROOFS = 5;

/** Pages the whole list into the snapshot that lists, names and autocomplete answer from, and corrects what rows say. */
export const readFleet = defineJob({
  ...name,
  timeoutMs: 2 * 60_000,
  async handle(_, context: PodContext, signal) {
    // Rows first: a pod created after this is then not taken for missing.
    const rows = await context.ledger.open();
    // The time before the call: what changes while it runs is newer than what it says.
    const readAt = context.clocks.now();
    const pods = await context.provider.list(signal);
    await context.snapshots.saveFleet({ readAt, pods });
    const byId = new Map(pods.map((pod) => [pod.id, pod]));
    await adoptLate(pods, context);
    let proofs = 0;
    for (const row of rows) {
      if (row.podId === null || (row.status !== 'running' && row.status !== 'stopped')) continue;
      const pod = byId.get(row.podId);
      const spot = row.spec?.market === 'spot';
      if (pod && stateOf(pod) !== 'gone') await follow(row, pod, context, signal);
      else if (proofs++ < MAX_PROOFS && (await provenGone(row.podId, { spot }, context, signal))) {
        await advance(context, row.id, moves.seenAs('terminated', null, context.clocks.now()));
      }
    }
    await context.snapshots.ran(name.name, readAt);
  },
});

/** Lists lag: what the list shows otherwise than the row is read once more by id before it is believed. */
async function follow(row: Row, listed: FleetPod, context: PodContext, signal: AbortSignal): Promise<void> {
  const differs = (state: string) =>
    (row.status === 'running' && state === 'stopped') || (row.status === 'stopped' && state === 'up');
  if (!differs(stateOf(listed))) return;
  const pod = await context.provider.get(listed.id, signal);
  if (!pod || !differs(stateOf(pod))) return;
  const state = stateOf(pod);
  const now = context.clocks.now();
  const facts = factsOf(pod, row.facts);
  await advance(context, row.id, moves.seenAs(state === 'up' ? 'running' : 'stopped', facts, now));
}

/** A pod that turns up late under a name we once sent: adopted if its launch has none, else told as a second one. */
async function adoptLate(pods: FleetPod[], context: PodContext): Promise<void> {
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
