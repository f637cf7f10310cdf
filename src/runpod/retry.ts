import { type RunpodError, RunpodRateLimited, RunpodUnavailable } from './errors.ts';

/**
 * How a call may be repeated. `safe`: reading, or a write that converges (stop, delete). `once`: RunPod has no
 * idempotency key, so a create or start is never repeated in here: whoever sent it claims anew before each request.
 */
export type Repeat = 'safe' | 'once';

export interface RetryPolicy {
  maxAttempts: number;
  /** First pause in ms, doubled each time. */
  backoffMs: number;
  /** Longest pause that is worth waiting inside a call, ms. */
  maxWaitMs: number;
}

/** Milliseconds to wait before the next attempt, or null to give up. `random` is from 0 to 1 (jitter). */
export function retryAfter(
  error: RunpodError,
  attempt: number,
  repeat: Repeat,
  policy: RetryPolicy,
  random: number,
): number | null {
  if (repeat === 'once' || attempt >= policy.maxAttempts) return null;
  if (error instanceof RunpodRateLimited) return error.retryAfterMs <= policy.maxWaitMs ? error.retryAfterMs : null;
  if (!(error instanceof RunpodUnavailable)) return null;
  const told = error.retryAfterMs ?? 0;
  if (told > policy.maxWaitMs) return null;
  const pause = policy.backoffMs * 2 ** (attempt - 1);
  return Math.max(told, Math.min(policy.maxWaitMs, Math.round(pause / 2 + (pause / 2) * random)));
}

/** Whatever RunPod says, it is asked again after this long: a wrong header must not end anything for a day. */
export const LONGEST_WAIT_MS = 3_600_000;

/** A `Retry-After` header, seconds or a date, in ms from `now`; null where it says nothing that can be waited for. */
export function toldToWait(header: string | undefined, now: number): number | null {
  if (header === undefined || header.trim() === '') return null;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, LONGEST_WAIT_MS) : null;
}
