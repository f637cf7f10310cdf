import type { MicroUsd, MicroUsdPerHour } from '../money.ts';

export const RULES = [
  'stopped-double',
  'runway',
  'low-balance',
  'auto-pay',
  'burn-jump',
  'budget',
  'stale',
  'zero-gpu',
  'idle',
  'evicted',
  'changed-outside',
  'unowned',
  'duplicate',
  'stuck',
  'not-durable',
  'orphan-volume',
  'two-writers',
  'blind',
  'first-look',
] as const;
export type RuleName = (typeof RULES)[number];

/** About the account's money, which is nobody's own: whoever looks after it is meant. */
export const MONEY_RULES: readonly RuleName[] = ['runway', 'low-balance', 'auto-pay', 'budget'];
/** What happened once, and is not "over" when it is no longer news. */
export const EVENT_RULES: readonly RuleName[] = ['changed-outside', 'first-look'];

/** When each rule speaks, as `warnings` in the policy file says. Times in ms, money in micro-dollars. */
export interface Thresholds {
  stoppedAfterMs: number;
  /** Hours to $0, farthest first. */
  runwayHours: readonly number[];
  balanceBelow: readonly MicroUsd[];
  /** Null: nobody said, so it is inferred. */
  autoPay: boolean | null;
  /** Null: as RunPod says, where it does. */
  postpaid: boolean | null;
  burnJumpTimes: number;
  /** A jump is at least this much more. */
  burnJumpAtLeast: MicroUsdPerHour;
  maxRate: MicroUsdPerHour | null;
  staleDays: readonly number[];
  idleBelowPercent: number;
  idleMs: number;
  stuckMs: number;
  unownedMs: number;
  longRunningMs: number;
  orphanMs: number;
  off: readonly RuleName[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_THRESHOLDS: Thresholds = {
  stoppedAfterMs: DAY,
  runwayHours: [72, 24, 6],
  balanceBelow: [],
  autoPay: null,
  postpaid: null,
  burnJumpTimes: 1.5,
  burnJumpAtLeast: 1_000_000,
  maxRate: null,
  staleDays: [20, 25, 28, 29],
  idleBelowPercent: 5,
  idleMs: HOUR,
  stuckMs: 20 * MINUTE,
  unownedMs: HOUR,
  longRunningMs: DAY,
  orphanMs: 7 * DAY,
  off: [],
};

/** RunPod removes stopped pods after about this many days (platform profile; no document of RunPod's says it exactly). */
export const REMOVED_AFTER_DAYS = 30;
