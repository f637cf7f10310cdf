/** Calls that a platform takes under one key: `burst` at once, and one more every `everyMs`. */
export interface Rate {
  burst: number;
  everyMs: number;
}

/** Token buckets by key, on the emulator's own clock. */
export class Quotas {
  private readonly now: () => number;
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** Takes one call; gives what is left, and where nothing was, the ms until one is free. */
  take(key: string, rate: Rate): { left: number; waitMs: number } {
    const now = this.now();
    const before = this.buckets.get(key) ?? { tokens: rate.burst, at: now };
    const tokens = Math.min(rate.burst, before.tokens + Math.max(0, now - before.at) / rate.everyMs);
    if (tokens < 1) {
      this.buckets.set(key, { tokens, at: now });
      return { left: 0, waitMs: Math.ceil((1 - tokens) * rate.everyMs) };
    }
    this.buckets.set(key, { tokens: tokens - 1, at: now });
    return { left: Math.floor(tokens - 1), waitMs: 0 };
  }

  /** Ms until the bucket is full again. */
  fullAfterMs(key: string, rate: Rate): number {
    const bucket = this.buckets.get(key);
    return bucket ? Math.ceil((rate.burst - bucket.tokens) * rate.everyMs) : 0;
  }
}
