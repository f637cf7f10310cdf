import { ownerOfPod, requestEntry } from '../../jobs/approvals.ts';
import { announceRequest, terminatePod } from '../../jobs/names.ts';
import { type Approval, UNDECIDED, type Vote } from '../../policy/approval.ts';
import * as moves from '../../policy/approval-moves.ts';
import { type Decider, deciderOf, refusalOf } from '../../policy/approvers.ts';
import { compare, fingerprintOf } from '../../policy/fingerprint.ts';
import { bare, overlap } from '../../policy/identity.ts';
import { ownerKey, spokenName } from '../../policy/pod-names.ts';
import { askTask } from '../commands/stop-start.ts';
import { MAX_ANSWER } from '../message/form.ts';
import { type Message, note, orElse, text } from '../message/message.ts';
import { everybody } from '../people.ts';
import type { Asker, Services } from '../services.ts';
import { approveConfirm } from '../views/request-card.ts';
import { standing, statusOf } from '../views/request-words.ts';
import { stopConfirm } from '../views/stop.ts';
import { gpuText } from '../views/words.ts';
import type { Action } from './declare.ts';

export const UNKNOWN = 'That request is not known here. A button of a forged or very old message does nothing.';

/** Everything that follows from a decision: its card, and the work where it is due. */
async function follow(records: readonly Approval[], services: Services): Promise<void> {
  const [head] = records;
  if (!head) return;
  try {
    await services.enqueue(announceRequest, { batch: head.batch }, { id: `${announceRequest.name}-${head.batch}` });
    for (const record of records.filter((r) => moves.isDue(r, services.clocks.now()))) {
      await services.enqueue(terminatePod, { request: record.id }, { id: `${terminatePod.name}-${record.id}` });
    }
  } catch (error) {
    services.log.warn(
      { batch: head.batch, error: (error as Error).message },
      'enqueueing failed; the review takes it up',
    );
  }
}

/** How it stands is for whoever may see pods, and for those whom it is about; nobody else learns who decided what. */
const maySee = (records: readonly Approval[], { access, accounts }: Asker): boolean =>
  access.may.has('view') ||
  records.some(
    ({ self, owner }) => overlap(self, accounts) || (owner !== null && accounts.includes(bare(owner.account))),
  );

export const NOT_FOR_YOU =
  'You are not allowed to see or decide this: it needs the right "view". /pod whoami shows what you are.';

const stands = (records: readonly Approval[], asker: Asker): Message =>
  maySee(records, asker) ? standing(records) : note('bad', NOT_FOR_YOU);

async function logRefused(
  record: Approval,
  action: string,
  why: string,
  asker: Asker,
  services: Services,
): Promise<void> {
  // The click itself is in the log already, as often as somebody without rights gets there.
  if (asker.access.may.size === 0) return;
  const at = services.clocks.now();
  await services.audit.append(requestEntry(record, 'click-refused', at, asker.who, { action, why }));
}

export const approve: Action = {
  name: 'approve',
  access: null,
  keeps: true,
  async confirm({ id }, services, asker) {
    const open = (await services.approvals.inBatch(id)).filter(({ status }) => status === 'requested');
    return open.length === 0 || !maySee(open, asker) ? null : approveConfirm(open);
  },
  async run({ id }, asker, services) {
    const records = await services.approvals.inBatch(id);
    if (records.length === 0) return note('warn', UNKNOWN);
    const open = records.filter(({ status }) => status === 'requested');
    if (open.length === 0) return stands(records, asker);
    const who = await asker.live('approve');
    const people = await everybody(services);
    const answers: Message['blocks'] = [];
    const changed: Approval[] = [];
    for (const record of open) {
      const { said, after } = await approveOne(record, who, people.registry, asker, services);
      answers.push(text(...(maySee(records, asker) ? [`${spokenName(record.facts.name)}: `] : []), ...said));
      if (after) changed.push(after);
    }
    await follow(changed, services);
    return note(changed.length > 0 ? 'good' : 'warn', ...orElse(answers, text(UNKNOWN)));
  },
};

type Said = { said: Parameters<typeof text>; after: Approval | null };

async function approveOne(
  record: Approval,
  who: Decider,
  registry: Parameters<typeof refusalOf>[2],
  asker: Asker,
  services: Services,
): Promise<Said> {
  const { approvals, policy, clocks } = services;
  const before = await approvals.doneBefore(record.id);
  if (before) return { said: statusOf(before, (by) => [by.account]), after: before };
  const refusal = refusalOf(record, who, registry, policy.approvals.guests);
  if (refusal) {
    await logRefused(record, 'approve', refusal.kind, asker, services);
    return { said: [refusal.text], after: null };
  }
  const now = clocks.now();
  const changed = await changedSince(record, services);
  const vote: Vote = { by: asker.who, at: now, accounts: [...who.accounts] };
  const move = changed
    ? moves.voided(`the pod changed: ${changed.join(', ')}`, now)
    : moves.approve(vote, policy.approvals.ownerWaitMs);
  const kind = changed ? 'request-voided' : 'request-approved';
  const moved = await approvals.move(record.id, move, (after) => [requestEntry(after, kind, now, asker.who)]);
  if (!moved) return { said: [UNKNOWN], after: null };
  return { said: statusOf(moved.record, (by) => [by.account]), after: moved.moved ? moved.record : null };
}

/** What the newest read of the fleet shows otherwise than what was asked for. Null where it holds. */
async function changedSince(record: Approval, services: Services): Promise<string[] | null> {
  const fleet = await services.snapshots.fleet();
  const pod = fleet?.pods.find(({ id }) => id === record.podId);
  // A list from before the request, or one that lags, says nothing; the live read before the call decides.
  if (!fleet || !pod || fleet.readAt <= record.createdAt) return null;
  // Nor does a row of it that reads only in part.
  if (fleet.unread.some(({ of, id }) => of === 'pod' && id === record.podId)) return null;
  const owner = await ownerOfPod(pod, { ...services, governance: services.policy });
  const change = compare(record.fingerprint, fingerprintOf(pod, ownerKey(owner)));
  return change.kind === 'changed' ? change.what : null;
}

/** With a reason, by whoever could approve, and by the pod's owner. */
export const deny: Action = {
  name: 'deny',
  access: null,
  async run() {
    return note('warn', 'Press Deny on the request’s card.');
  },
  form: {
    async open({ id }, asker, services) {
      const records = await services.approvals.inBatch(id);
      if (records.length === 0) return note('warn', UNKNOWN);
      const open = records.filter(({ status }) => UNDECIDED.includes(status));
      if (open.length === 0) return stands(records, asker);
      const people = await everybody(services, Number.POSITIVE_INFINITY);
      const { refused } = deniable(open, deciderOf(asker.who.account, people), people.registry, services);
      if (refused !== null) {
        await logRefused(open[0] as Approval, 'deny', refused, asker, services);
        return note('bad', refused);
      }
      return {
        title: 'Deny the request',
        token: `v1.deny.${id}`,
        submit: 'Deny',
        intro: null,
        fields: [{ kind: 'text', id: 'reason', label: 'Reason', required: true, long: false, maxLength: MAX_ANSWER }],
      };
    },
    answers: {
      async check(_, answers) {
        const blank = (answers.reason?.[0] ?? '').trim() === '';
        return blank ? [{ field: 'reason', problem: 'Say why: the requester reads it.' }] : [];
      },
      async submit({ id }, answers, asker, services) {
        const records = await services.approvals.inBatch(id);
        const people = await everybody(services);
        const who = await asker.live('approve');
        const open = records.filter(({ status }) => UNDECIDED.includes(status));
        if (open.length === 0) return stands(records, asker);
        const { may, refused } = deniable(open, who, people.registry, services);
        if (refused !== null) {
          await logRefused(open[0] as Approval, 'deny', refused, asker, services);
          return note('bad', refused);
        }
        const now = services.clocks.now();
        return decideAll(
          may,
          moves.deny(asker.who, (answers.reason?.[0] ?? '').trim(), now),
          'request-denied',
          asker,
          services,
        );
      },
    },
  },
};

/** Those of a form that this person may deny: an owner their own, an approver all. The reason where it is none. */
function deniable(
  open: readonly Approval[],
  who: Decider,
  registry: Parameters<typeof refusalOf>[2],
  services: Services,
): { may: Approval[]; refused: string | null } {
  let refused: string | null = null;
  const may = open.filter((record) => {
    const owned = record.owner !== null && who.accounts.includes(bare(record.owner.account));
    const refusal = refusalOf({ ...record, votes: [] }, who, registry, services.policy.approvals.guests);
    if (refusal?.kind === 'requester') refused = 'You asked for this yourself: Cancel withdraws it.';
    else if (refusal?.kind === 'right') {
      refused = 'You are not allowed to deny this: the pod’s owner and whoever may approve can.';
    } else if (refusal) refused = refusal.text.replaceAll('approve', 'deny');
    return refusal === null || (owned && who.membership === 'member' && refusal.kind !== 'requester');
  });
  return { may, refused: may.length > 0 ? null : refused };
}

async function decideAll(
  records: readonly Approval[],
  move: moves.ApprovalMove,
  kind: string,
  asker: Asker,
  services: Services,
): Promise<Message> {
  const now = services.clocks.now();
  const after: Approval[] = [];
  const changed: Approval[] = [];
  for (const record of records) {
    const moved = await services.approvals.move(record.id, move, (next) => [
      requestEntry(next, kind, now, asker.who, { why: next.end?.text ?? '' }),
    ]);
    if (!moved) continue;
    after.push(moved.record);
    if (moved.moved) changed.push(moved.record);
  }
  await follow(changed, services);
  return standing(after);
}

/** Only whoever asked takes it back. */
export const cancel: Action = {
  name: 'cancel',
  access: null,
  keeps: true,
  async run({ id }, asker, services) {
    const records = await services.approvals.inBatch(id);
    const [head] = records;
    if (!head) return note('warn', UNKNOWN);
    const same =
      asker.who.account === head.by.account || (asker.who.person !== null && asker.who.person === head.by.person);
    if (!same) {
      await logRefused(head, 'cancel', 'not the requester', asker, services);
      if (!maySee(records, asker)) return note('bad', NOT_FOR_YOU);
      return note(
        'warn',
        `You are not allowed to cancel this: only ${head.by.name}, who asked, can. Approvers and the owner can deny it.`,
      );
    }
    return decideAll(records, moves.cancel(asker.who, services.clocks.now()), 'request-cancelled', asker, services);
  },
};

/** The breaker: many pods at once wait for an admin, or where there is none for another approver. */
export const release: Action = {
  name: 'release',
  access: null,
  keeps: true,
  async run({ id }, asker, services) {
    const records = await services.approvals.inBatch(id);
    const held = records.filter(({ status, hold }) => status === 'held' && hold === 'breaker');
    const [head] = held;
    if (!head) return records.length === 0 ? note('warn', UNKNOWN) : stands(records, asker);
    const who = await asker.live('approve', 'admin');
    const refused = await mayRelease(head, who, services);
    if (refused !== null) {
      await logRefused(head, 'release', refused, asker, services);
      return note('bad', refused);
    }
    return decideAll(held, moves.release(asker.who, services.clocks.now()), 'request-released', asker, services);
  },
};

async function mayRelease(record: Approval, who: Decider, services: Services): Promise<string | null> {
  const people = await everybody(services);
  const refusal = refusalOf({ ...record, votes: [] }, who, people.registry, services.policy.approvals.guests);
  // An admin needs no right to approve, and everything else holds for them too.
  if (refusal && refusal.kind !== 'right') return refusal.text;
  if (who.access.may.has('admin')) return null;
  if (services.policy.access.rules.some(({ grant }) => grant.includes('admin')))
    return 'You are not allowed to confirm this: an admin must.';
  if (refusal) return refusal.text;
  const voted = record.votes.some(({ accounts }) => overlap(accounts, who.accounts));
  return voted ? 'You approved this yourself: another approver must confirm it.' : null;
}

const withGpu = ({ facts }: Approval): boolean => facts.gpuCount !== null;

/** Stop now, for whoever may stop: no second person, and the request stands. */
export const stopAsked: Action = {
  name: 'stop-asked',
  access: 'stop',
  keeps: true,
  async confirm({ id }, services) {
    const up = (await services.approvals.inBatch(id)).filter(isUp);
    const [head] = up;
    if (!head || up.length > 1)
      return head
        ? {
            title: `Stop ${up.length} pods?`,
            text: `${up.some(withGpu) ? 'Their GPUs go back; volume' : 'Volume'} disks stay and bill double.`,
          }
        : null;
    const { facts } = head;
    return stopConfirm({
      name: spokenName(facts.name),
      gpu: gpuText(facts.gpuName, facts.gpuCount),
      microUsdPerHour: facts.microUsdPerHour,
      storage: facts,
      savingsPlan: facts.savingsPlan,
    });
  },
  run: ({ id }, asker, services) => stopThem(id, false, asker, services),
};

export const unlockAsked: Action = {
  name: 'unlock-asked',
  access: 'stop',
  keeps: true,
  confirm: async () => ({
    title: 'Unlock and stop?',
    text: 'Somebody locked it on purpose. It is unlocked, and then stopped.',
  }),
  run: ({ id }, asker, services) => stopThem(id, true, asker, services),
};

const isUp = ({ fingerprint }: Approval) => fingerprint.standing === 'up';

async function stopThem(id: string, unlock: boolean, asker: Asker, services: Services): Promise<Message> {
  const up = (await services.approvals.inBatch(id)).filter((record) => isUp(record) && (!unlock || record.locked));
  const rows = await Promise.all(up.map((record) => services.ledger.get(record.row)));
  const found = rows.filter((row) => row !== null);
  if (found.length === 0) return note('info', 'Nothing of this is up any more.');
  return askTask('stop', found, asker, services, { unlock });
}
