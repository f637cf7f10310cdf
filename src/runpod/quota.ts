import { LONGEST_WAIT_MS } from './retry.ts';

/** One window of RunPod's rate limit, as its `RateLimit` and `RateLimit-Policy` headers state it. */
interface Window {
  name: string;
  remaining: number;
  quota: number | null;
  /** On the caller's real clock, ms. */
  resetsAt: number;
}

/** Kept back from ordinary calls, so that stop and terminate still go through: a tenth of the window, at least two. */
const RESERVE_SHARE = 0.1;
const RESERVE_LEAST = 2;

const ITEM = /"([^"]+)"((?:\s*;\s*[a-z]+=\d+)*)/g;

function items(header: string): Map<string, Record<string, number>> {
  const found = new Map<string, Record<string, number>>();
  for (const [, name = '', params = ''] of header.matchAll(ITEM)) {
    const pairs = [...params.matchAll(/([a-z]+)=(\d+)/g)].map(([, key = '', value = '0']) => [key, Number(value)]);
    found.set(name, Object.fromEntries(pairs));
  }
  return found;
}

/**
 * Reads the structured-field headers `RateLimit: "minute";r=41;t=12` and `RateLimit-Policy: "minute";q=60;w=60`
 * (format: RunPod's v2 OpenAPI document). Counts calls of its own down between replies.
 */
export class Quota {
  private windows: Window[] = [];
  private blockedUntil = 0;

  note(headers: { rateLimit: string | undefined; policy: string | undefined }, now: number): void {
    if (headers.rateLimit === undefined) return;
    const policies = items(headers.policy ?? '');
    this.windows = [...items(headers.rateLimit)].map(([name, { r = 0, t = 0 }]) => ({
      name,
      remaining: r,
      quota: policies.get(name)?.q ?? null,
      resetsAt: now + Math.min(t * 1000, LONGEST_WAIT_MS),
    }));
  }

  /** RunPod answered 429: all calls wait as long as it says. */
  block(ms: number, now: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, now + ms);
  }

  /** Milliseconds until a call may be sent: 0 for now. `urgent` calls may use the reserve, and wait where RunPod refused. */
  waitMs(urgent: boolean, now: number): number {
    const full = this.windows.filter((w) => w.resetsAt > now && w.remaining <= (urgent ? 0 : reserveOf(w)));
    return Math.max(0, this.blockedUntil - now, ...full.map((w) => w.resetsAt - now));
  }

  spend(): void {
    for (const window of this.windows) window.remaining = Math.max(0, window.remaining - 1);
  }
}

function reserveOf(window: Window): number {
  return window.quota === null ? RESERVE_LEAST : Math.max(RESERVE_LEAST, Math.floor(window.quota * RESERVE_SHARE));
}
