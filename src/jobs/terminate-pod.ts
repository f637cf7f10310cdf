import { type Approval, LAPSE_MS } from '../policy/approval.ts';
import * as moves from '../policy/approval-moves.ts';
import { noLongerHolds } from '../policy/approvers.ts';
import { admit } from '../policy/breaker.ts';
import { compare, type Fingerprint, fingerprintOf, uncomparable } from '../policy/fingerprint.ts';
import { type FleetPod, stateOf } from '../policy/fleet.ts';
import * as rowMoves from '../policy/ledger-moves.ts';
import { ownerKey } from '../policy/pod-names.ts';
import { decided, type GovernedContext, ownerOfPod, peopleNow, requestEntry, voidAltered } from './approvals.ts';
import { defineJob, PermanentFailure, TryLater } from './define.ts';
import { provenGone } from './gone.ts';
import { terminatePod as name } from './names.ts';
import { advance, mayAct } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** Further DELETEs after an ambiguous one, each after a read that shows the pod still there. */
const MAX_SENDS = 5;
const RETRY_MS = 2000;
/** A claim is used at once or not at all: whoever was frozen in between may have been overtaken. Real ms. */
const CLAIM_FRESH_MS = 2000;
/** The same for the reads that it stands on, from before the first of them. Real ms. */
const READ_FRESH_MS = 10_000;
/** Reads while RunPod takes its time to delete, before it is asked again. */
const READS_PER_SEND = 5;
const URGENT = { urgent: true };

/**
 * Carries out one approved request. The job says only which; who asked, who approved, for how long and for what is judged
 * from the record and a live read, right before the call, each time. The claim is only written while the record carries
 * Podwarden's signature and the audit log saw no other state of it since.
 */
export const terminatePod = defineJob({
  ...name,
  timeoutMs: 10 * 60_000,
  async handle({ request: id }, context: GovernedContext, signal) {
    const record = await context.approvals.proven(id);
    if (record?.altered) return voidAltered(context, record);
    if (!record) {
      const at = context.clocks.now();
      const facts = { job: name.name };
      await context.audit.append({ at, kind: 'job-without-record', actor: null, subject: id.slice(0, 64), facts });
      throw new PermanentFailure(`no request ${id}`);
    }
    if (record.status === 'executing') return executing(record, context, signal);
    if (moves.isDue(record, context.clocks.now())) await begin(record, context, signal);
  },
});

/** From here on something may be on its way: only reads say what came of it. */
async function executing(record: Approval, context: GovernedContext, signal: AbortSignal): Promise<void> {
  if (record.attempt?.state === 'sending') {
    // Whoever sent it is dead or frozen: what it sent may still arrive.
    const age = context.clocks.realNow() - record.attempt.at;
    if (age <= CLAIM_FRESH_MS) throw new TryLater(CLAIM_FRESH_MS);
    await context.approvals.move(record.id, moves.sent(record.attempt.number), () => []);
  }
  await untilGone(record.id, context, signal);
}

/** Reads until the pod is proven gone; while it is still there, asks again if the approval is still good. */
async function untilGone(id: string, context: GovernedContext, signal: AbortSignal): Promise<void> {
  for (let reads = 1; ; reads++) {
    const record = await context.approvals.get(id);
    if (record?.status !== 'executing') return;
    if (isLate(record, context)) return end(record, moves.failed(unknownState(record), context.clocks.now()), context);
    const pod = await context.provider.get(record.podId, signal, URGENT);
    const missing = pod === null || stateOf(pod) === 'gone';
    if (missing && (await gone(record, context, signal))) return finish(record, context);
    if (!missing && reads % READS_PER_SEND === 0) return begin(record, context, signal);
    await context.clocks.pause(RETRY_MS, signal);
  }
}

/** Half an hour after it was due nothing more is sent, and what came of it is said to be unknown. */
function isLate({ dueAt }: Approval, { clocks }: GovernedContext): boolean {
  return dueAt !== null && clocks.now() > dueAt + LAPSE_MS;
}

const unknownState = ({ attempt }: Approval): string =>
  attempt?.number === 0
    ? 'RunPod was not asked to delete it: for half an hour RunPod took no request, or Podwarden’s store (Redis) or its worker was too slow'
    : 'RunPod was asked to delete it, and half an hour later does not show that it did: look in RunPod’s console';

async function gone(record: Approval, context: GovernedContext, signal: AbortSignal): Promise<boolean> {
  const row = await context.ledger.get(record.row);
  return provenGone(record.podId, { spot: row?.spec?.market === 'spot', ...URGENT }, context, signal);
}

const GONE_ALREADY = 'the pod was gone already, and not by this request';

async function finish(record: Approval, context: GovernedContext): Promise<void> {
  const now = context.clocks.now();
  if (record.attempt?.number === 0) await end(record, moves.voided(GONE_ALREADY, now), context);
  else await decided(context, record.id, moves.done(now), 'terminated');
  await advance(context, record.row, rowMoves.seenAs('terminated', null, now));
}

/** Everything once more, then the claim, then the call in the same tick. */
async function begin(record: Approval, context: GovernedContext, signal: AbortSignal): Promise<void> {
  const now = context.clocks.now();
  if (record.status === 'executing' && isLate(record, context)) {
    return end(record, moves.failed(unknownState(record), now), context);
  }
  if (!mayAct(context, name.name)) return;
  const readFrom = context.clocks.realNow();
  const people = await peopleNow(context);
  // Whoever was not read lately is not known to have lost a right: it waits, and lapses in the end.
  if (record.votes.some(({ by }) => people.memberOf(by.account) === null)) throw new TryLater(RETRY_MS);
  const lost = noLongerHolds(record, people, context.governance.approvals.guests);
  if (lost !== null) return end(record, moves.voided(lost, now), context);

  const pod = await readOrSay(record, context, signal);
  if (pod === 'refused') return;
  if (pod === null || stateOf(pod) === 'gone') {
    if (!(await gone(record, context, signal))) throw new TryLater(RETRY_MS);
    if (record.status === 'executing') return finish(record, context);
    await end(record, moves.voided(GONE_ALREADY, now), context);
    await advance(context, record.row, rowMoves.seenAs('terminated', null, now));
    return;
  }
  const hidden = uncomparable(pod);
  if (hidden.length > 0) return end(record, refusedMove(record, unreadText(hidden), now), context);
  const live = fingerprintOf(pod, ownerKey(await ownerOfPod(pod, context)));
  const change = compare(record.fingerprint, live);
  if (change.kind === 'changed')
    return end(record, moves.voided(`the pod changed: ${change.what.join(', ')}`, now), context);
  if (change.kind === 'moved') {
    await decided(context, record.id, moves.follow(change.next, change.stopped, now), 'followed');
    throw new TryLater(0);
  }
  const refusal = refusedByRunpod(pod);
  if (refusal !== null) return end(record, refusedMove({ ...record, locked: pod.locked }, refusal, now), context);
  if ((record.attempt?.number ?? 0) >= MAX_SENDS) {
    return end(record, moves.failed('RunPod was asked five times, and the pod is still there', now), context);
  }
  await send(record, live, readFrom, context, signal);
}

/** Nothing is deleted on what was last confirmed: it may have changed since, behind the field that does not read. */
const unreadText = (hidden: readonly string[]): string =>
  `RunPod’s answer does not show its ${hidden.join(', ')}, so nobody can tell whether it is still what was approved; ask again later, or terminate it in RunPod’s console`;

/** Reads of a pod that does not show all that is compared: the next may. */
const WHOLE_READS = 3;

async function readWhole(podId: string, context: GovernedContext, signal: AbortSignal) {
  for (let reads = 1; ; reads++) {
    const pod = await context.provider.get(podId, signal, URGENT);
    if (pod === null || reads === WHOLE_READS || uncomparable(pod).length === 0) return pod;
    await context.clocks.pause(RETRY_MS, signal);
  }
}

/** A key that may not even read ends it: trying on in silence helps nobody. */
async function readOrSay(record: Approval, context: GovernedContext, signal: AbortSignal) {
  try {
    return await readWhole(record.podId, context, signal);
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'refused') throw error;
    await end(
      record,
      refusedMove(record, `RunPod refused to show the pod: ${error.detail}`, context.clocks.now()),
      context,
    );
    return 'refused' as const;
  }
}

/** What RunPod would refuse anyway, with the way out. */
function refusedByRunpod(pod: FleetPod): string | null {
  if (pod.clustered) return 'it belongs to a cluster: delete the cluster in RunPod’s console';
  if (pod.locked) return 'it is locked: somebody did that on purpose, so unlock it first';
  return null;
}

/** Before anything was sent there is nothing that could have failed: the request is void. */
const refusedMove = (record: Approval, why: string, now: number) =>
  record.status === 'executing' ? moves.failed(why, now) : moves.voided(why, now, record.locked);

async function send(
  record: Approval,
  live: Fingerprint,
  readFrom: number,
  context: GovernedContext,
  signal: AbortSignal,
): Promise<void> {
  const now = context.clocks.now();
  const before = context.clocks.realNow();
  const { breaker } = context.governance.approvals;
  const claimed = await context.approvals.claim(
    record,
    moves.sending(live, now, before),
    // What an admin let through does not wait again.
    (state) =>
      record.released || record.status === 'executing'
        ? { ...state, rev: state.rev + 1 }
        : admit(state, record.batch, now, breaker),
    (after) => [
      requestEntry(after, 'runpod-delete', now, null, { attempt: after.attempt?.number ?? 0, pod: after.podId }),
    ],
  );
  if (claimed === 'altered') return voidAltered(context, record);
  if (claimed === 'tripped') return end(record, moves.trip(now), context);
  const number = (record.attempt?.number ?? 0) + 1;
  if (claimed === 'lost') throw new TryLater(RETRY_MS);
  const after = context.clocks.realNow();
  const slept = context.clocks.jumped?.() ?? false;
  if (slept || after - before > CLAIM_FRESH_MS || after - readFrom > READ_FRESH_MS) {
    await context.approvals.move(record.id, moves.unsent(number), (after) => [
      requestEntry(after, 'runpod-answer', context.clocks.now(), null, { attempt: number, answer: 'not sent' }),
    ]);
    throw new TryLater(0);
  }
  await call(record, number, context, signal);
}

async function call(record: Approval, number: number, context: GovernedContext, signal: AbortSignal): Promise<void> {
  let answer: string;
  let refusal: string | null = null;
  let ended = moves.sent(number);
  try {
    // Nothing stands between the claim and the request: whoever is held up there may have been overtaken.
    const sending = context.provider.terminate(record.podId, signal);
    context.tell(record.batch).catch(() => {});
    answer = await sending;
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    answer = `${error.kind} ${error.httpStatus ?? ''}`.trim();
    if (error.kind === 'refused' && error.reason !== 'not-found') refusal = error.detail;
    // Whatever becomes of the pod, it is not by a request that never went out.
    if (error.kind === 'rate-limited' || (error.kind === 'unavailable' && !error.sent)) ended = moves.unsent(number);
  }
  const now = context.clocks.now();
  await context.approvals.move(record.id, ended, (after) => [
    requestEntry(after, 'runpod-answer', now, null, { attempt: number, answer }),
  ]);
  if (refusal === null) await context.ledger.move(record.row, rowMoves.terminateSent(now));
  if (refusal !== null && number >= 2) return end(record, moves.failed(`RunPod refused: ${refusal}`, now), context);
  await untilGone(record.id, context, signal);
}

async function end(record: Approval, move: moves.ApprovalMove, context: GovernedContext): Promise<void> {
  await decided(context, record.id, move, 'ended');
}
