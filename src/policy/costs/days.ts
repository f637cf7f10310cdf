import { DateTime } from 'luxon';
import { HOUR_MS } from './hours.ts';

/** A calendar day of a timezone, as `2026-11-24`. */
export type Day = string;

/** The whole hours (UTC) that stand for a local day; ms since 1970, `to` exclusive. */
export interface Cut {
  from: number;
  to: number;
  /** False where the timezone is off by :30 or :45: the day begins and ends at the nearest whole hour. */
  exact: boolean;
}

const DAY_MS = 24 * HOUR_MS;

const midnight = (day: Day, zone: string): number => DateTime.fromISO(day, { zone }).startOf('day').toMillis();

/** Nearest to midnight; half an hour counts on, so that the end of one day is the beginning of the next. */
const nearestHour = (at: number): number => Math.round(at / HOUR_MS) * HOUR_MS;

export function cutOf(day: Day, zone: string): Cut {
  const [from, to] = [midnight(day, zone), midnight(plusDays(day, 1), zone)];
  const cut = { from: nearestHour(from), to: nearestHour(to) };
  return { ...cut, exact: cut.from === from && cut.to === to };
}

export const dayOf = (at: number, zone: string): Day => DateTime.fromMillis(at, { zone }).toISODate() ?? '';

/** The day that an hour (UTC, by its beginning) counts for, as `cutOf` cuts. */
export const dayOfHour = (start: number, zone: string): Day => dayOf(start + HOUR_MS / 2 - 1, zone);

/** Calendar days; no clock is involved. */
export const plusDays = (day: Day, days: number): Day =>
  DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toISODate() ?? day;

/** 1 for Monday to 7 for Sunday. */
export const weekdayOf = (day: Day): number => DateTime.fromISO(day, { zone: 'utc' }).weekday;

export const monthBegin = (day: Day): Day => `${day.slice(0, 8)}01`;
export const monthEnd = (day: Day): Day => DateTime.fromISO(day, { zone: 'utc' }).endOf('month').toISODate() ?? day;

/** How many days there are from one to the other, both included; 0 or less where the second comes first. */
export const countDays = (first: Day, last: Day): number => (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;

/** Both ends included. */
export const daysFrom = (first: Day, last: Day): Day[] =>
  Array.from({ length: Math.max(0, countDays(first, last)) }, (_, i) => plusDays(first, i));

/** Of this century: what is older was billed by nobody, and other years are slips of the keyboard. */
export const isDay = (text: string): boolean =>
  /^20\d{2}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid;

/** `Tue 24 Nov`. */
export const shortDay = (day: Day): string =>
  DateTime.fromISO(day, { zone: 'utc', locale: 'en-US' }).toFormat('ccc d LLL');

/** `November`. */
export const monthName = (day: Day): string => DateTime.fromISO(day, { zone: 'utc', locale: 'en-US' }).toFormat('LLLL');

/** The first moment of a day at which its clock shows this hour or a later one: a skipped hour is no reason to wait. */
export function atHour(day: Day, hour: number, zone: string): number {
  return DateTime.fromISO(day, { zone }).startOf('day').set({ hour }).toMillis();
}
