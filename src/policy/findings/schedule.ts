import { afterWorkingHours, type WorkingHours } from '../working-time.ts';
import type { Severity } from './finding.ts';
import type { RuleName } from './thresholds.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Moments after the anchor at which to remind, and how often after the last of them; none: it is said once. */
interface Reminders {
  from: 'anchor' | 'raised';
  at: readonly number[];
  every: number | null;
}

const SLOW: Reminders = { from: 'raised', at: [3 * DAY, 7 * DAY], every: WEEK };
const MONEY_RUNS: Reminders = { from: 'raised', at: [6 * HOUR, DAY, 3 * DAY, 7 * DAY], every: WEEK };
const PRESSING: Reminders = { from: 'raised', at: [2 * HOUR, DAY, 3 * DAY], every: WEEK };

/** Rules that are not here are said once, or by their own steps (runway, stale); an evicted pod is soon one that is off. */
const REMINDERS: Partial<Record<RuleName, Reminders>> = {
  // 24 h after the stop it is raised; then 3 and 7 days after the stop, then every week.
  'stopped-double': { from: 'anchor', at: [3 * DAY, 7 * DAY], every: WEEK },
  'low-balance': { from: 'raised', at: [DAY, 3 * DAY], every: WEEK },
  'auto-pay': { from: 'raised', at: [6 * HOUR, DAY], every: DAY },
  'zero-gpu': PRESSING,
  stuck: PRESSING,
  duplicate: PRESSING,
  idle: MONEY_RUNS,
  unowned: SLOW,
  'orphan-volume': { from: 'raised', at: [30 * DAY], every: 30 * DAY },
  'two-writers': { from: 'raised', at: [DAY, 7 * DAY], every: null },
  blind: { from: 'raised', at: [6 * HOUR, DAY], every: DAY },
};

/** The next reminder after `now`; null for none. What was due before somebody looked is not made up for. */
export function nextReminder(rule: RuleName, { anchor, raisedAt }: Anchors, now: number): number | null {
  const plan = REMINDERS[rule];
  if (!plan) return null;
  const from = plan.from === 'anchor' ? anchor : raisedAt;
  const early = plan.at.find((after) => from + after > now);
  if (early !== undefined) return from + early;
  if (plan.every === null) return null;
  const last = from + (plan.at.at(-1) ?? 0);
  return last + (Math.floor((now - last) / plan.every) + 1) * plan.every;
}

export interface Anchors {
  anchor: number;
  raisedAt: number;
}

export type Step = { afterMs: number; to: 'watch' | 'page' };

/** Whom an ignored danger reaches, counted from when it became so. `watch`: the ops role; `page`: the critical webhook. */
export function escalationOf(rule: RuleName, severity: Severity): readonly Step[] {
  const minutes = (n: number) => n * 60_000;
  if (rule === 'burn-jump')
    return [
      { afterMs: minutes(10), to: 'watch' },
      { afterMs: minutes(20), to: 'page' },
    ];
  if (severity !== 'critical') return [];
  // It has lasted for half an hour by then, and a chat may be what is silent.
  if (rule === 'blind')
    return [
      { afterMs: 0, to: 'watch' },
      { afterMs: 0, to: 'page' },
    ];
  return [
    { afterMs: 0, to: 'watch' },
    { afterMs: minutes(20), to: 'page' },
  ];
}

export interface QuietHours {
  /** From this hour of the evening to that of the morning; equal: none. */
  from: number;
  to: number;
  /** 1 (Monday) to 7; on other days nothing that can wait is said. */
  days: readonly number[];
}

/** When something may be said that can wait: now, or at the next opening of this person's day. */
export function afterQuiet(now: number, quiet: QuietHours, timezone: string): number {
  if (quiet.from === quiet.to || quiet.days.length === 0) return now;
  const awake: WorkingHours = { days: quiet.days, from: quiet.to, to: quiet.from === 0 ? 24 : quiet.from };
  return afterWorkingHours(now, 0, awake, timezone, 14 * 24);
}

export const canWait = (severity: Severity): boolean => severity === 'note' || severity === 'warn';
