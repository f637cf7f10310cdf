import { atHour, type Day, dayOf, plusDays, weekdayOf } from './days.ts';

export const DIGESTS = ['daily', 'weekly'] as const;
export type DigestKind = (typeof DIGESTS)[number];

export interface DigestTimes {
  zone: string;
  /** Local hour, 0 to 23. */
  hour: number;
  /** 1 for Monday to 7 for Sunday. */
  weekday: number;
}

export interface DigestWindow {
  kind: DigestKind;
  /** Days told of, both ends included. The last one is what the window is known by. */
  first: Day;
  last: Day;
  dueAt: number;
}

/** How many missed ones are posted late: older ones would be news to nobody. */
const MOST_LATE: Record<DigestKind, number> = { daily: 7, weekly: 2 };

/** The window that comes due on a local day; null where none does. */
function windowOn(kind: DigestKind, due: Day, { zone, hour, weekday }: DigestTimes): DigestWindow | null {
  if (kind === 'weekly' && weekdayOf(due) !== weekday) return null;
  const last = plusDays(due, -1);
  const first = kind === 'weekly' ? plusDays(last, -6) : last;
  return { kind, first, last, dueAt: atHour(due, hour, zone) };
}

/**
 * The windows of a kind that are due and were not done, oldest first. `done` is the last day of the last one that was;
 * null where there was none: then nothing before now is missed, and the first comes at the next hour.
 */
export function dueWindows(kind: DigestKind, done: Day | null, now: number, times: DigestTimes): DigestWindow[] {
  if (done === null) return [];
  const today = dayOf(now, times.zone);
  const back = kind === 'weekly' ? 7 * (MOST_LATE.weekly + 1) : MOST_LATE.daily;
  const windows: DigestWindow[] = [];
  for (let n = back; n >= 0; n--) {
    const window = windowOn(kind, plusDays(today, -n), times);
    if (window && window.dueAt <= now && window.last > done) windows.push(window);
  }
  return windows.slice(-MOST_LATE[kind]);
}

/** What counts as done where nothing was ever posted: everything that was due before now. */
export function doneAtFirst(kind: DigestKind, now: number, times: DigestTimes): Day {
  const today = dayOf(now, times.zone);
  for (let n = 0; n <= 7; n++) {
    const window = windowOn(kind, plusDays(today, -n), times);
    if (window && window.dueAt <= now) return window.last;
  }
  return plusDays(today, -1);
}
