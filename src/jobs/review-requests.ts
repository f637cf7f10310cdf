import { type Approval, REMIND_AFTER_WORKING_HOURS, UNDECIDED } from '../policy/approval.ts';
import * as moves from '../policy/approval-moves.ts';
import { deciderOf } from '../policy/approvers.ts';
import { compare, fingerprintOf, uncomparable } from '../policy/fingerprint.ts';
import { type Fleet, type FleetPod, stateOf } from '../policy/fleet.ts';
import { ownerKey } from '../policy/pod-names.ts';
import { afterWorkingHours } from '../policy/working-time.ts';
import { decided, type GovernedContext, ownerOfPod, peopleNow, voidAltered } from './approvals.ts';
import { defineJob } from './define.ts';
import { provenGone } from './gone.ts';
import { reviewRequests as name, terminatePod } from './names.ts';

/** Far more than an expiry: reminders have their own end. */
const REMIND_AT_MOST_HOURS = 1000;

/**
 * Goes over the open requests: expires what nobody decided, carries out what is due, reminds, and ends what the last read
 * of the fleet or of the people made pointless. Runs on every tick; everything it does may be repeated.
 */
export const reviewRequests = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle(_, context: GovernedContext, signal) {
    const fleet = await context.snapshots.fleet();
    const failures: unknown[] = [];
    for (const { id } of await context.approvals.open()) {
      // What of one request cannot be judged holds no other up.
      await reviewOne(id, fleet, context, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        failures.push(error);
      });
    }
    for (const batch of await context.approvals.untold()) await context.tell(batch);
    if (failures.length > 0) throw failures[0];
  },
});

async function reviewOne(
  id: string,
  fleet: Fleet | null,
  context: GovernedContext,
  signal: AbortSignal,
): Promise<void> {
  const record = await context.approvals.proven(id);
  if (!record) return;
  if (record.altered) return void (await voidAltered(context, record));
  const listed = fleet?.pods.find((pod) => pod.id === record.podId);
  await review(record, listed, fleet?.readAt ?? 0, context, signal);
}

async function review(
  record: Approval,
  listed: FleetPod | undefined,
  readAt: number,
  context: GovernedContext,
  signal: AbortSignal,
): Promise<void> {
  const now = context.clocks.now();
  if (record.status === 'executing') return carryOut(record, context);
  if (await decided(context, record.id, moves.expire(now), 'expired')) return;
  const left = await whoLeft(record, context);
  if (left !== null && (await decided(context, record.id, moves.voided(left, now), 'voided'))) return;
  // A list from before the request says nothing about it.
  if (readAt > record.since && (await follow(record, listed, context, signal))) return;
  if (moves.isDue(record, now)) return carryOut(record, context);
  await remind(record, now, context);
}

const carryOut = (record: Approval, context: GovernedContext) =>
  context.enqueue(terminatePod, { request: record.id }, { id: `${terminatePod.name}-${record.id}` });

async function whoLeft(record: Approval, context: GovernedContext): Promise<string | null> {
  const people = await peopleNow(context);
  const { membership } = deciderOf(record.by.account, people);
  return membership === 'deactivated' ? `${record.by.name}, who asked, is no longer here` : null;
}

/** What the list shows otherwise is read once more by id before it ends anything. True where the request has ended. */
async function follow(
  record: Approval,
  listed: FleetPod | undefined,
  context: GovernedContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (!UNDECIDED.includes(record.status)) return false;
  const now = context.clocks.now();
  if (!listed || stateOf(listed) === 'gone') {
    const row = await context.ledger.get(record.row);
    const spot = row?.spec?.market === 'spot';
    if (!(await provenGone(record.podId, { spot }, context, signal))) return false;
    return decided(context, record.id, moves.voided('the pod is gone already, and not by this request', now), 'voided');
  }
  const differs = async (pod: FleetPod) =>
    compare(record.fingerprint, fingerprintOf(pod, ownerKey(await ownerOfPod(pod, context))));
  if ((await differs(listed)).kind === 'same') return false;
  const pod = await context.provider.get(record.podId, signal).catch(() => null);
  if (!pod) return false;
  const change = await differs(pod);
  // What it does not show now may be as it was: the read before the DELETE decides.
  if (change.kind === 'same' || (change.kind === 'changed' && uncomparable(pod).length > 0)) return false;
  if (change.kind === 'moved') {
    await decided(context, record.id, moves.follow(change.next, change.stopped, now), 'followed');
    return false;
  }
  return decided(context, record.id, moves.voided(`the pod changed: ${change.what.join(', ')}`, now), 'voided');
}

async function remind(record: Approval, now: number, context: GovernedContext): Promise<void> {
  if (record.remindAt === null || now < record.remindAt) return;
  await decided(context, record.id, moves.reminded(nextReminder(record, context)), 'reminded');
}

function nextReminder(record: Approval, { governance }: GovernedContext): number | null {
  const hours = REMIND_AFTER_WORKING_HOURS[record.reminded + 1];
  if (hours === undefined) return null;
  const zone = governance.rooms.find(({ name: room }) => room === record.room)?.timezone ?? 'UTC';
  return afterWorkingHours(record.createdAt, hours, governance.workingHours, zone, REMIND_AT_MOST_HOURS);
}
