/**
 * A ledger of its own: what was up at which rate from when to when, and what that comes to. It shares nothing with the
 * program or the emulator but the prices that RunPod documents.
 */
export interface Use {
  product: 'pods' | 'serverless' | 'endpoints' | 'volumes' | 'clusters';
  id: string;
  /** USD an hour. */
  compute: number;
  storage: number;
  from: number;
  to: number;
  person?: string;
  project?: string;
  gpu?: string;
}

const MONTH_HOURS = 730;
/** USD an hour for so many GB. Source: docs.runpod.io, pods/pricing. */
export const diskWhileUp = (gb: number) => (gb * 0.1) / MONTH_HOURS;
export const diskWhileOff = (gb: number) => (gb * 0.2) / MONTH_HOURS;
export const networkVolume = (gb: number) => (Math.min(gb, 1000) * 0.07 + Math.max(0, gb - 1000) * 0.05) / MONTH_HOURS;

const HOUR = 3_600_000;

/** Offset of a zone at a moment, ms; from the platform's own tables. */
function offsetOf(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  return local - (at - (at % 1000));
}

/** The whole hour nearest to a local day's midnight. */
export function beginOf(day: string, zone: string): number {
  const local = Date.parse(`${day}T00:00:00Z`);
  const guess = local - offsetOf(local, zone);
  const midnight = local - offsetOf(guess, zone);
  return Math.round(midnight / HOUR) * HOUR;
}

export const dayAfter = (day: string): string => new Date(Date.parse(day) + 24 * HOUR).toISOString().slice(0, 10);

/** USD of the uses that fit, within a stretch of time. */
export function spent(
  uses: readonly Use[],
  from: number,
  to: number,
  what: 'all' | 'compute' | 'storage' = 'all',
): number {
  return uses.reduce((sum, use) => {
    const hours = Math.max(0, Math.min(use.to, to) - Math.max(use.from, from)) / HOUR;
    const rate = (what === 'storage' ? 0 : use.compute) + (what === 'compute' ? 0 : use.storage);
    return sum + hours * rate;
  }, 0);
}

/** As people read it. */
export const cents = (usd: number): string => usd.toFixed(2);
