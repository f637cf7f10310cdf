/** Reads that come round. Each is due when its last run is this old on Podwarden's clock. */
export const RECURRING = {
  'read-fleet': 5 * 60_000,
  'refresh-people': 5 * 60_000,
  'refresh-catalogue': 10 * 60_000,
} as const;
export type Recurring = keyof typeof RECURRING;

/** Which reads are due; one that never ran is. `lastRun` in milliseconds since 1970. */
export function dueReads(lastRun: Readonly<Partial<Record<Recurring, number>>>, now: number): Recurring[] {
  return (Object.keys(RECURRING) as Recurring[]).filter((name) => {
    const last = lastRun[name];
    return last === undefined || now - last >= RECURRING[name];
  });
}
