import { type Approval, type ApprovalStatus, LAPSE_MS, NEXT, type Vote } from './approval.ts';
import { compare, type Fingerprint } from './fingerprint.ts';
import { type AccountId, bare, overlap, type PersonRef } from './identity.ts';

/**
 * The moves of an approval record: pure, and null where the record stands elsewhere by now. The store writes the result by
 * compare-and-swap, so that of two clicks at once the second meets what the first decided.
 */
export type ApprovalMove = (record: Approval) => Approval | null;

function enter(record: Approval, status: ApprovalStatus, now: number, more: Partial<Approval> = {}): Approval | null {
  return NEXT[record.status].includes(status) ? { ...record, status, since: now, ...more } : null;
}

const ended = (now: number, by: PersonRef | null, text: string) => ({ end: { at: now, by, text }, remindAt: null });

/** Votes of different persons: accounts that were joined, through whichever others, count once. */
export function personsIn(votes: readonly Pick<Vote, 'accounts'>[]): number {
  let persons: (readonly AccountId[])[] = [];
  for (const { accounts } of votes) {
    const same = persons.filter((known) => overlap(known, accounts));
    persons = [...persons.filter((known) => !same.includes(known)), [...accounts, ...same.flat()]];
  }
  return persons.length;
}

/**
 * One approve. Whether this person may is judged by the caller; that it is somebody else than the requester is judged here
 * once more. With the last vote that was missing it is approved, and held for an owner who was not asked.
 */
export function approve(vote: Vote, ownerWaitMs: number): ApprovalMove {
  return (record) => {
    if (record.status !== 'requested' || vote.at >= record.expiresAt) return null;
    if (overlap(vote.accounts, record.self) || vote.accounts.length === 0) return null;
    const votes = [...record.votes, vote];
    if (personsIn(votes) === personsIn(record.votes)) return null;
    if (personsIn(votes) < record.quorum) return { ...record, votes };
    const approved = enter(record, 'approved', vote.at, { votes, dueAt: vote.at, remindAt: null });
    if (!approved || !ownerIsAside(approved)) return approved;
    return enter(approved, 'held', vote.at, { hold: 'owner', dueAt: vote.at + ownerWaitMs });
  };
}

/** The pod is somebody's who neither asked nor approved. */
export function ownerIsAside({ owner, self, votes }: Approval): boolean {
  if (!owner) return false;
  const own = bare(owner.account);
  return !self.includes(own) && !votes.some(({ accounts }) => accounts.includes(own));
}

export function deny(by: PersonRef, reason: string, now: number): ApprovalMove {
  return (record) => enter(record, 'denied', now, ended(now, by, reason));
}

/** Only the requester may; the caller has seen to it. */
export function cancel(by: PersonRef, now: number): ApprovalMove {
  return (record) => enter(record, 'cancelled', now, ended(now, by, ''));
}

/** Unanswered too long, or approved and not carried out in time. */
export function expire(now: number): ApprovalMove {
  return (record) => {
    if (record.status === 'requested' && now >= record.expiresAt) {
      return enter(record, 'expired', now, ended(now, null, 'nobody decided in time'));
    }
    const lapsed = record.dueAt !== null && now > record.dueAt + LAPSE_MS && record.hold !== 'breaker';
    const forgotten = record.hold === 'breaker' && now >= record.expiresAt;
    if (record.status !== 'approved' && record.status !== 'held') return null;
    if (forgotten) return enter(record, 'expired', now, ended(now, null, 'too many at once, and nobody confirmed it'));
    if (!lapsed) return null;
    const why = record.overdue === null ? '' : `: ${record.overdue}`;
    return enter(
      record,
      'expired',
      now,
      ended(now, null, `it was approved, and not carried out within 30 minutes${why}`),
    );
  };
}

/** What was asked for is no more: the pod changed, or a person in it may no longer. */
export function voided(why: string, now: number, locked = false): ApprovalMove {
  return (record) => {
    if (record.status === 'executing' && record.attempt?.state === 'sending') return null;
    return enter(record, 'void', now, { ...ended(now, null, why), locked: locked || record.locked });
  };
}

/** The pod moved on in a way that holds: it stopped, or came up. */
export function follow(next: Fingerprint, stopped: boolean, now: number): ApprovalMove {
  return (record) => {
    if (record.end !== null) return null;
    return { ...record, fingerprint: next, stoppedAt: stopped ? now : record.stoppedAt };
  };
}

/**
 * Accounts were joined: whoever counts as the requester, and as each approver, may be more of them now. They stay so,
 * whatever is unlinked later. `joinedWith` gives all accounts of an account's person.
 */
export function widen(joinedWith: (account: AccountId) => readonly AccountId[]): ApprovalMove {
  const all = (accounts: readonly AccountId[]) => [...new Set([...accounts, ...accounts.flatMap(joinedWith)])].sort();
  return (record) => {
    if (record.end !== null) return null;
    const self = all(record.self);
    const votes = record.votes.map((vote) => ({ ...vote, accounts: all(vote.accounts) }));
    const size = (one: Approval['self'], many: readonly Vote[]) => one.length + many.flatMap((v) => v.accounts).length;
    return size(self, votes) === size(record.self, record.votes) ? null : { ...record, self, votes };
  };
}

/** Too many at once: it waits for an admin. */
export function trip(now: number): ApprovalMove {
  return (record) =>
    record.status === 'held' && record.hold === 'owner'
      ? { ...record, hold: 'breaker', since: now }
      : enter(record, 'held', now, { hold: 'breaker' });
}

/** Somebody confirmed that so many are meant. */
export function release(by: PersonRef, now: number): ApprovalMove {
  return (record) => {
    if (record.status !== 'held' || record.hold !== 'breaker') return null;
    return { ...record, hold: null, released: by, dueAt: now, overdue: null, since: now };
  };
}

/** Whether it may be carried out now, as far as time and holds go. */
export function isDue(record: Approval, now: number): boolean {
  if (record.status !== 'approved' && record.status !== 'held') return false;
  return record.hold !== 'breaker' && record.dueAt !== null && now >= record.dueAt && now <= record.dueAt + LAPSE_MS;
}

/**
 * The claim to send a DELETE, written right before it. `live` is the read that it stands on: what was approved is what
 * runs. A further one only follows after the one before has ended and the pod was read again.
 */
export function sending(live: Fingerprint, now: number, realNow: number): ApprovalMove {
  return (record) => {
    if (compare(record.fingerprint, live).kind === 'changed') return null;
    if (personsIn(record.votes) < record.quorum || record.votes.some((v) => overlap(v.accounts, record.self)))
      return null;
    const attempt = { number: (record.attempt?.number ?? 0) + 1, state: 'sending' as const, at: realNow };
    if (record.status === 'executing') {
      return record.attempt?.state === 'ended' ? { ...record, attempt } : null;
    }
    if (!isDue(record, now)) return null;
    return enter(record, 'executing', now, { attempt, hold: null });
  };
}

/** The call has ended, or its worker died: only a read says what came of it. */
export function sent(number: number): ApprovalMove {
  return (record) => {
    if (record.status !== 'executing' || record.attempt?.number !== number || record.attempt.state !== 'sending')
      return null;
    return { ...record, attempt: { ...record.attempt, state: 'ended' } };
  };
}

/** Whoever made the claim knows that nothing was sent on it, so that it counts as none. */
export function unsent(number: number): ApprovalMove {
  return (record) => {
    const ended = sent(number)(record);
    return ended?.attempt ? { ...ended, attempt: { ...ended.attempt, number: number - 1 } } : null;
  };
}

/** Read back: the pod is gone. */
export function done(now: number): ApprovalMove {
  return (record) => enter(record, 'done', now, ended(now, null, ''));
}

export function failed(why: string, now: number): ApprovalMove {
  return (record) => enter(record, 'failed', now, ended(now, null, why));
}

/** It is due, and something keeps it from being carried out; the same reason again changes nothing. */
export function overdue(why: string, now: number): ApprovalMove {
  return (record) => (isDue(record, now) && record.overdue !== why ? { ...record, overdue: why } : null);
}

/** The others were mentioned; `next` is when to do so again, null for no more. */
export function reminded(next: number | null): ApprovalMove {
  return (record) =>
    record.status === 'requested' ? { ...record, reminded: record.reminded + 1, remindAt: next } : null;
}
