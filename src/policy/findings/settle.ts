import type { PersonRef } from '../identity.ts';
import { type Finding, type Hit, keyOf, type Said, type Severity } from './finding.ts';
import { canWait, escalationOf, nextReminder, type Step } from './schedule.ts';
import { EVENT_RULES, MONEY_RULES, type RuleName } from './thresholds.ts';

export interface Settling {
  now: number;
  /** When something that can wait may be said to this person, or to the room where there is none. */
  awake(owner: PersonRef | null, room: string): number;
  /** Whether what a finding is about is no more. */
  gone?(subject: string): boolean;
  /** Why that is so, in a sentence, where people cannot see it for themselves. */
  why?: string | undefined;
  newId(): string;
}

/**
 * The next state of every finding, from what holds now. Gives those that changed: raised, worse, reminded, resolved. It is
 * pure: whoever writes the result by compare-and-swap says everything once.
 */
export function settle(open: readonly Finding[], hits: readonly Hit[], settling: Settling): Finding[] {
  const holds = new Map(hits.map((hit) => [keyOf(hit), hit]));
  const known = new Set(open.map(keyOf));
  const followed = open.map((finding) => {
    const hit = holds.get(keyOf(finding));
    return { before: finding, after: hit ? follow(finding, hit, settling) : resolve(finding, settling) };
  });
  const raised = [...holds.values()].filter((hit) => !known.has(keyOf(hit))).map((hit) => raise(hit, settling));
  const changed = [...followed.filter(({ before, after }) => before !== after).map(({ after }) => after), ...raised];
  const toldBefore = new Set(open.filter(({ told }) => told).map(({ id }) => id));
  return together(changed, toldBefore, settling);
}

const RANK: Record<Severity, number> = { note: 0, warn: 1, urgent: 2, critical: 3 };

export function raise(hit: Hit, { now, awake, newId }: Settling): Finding {
  const id = newId();
  const tellAt = canWait(hit.severity) ? awake(hit.owner, hit.room) : now;
  const base: Finding = {
    ...stateOf(hit),
    id,
    rev: 0,
    shown: 1,
    rule: hit.rule,
    subject: hit.subject,
    card: id,
    status: 'open',
    raisedAt: now,
    levelAt: now,
    tellAt,
    told: tellAt <= now,
    remindAt: nextReminder(hit.rule, { anchor: hit.anchor, raisedAt: now }, now),
    escalated: 0,
    escalateAt: null,
    page: 'none',
    paged: 'none',
    snooze: null,
    resolvedAt: null,
    resolvedAs: null,
    said: [],
  };
  const raised = escalate({ ...base, escalateAt: dueOf(base) }, now);
  // The card of the money, and what is said of it, mentions whoever keeps watch by itself.
  return MONEY_RULES.includes(hit.rule) ? { ...raised, said: [] } : raised;
}

/** What a finding takes over from what holds. */
function stateOf({ level, severity, facts, mark, owner, room }: Hit) {
  return { level, severity, facts, mark, owner, room };
}

const stepOf = ({ rule, severity, escalated }: Finding): Step | undefined => escalationOf(rule, severity)[escalated];

function dueOf(finding: Finding): number | null {
  const step = stepOf(finding);
  return step ? finding.levelAt + step.afterMs : null;
}

/** Steps that are due; whoever snoozed it, or has not been told, is not gone over. */
function escalate(finding: Finding, now: number): Finding {
  let next = finding;
  while (next.told && next.snooze === null && next.escalateAt !== null && next.escalateAt <= now) {
    const step = stepOf(next);
    // Less bad by now: no step is taken, and none is used up.
    if (!step) return { ...next, escalateAt: null };
    const on: Finding = { ...next, escalated: next.escalated + 1, page: step.to === 'page' ? 'open' : next.page };
    next = { ...on, escalateAt: dueOf(on), ...(step.to === 'watch' ? say(on, 'ops', now) : {}) };
  }
  return next;
}

function say(finding: Finding, kind: Said['kind'], at: number): Pick<Finding, 'said'> {
  return { said: [...finding.said, { kind, at }] };
}

function resolve(finding: Finding, { now, gone, why }: Settling): Finding {
  // What was an event stays said as it was.
  const shown = EVENT_RULES.includes(finding.rule) ? finding.shown : finding.shown + 1;
  const resolvedAs = gone?.(finding.subject) ? 'gone' : 'over';
  // Who was called hears that it is over.
  const page = finding.page === 'none' ? 'none' : 'over';
  const ended = { resolvedAt: now, resolvedAs, page, snooze: null, remindAt: null, escalateAt: null } as const;
  const reason = why === undefined ? {} : { resolvedWhy: why };
  return { ...finding, ...ended, ...reason, status: 'resolved', shown };
}

function follow(before: Finding, hit: Hit, settling: Settling): Finding {
  const { now } = settling;
  // Where it was told first, there it stays: its card is there.
  const fresh = { ...before, ...stateOf(hit), room: before.told ? before.room : hit.room };
  if (hit.level > before.level || RANK[hit.severity] > RANK[before.severity]) {
    const night = canWait(hit.severity) && settling.awake(hit.owner, hit.room) > now;
    // What can wait is not said worse by night: the first scan of the morning does.
    if (!night || !before.told) return worse(fresh, hit, settling);
    return before;
  }
  const moved = hit.mark !== before.mark || hit.level !== before.level;
  const handed = hit.owner?.account !== before.owner?.account || fresh.room !== before.room;
  const changed = moved || hit.severity !== before.severity;
  const after = changed || handed ? { ...fresh, shown: before.shown + 1 } : before;
  const woken = wake(after, fresh, moved, settling);
  return escalate(remind(tell(woken, fresh, settling), fresh, hit, settling), now);
}

/** One step worse: said anew, whatever was snoozed. */
function worse(fresh: Finding, hit: Hit, { now, awake }: Settling): Finding {
  const tellAt = canWait(fresh.severity) ? awake(fresh.owner, fresh.room) : now;
  const told = fresh.told || tellAt <= now;
  // It is said just now: a reminder beside it would say it twice.
  const due = fresh.remindAt !== null && fresh.remindAt <= now;
  const remindAt = due ? nextReminder(hit.rule, { anchor: hit.anchor, raisedAt: fresh.raisedAt }, now) : fresh.remindAt;
  const shown = fresh.shown + 1;
  const on: Finding = { ...fresh, levelAt: now, shown, snooze: null, escalated: 0, tellAt, told, remindAt };
  const spoken = fresh.told ? { ...on, ...say(on, 'worse', now) } : on;
  const next = escalate({ ...spoken, escalateAt: dueOf(spoken) }, now);
  if (!MONEY_RULES.includes(fresh.rule)) return next;
  return { ...next, said: next.said.filter(({ kind, at }) => kind !== 'ops' || at !== now) };
}

/** After a night, or after an outage that ran into the next. */
function tell(finding: Finding, fresh: Finding, { now, awake }: Settling): Finding {
  if (finding.told || finding.tellAt > now || finding.snooze !== null) return finding;
  const tellAt = canWait(fresh.severity) ? awake(fresh.owner, fresh.room) : now;
  if (tellAt > now) return { ...finding, tellAt };
  return { ...finding, ...pick(fresh), told: true, shown: finding.shown + 1 };
}

const pick = ({ facts, mark, severity, level }: Finding) => ({ facts, mark, severity, level });

function wake(finding: Finding, fresh: Finding, moved: boolean, { now, awake: day }: Settling): Finding {
  const { snooze } = finding;
  if (snooze === null) return finding;
  const over = snooze.until === null ? moved : snooze.until <= now;
  if (!over) return finding;
  // A snooze that ends by night lasts until the morning, where it can wait.
  const morning = canWait(fresh.severity) ? day(fresh.owner, fresh.room) : now;
  if (morning > now) return { ...finding, snooze: { ...snooze, until: morning } };
  const awake = { ...finding, ...pick(fresh), snooze: null, shown: finding.shown + 1 };
  return finding.told ? { ...awake, ...say(awake, 'back', now) } : awake;
}

/** Reminders wait for the morning too; of several that were due one is said. */
function remind(finding: Finding, fresh: Finding, hit: Hit, { now, awake }: Settling): Finding {
  if (finding.remindAt === null || finding.remindAt > now) return finding;
  const next = nextReminder(hit.rule, { anchor: hit.anchor, raisedAt: finding.raisedAt }, now);
  if (!finding.told || finding.snooze !== null || finding.said.some(({ at }) => at === now))
    return { ...finding, remindAt: next };
  const morning = canWait(finding.severity) ? awake(finding.owner, finding.room) : now;
  if (morning > now) return { ...finding, remindAt: morning };
  const on = { ...finding, ...pick(fresh), remindAt: next, shown: finding.shown + 1 };
  return { ...on, ...say(on, 'reminder', now) };
}

/** More of one kind than this in one room share a card with a list. */
const ALONE = 3;
const SHARED: readonly RuleName[] = [
  'stopped-double',
  'stale',
  'zero-gpu',
  'idle',
  'evicted',
  'unowned',
  'duplicate',
  'stuck',
  'not-durable',
  'orphan-volume',
  'two-writers',
];

/** Those that are told for the first time now, many of a kind, get one card. */
function together(changed: readonly Finding[], toldBefore: ReadonlySet<string>, { newId }: Settling): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of changed) {
    const news = finding.told && !toldBefore.has(finding.id) && finding.status === 'open';
    if (!news || !SHARED.includes(finding.rule)) continue;
    const kind = `${finding.rule} ${finding.room} ${finding.severity}`;
    groups.set(kind, [...(groups.get(kind) ?? []), finding]);
  }
  const cards = new Map<string, string>();
  for (const group of groups.values()) {
    if (group.length <= ALONE) continue;
    const card = `g${newId()}`;
    for (const { id } of group) cards.set(id, card);
  }
  return changed.map((finding) => ({ ...finding, card: cards.get(finding.id) ?? finding.card }));
}

/**
 * What only time does to what cannot wait, where nothing could be read: an outage of RunPod must not keep an open danger
 * from whoever keeps watch.
 */
export function passTime(open: readonly Finding[], now: number): Finding[] {
  return open.flatMap((finding) => {
    const next = escalate(finding, now);
    return next === finding ? [] : [next];
  });
}

/** The earliest moment at which a finding does something by itself; null for never. */
export function nextDue({ told, tellAt, remindAt, escalateAt, snooze }: Finding): number | null {
  const times = snooze === null ? [told ? null : tellAt, remindAt, escalateAt] : [snooze.until];
  const known = times.filter((at): at is number => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}
