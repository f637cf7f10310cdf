import type { PersonRef } from './identity.ts';
import { type Attempt, OPEN, type PodFacts, type Row, type RowStatus, type Task, type Trouble } from './ledger.ts';

/**
 * The moves of a ledger row. Each is pure: it gives the next row, or null where the row stands elsewhere by now (a
 * second worker, a late event). The store writes the result by compare-and-swap on `rev`.
 */
export type Move = (row: Row) => Row | null;

/** At most this many creates for one launch, each under a new name. */
export const MAX_ATTEMPTS = 3;
/** A launch that was not sent by then expires: nobody gets a pod hours later. */
export const REQUEST_TTL_MS = 10 * 60_000;
/** The same for a further attempt, after the settle time of an earlier one. */
export const RETRY_TTL_MS = 30 * 60_000;

const HELD_UP_AFTER_MS = 15_000;

const enter = (row: Row, status: RowStatus, now: number, more: Partial<Row> = {}): Row => ({
  ...row,
  status,
  since: now,
  ...more,
});

const lastAttempt = (row: Row): Attempt | null => row.attempts.at(-1) ?? null;

const withAttempt = (row: Row, change: Partial<Attempt>): Attempt[] => {
  const last = lastAttempt(row);
  return last ? [...row.attempts.slice(0, -1), { ...last, ...change }] : row.attempts;
};

const noAttempt = (number: number, podName: string): Attempt => ({
  number,
  podName,
  state: 'planned',
  sentAt: null,
  doubtAt: null,
  absentReads: 0,
});

/** A worker takes the launch up. `podName` is what the first attempt will be called. */
export function take(podName: string, now: number): Move {
  return (row) => {
    if (row.status !== 'requested') return null;
    if (now - row.createdAt > REQUEST_TTL_MS) return expire(now)(row);
    return enter(row, 'launching', now, { attempts: [noAttempt(1, podName)], heldUp: null });
  };
}

/** The claim to send: written right before the request, so that exactly one create follows it. Too late, it expires. */
export function sending(number: number, now: number, realNow: number): Move {
  return (row) => {
    const last = lastAttempt(row);
    if (row.status !== 'launching' || last?.number !== number || last.state !== 'planned') return null;
    if (now - row.createdAt > (number === 1 ? REQUEST_TTL_MS : RETRY_TTL_MS)) return expired(row, now);
    return { ...row, attempts: withAttempt(row, { state: 'sending', sentAt: realNow }), heldUp: null };
  };
}

/** A worker that should send it may not. Another one takes a launch up at once: what is young is not held up. */
export function heldUp(why: string, now: number): Move {
  return (row) => {
    const waits = row.status === 'requested' || (row.status === 'launching' && lastAttempt(row)?.state === 'planned');
    if (!waits || row.heldUp === why || now - row.since < HELD_UP_AFTER_MS) return null;
    return { ...row, heldUp: why };
  };
}

/** RunPod certainly created nothing (a refusal before acting, a rate limit): the same attempt may be sent again. */
export function unsent(number: number): Move {
  return (row) => {
    const last = lastAttempt(row);
    if (row.status !== 'launching' || last?.number !== number || last.state !== 'sending') return null;
    return { ...row, attempts: withAttempt(row, { state: 'planned', sentAt: null }) };
  };
}

/** The request ended without saying what happened, or its worker died: from here on only names are looked for. */
export function ambiguous(number: number, now: number, realNow: number): Move {
  return (row) => {
    const last = lastAttempt(row);
    if (row.status !== 'launching' || last?.number !== number || last.state !== 'sending') return null;
    return enter(row, 'settling', now, { attempts: withAttempt(row, { state: 'ambiguous', doubtAt: realNow }) });
  };
}

/** One look for the name found nothing. */
export function notSeen(number: number): Move {
  return (row) => {
    const last = lastAttempt(row);
    if (row.status !== 'settling' || last?.number !== number) return null;
    return { ...row, attempts: withAttempt(row, { absentReads: last.absentReads + 1 }) };
  };
}

/** Looked for long enough. A new attempt under a new name, or the end after the last one. */
export function settledAbsent(number: number, nextName: string, now: number): Move {
  return (row) => {
    const last = lastAttempt(row);
    if (row.status !== 'settling' || last?.number !== number) return null;
    const attempts = withAttempt(row, { state: 'absent' });
    if (number < MAX_ATTEMPTS && now - row.createdAt <= RETRY_TTL_MS) {
      return enter(row, 'launching', now, { attempts: [...attempts, noAttempt(number + 1, nextName)] });
    }
    const trouble: Trouble = {
      kind: 'unknown-state',
      detail: `RunPod did not answer ${number} creates, and none of their names turned up`,
      onDemandMicroUsdPerHour: null,
    };
    return enter(row, 'failed', now, { attempts, trouble });
  };
}

/** The pod exists: RunPod said so, or its name was found. Also adopts one that turns up after a failure. */
export function created(podId: string, facts: PodFacts, now: number): Move {
  return (row) => {
    const waiting = row.status === 'launching' || row.status === 'settling';
    const late = (row.status === 'failed' || row.status === 'expired') && row.attempts.length > 0;
    if (row.podId !== null || !(waiting || late)) return null;
    const attempts = row.attempts.map((a) => (a.podName === facts.name ? { ...a, state: 'created' as const } : a));
    return enter(row, 'starting', now, { podId, facts, attempts, trouble: null });
  };
}

/** RunPod refused the launch, so nothing bills. */
export function refused(trouble: Trouble, now: number): Move {
  return (row) => {
    if (row.status !== 'launching') return null;
    return enter(row, 'failed', now, { attempts: withAttempt(row, { state: 'refused' }), trouble });
  };
}

export function expire(now: number): Move {
  return (row) => {
    return row.status === 'requested' ? expired(row, now) : null;
  };
}

function expired(row: Row, now: number): Row {
  const detail = 'no worker could send it in time';
  return enter(row, 'expired', now, { trouble: { kind: 'expired', detail, onDemandMicroUsdPerHour: null } });
}

/** A launch beyond a budget waits so long for somebody. */
export const ASK_TTL_MS = 30 * 60_000;

/** Somebody else lets a launch pass a budget. Its time to be sent counts from here. */
export function allow(by: PersonRef, now: number): Move {
  return (row) => {
    if (row.status !== 'asking' || row.ask === null) return null;
    if (now - row.createdAt > ASK_TTL_MS) return notAllowed('Nobody allowed it within 30 minutes.', now)(row);
    return enter(row, 'requested', now, { createdAt: now, ask: { ...row.ask, allowedBy: by } });
  };
}

export function notAllowed(detail: string, now: number): Move {
  return (row) => {
    if (row.status !== 'asking') return null;
    return enter(row, 'failed', now, { trouble: { kind: 'not-allowed', detail, onDemandMicroUsdPerHour: null } });
  };
}

/** What a pod that comes up is waiting for; an unchanged word changes nothing. */
export function waitsFor(what: string, facts: PodFacts): Move {
  return (row) => (row.status !== 'starting' || row.waitsFor === what ? null : { ...row, waitsFor: what, facts });
}

/** Read back: the pod runs with its GPUs. */
export function running(facts: PodFacts, now: number): Move {
  return (row) => {
    if (row.status !== 'starting') return null;
    const task = row.task?.state === 'open' ? { ...row.task, state: 'done' as const } : row.task;
    return enter(row, 'running', now, { facts, task, waitsFor: null, trouble: null });
  };
}

/** Stop or Start was pressed. One at a time for a pod, but a Stop takes the place of a Start that hangs. */
export type Asked = Pick<Task, 'id' | 'kind' | 'by' | 'at' | 'asOnDemand'> & Partial<Pick<Task, 'reply' | 'unlock'>>;

export function ask(task: Asked, now: number): Move {
  return (row) => {
    const replaces = task.kind === 'stop' && row.task?.kind === 'start';
    if ((row.task?.state === 'open' && !replaces) || row.podId === null) return null;
    const from: RowStatus[] = task.kind === 'stop' ? ['running', 'starting'] : ['stopped'];
    if (!from.includes(row.status)) return null;
    const defaults = { reply: null, unlock: false };
    const next: Task = { ...defaults, ...task, from: row.status, sent: false, sentAt: null, state: 'open' };
    return enter(row, task.kind === 'stop' ? 'stopping' : 'starting', now, {
      task: next,
      trouble: null,
      waitsFor: null,
    });
  };
}

/** The claim to ask RunPod for a task. A stop converges and may be sent again, a start may not. */
export function taskSent(taskId: string, realNow: number): Move {
  return (row) => {
    const open = row.task;
    if (open?.id !== taskId || open.state !== 'open' || (open.sent && open.kind === 'start')) return null;
    const wrote = { what: open.kind, at: open.at };
    return { ...row, task: { ...open, sent: true, sentAt: realNow }, wrote };
  };
}

/** RunPod was asked to delete it. */
export function terminateSent(now: number): Move {
  return (row) => ({ ...row, wrote: { what: 'terminate', at: now } });
}

/** As `move`, after a refusal: RunPod will not carry it out later either. */
export function refusedFor(move: Move): Move {
  return (row) => {
    const next = move(row);
    return next && { ...next, wrote: null };
  };
}

/** RunPod certainly did not act on it: it may be sent again. */
export function taskUnsent(taskId: string): Move {
  return (row) =>
    row.task?.id === taskId && row.task.state === 'open' && row.task.sent
      ? { ...row, task: { ...row.task, sent: false, sentAt: null }, wrote: null }
      : null;
}

/** Read back: the pod is stopped, whoever did it. */
export function stopped(facts: PodFacts, now: number): Move {
  return (row) => {
    if (row.status === 'stopped' || row.podId === null || !OPEN.includes(row.status)) return null;
    const done = row.task?.state === 'open' && row.task.kind === 'stop';
    const task = row.task && done ? { ...row.task, state: 'done' as const } : row.task;
    return enter(row, 'stopped', now, { facts, task, waitsFor: null });
  };
}

/** The task came to nothing: the row stands as RunPod was read, and says why. */
export function taskFailed(
  taskId: string,
  trouble: Trouble,
  status: RowStatus,
  now: number,
  facts: PodFacts | null = null,
): Move {
  return (row) => {
    if (row.task?.id !== taskId || row.task.state !== 'open') return null;
    const task = { ...row.task, state: 'failed' as const };
    return enter(row, status, now, { task, trouble, waitsFor: null, facts: facts ?? row.facts });
  };
}

/** Whether its compute is paid in advance: what the policy file says of it has changed. */
export function paidInAdvance(is: boolean): Move {
  return (row) => {
    if (row.facts === null || (row.facts.savingsPlan ?? false) === is) return null;
    return { ...row, facts: { ...row.facts, savingsPlan: is } };
  };
}

/** Whether a row shows its pod in this state already. */
export function shows(row: Row, status: RowStatus, facts: PodFacts | null): boolean {
  return row.status === status && (facts === null || facts.odd?.status === row.facts?.odd?.status);
}

/** The pod was read, and stands otherwise than the row: changed elsewhere, or proven gone. */
export function seenAs(status: 'running' | 'stopped' | 'terminated', facts: PodFacts | null, now: number): Move {
  return (row) => {
    if (row.podId === null || shows(row, status, facts) || row.task?.state === 'open') return null;
    if (!OPEN.includes(row.status)) return null;
    return enter(row, status, now, { facts: facts ?? row.facts, waitsFor: null, trouble: null });
  };
}

/** RunPod calls it running, and it has no GPU: it bills, rescues files, and computes nothing. */
export function cameUpWithoutGpu(trouble: Trouble, facts: PodFacts, now: number): Move {
  return (row) => {
    if (row.status !== 'starting') return null;
    const task = row.task?.state === 'open' ? { ...row.task, state: 'failed' as const } : row.task;
    return enter(row, 'running', now, { trouble, task, facts, waitsFor: null });
  };
}

/** The pod ended while coming up: RunPod reports ERROR, EXITED or nothing at all. */
export function cameToNothing(
  trouble: Trouble,
  status: 'stopped' | 'terminated' | 'failed',
  now: number,
  facts: PodFacts | null = null,
): Move {
  return (row) => {
    if (row.status !== 'starting') return null;
    const task = row.task?.state === 'open' ? { ...row.task, state: 'failed' as const } : row.task;
    return enter(row, status, now, { trouble, task, waitsFor: null, facts: facts ?? row.facts });
  };
}

/** A second pod turned up under one of the launch's names. Told once. */
export function duplicate(podId: string): Move {
  return (row) =>
    row.podId === podId || row.duplicates.includes(podId) ? null : { ...row, duplicates: [...row.duplicates, podId] };
}
