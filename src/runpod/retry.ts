import type { RunpodError } from './errors.ts';

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
  if (error.kind === 'rate-limited') {
    const wait = (error as { retryAfterMs?: number }).retryAfterMs ?? policy.maxWaitMs;
    return wait <= policy.maxWaitMs ? wait : null;
  }
  if (error.kind !== 'unavailable') return null;
  const pause = policy.backoffMs * 2 ** (attempt - 1);
  return Math.min(policy.maxWaitMs, Math.round(pause / 2 + (pause / 2) * random));
}
