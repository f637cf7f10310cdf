/** Reads that come round. Each is due when its last run is this old on Podwarden's clock. */
export const RECURRING = {
  'read-fleet': 5 * 60_000,
  'refresh-people': 5 * 60_000,
  'refresh-catalogue': 10 * 60_000,
  'read-billing': 15 * 60_000,
} as const;
export type Recurring = keyof typeof RECURRING;

/** The fleet is read this often while something has to be confirmed, or a create that never answered may still turn up. */
const SOON_MS = 10_000;

export interface Pressing {
  /** The last read showed what the next has to confirm, or a launch has lately been sent whose end nobody knows. */
  soon: boolean;
  /** When an open finding next does something by itself; null for never. */
  findingDue: number | null;
  scanMs: number;
  /** When a scan was last begun, whether it succeeded or not. */
  triedAt: number | undefined;
}

/** A scan that failed is tried again after this long: RunPod's quota is for Stop, not for asking again. */
const FAILED_MS = 30_000;

/** Which reads are due; one that never ran is. `lastRun` in milliseconds since 1970. */
export function dueReads(
  lastRun: Readonly<Partial<Record<Recurring, number>>>,
  now: number,
  { soon, findingDue, scanMs, triedAt }: Pressing,
): Recurring[] {
  return (Object.keys(RECURRING) as Recurring[]).filter((name) => {
    const last = lastRun[name];
    if (name !== 'read-fleet') return last === undefined || now - last >= RECURRING[name];
    const failed = triedAt !== undefined && triedAt > (last ?? 0);
    if (failed && now - triedAt < FAILED_MS) return false;
    if (last === undefined) return true;
    // Once: what a scan could not do yet, the next does.
    if (findingDue !== null && findingDue <= now && last < findingDue) return true;
    return now - last >= (soon ? SOON_MS : scanMs);
  });
}
