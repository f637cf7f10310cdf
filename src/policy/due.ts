/** Reads that come round. Each is due when its last run is this old on Podwarden's clock. */
export const RECURRING = {
  'read-fleet': 5 * 60_000,
  'refresh-people': 5 * 60_000,
  'refresh-catalogue': 10 * 60_000,
} as const;
export type Recurring = keyof typeof RECURRING;

/** The fleet is read this often while a create that never answered may still turn up: its pod bills unseen. */
const WATCHING_MS = 10_000;

/**
 * Which reads are due; one that never ran is. `lastRun` in milliseconds since 1970; `watching`: a launch has lately been
 * sent whose end nobody knows.
 */
export function dueReads(
  lastRun: Readonly<Partial<Record<Recurring, number>>>,
  now: number,
  watching: boolean,
): Recurring[] {
  return (Object.keys(RECURRING) as Recurring[]).filter((name) => {
    const last = lastRun[name];
    const every = watching && name === 'read-fleet' ? WATCHING_MS : RECURRING[name];
    return last === undefined || now - last >= every;
  });
}
