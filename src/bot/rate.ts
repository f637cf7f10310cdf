/** Beyond so many keys those that have their whole burst again are forgotten. */
const MANY = 1000;

/** So many at once for each key, and one more every so often. In memory: every bot counts for itself. */
export class Rate {
  private readonly burst: number;
  private readonly everyMs: number;
  /** When a key has its whole burst again, ms. */
  private readonly whole = new Map<string, number>();

  constructor(burst: number, everyMs: number) {
    this.burst = burst;
    this.everyMs = everyMs;
  }

  /** False for one too many. */
  take(key: string, now: number): boolean {
    const whole = Math.max(now, this.whole.get(key) ?? 0) + this.everyMs;
    if (whole - now > this.burst * this.everyMs) return false;
    if (this.whole.size >= MANY) this.forget(now);
    this.whole.set(key, whole);
    return true;
  }

  private forget(now: number): void {
    for (const [key, whole] of this.whole) if (whole <= now) this.whole.delete(key);
  }
}
