import { DateTime } from 'luxon';

/** Days are 1 (Monday) to 7; hours of the day from `from` up to, not including, `to`. Equal or reversed: none. */
export interface WorkingHours {
  days: readonly number[];
  from: number;
  to: number;
}

const HOUR = 3_600_000;
/** A fortnight without a working hour is a calendar without any. */
const MAX_DAYS = 14;

/**
 * The moment at which `hours` working hours have passed since `at` (ms), in the room's own timezone: days of 23 and 25
 * hours included. Where that is later than `atMost` hours of any kind, or the calendar has no working hours, `atMost`
 * decides.
 */
export function afterWorkingHours(
  at: number,
  hours: number,
  calendar: WorkingHours,
  timezone: string,
  atMost: number,
): number {
  const latest = at + atMost * HOUR;
  let left = hours * HOUR;
  let day = DateTime.fromMillis(at, { zone: timezone }).startOf('day');
  for (let i = 0; i <= MAX_DAYS; i++, day = day.plus({ days: 1 })) {
    if (!calendar.days.includes(day.weekday)) continue;
    // `set` follows the wall clock over a change of the clocks.
    const opens = Math.max(at, day.set({ hour: calendar.from }).toMillis());
    const closes = day
      .plus({ days: calendar.to === 24 ? 1 : 0 })
      .set({ hour: calendar.to % 24 })
      .toMillis();
    if (closes <= opens) continue;
    if (closes - opens >= left) return Math.min(latest, opens + left);
    left -= closes - opens;
  }
  return latest;
}
