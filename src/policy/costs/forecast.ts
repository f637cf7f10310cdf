import type { MicroUsd } from '../money.ts';
import { type Day, daysFrom, monthBegin, monthEnd, plusDays } from './days.ts';

export interface Forecast {
  /** Spent since the first of the month, today so far included. */
  soFar: MicroUsd;
  /** What the whole month is expected to come to; null where fewer than three finished days are known. */
  month: { low: MicroUsd; expected: MicroUsd; high: MicroUsd } | null;
  /** Days of this month before today of which nothing is known. */
  missing: number;
}

/** Finished days that the rest of the month is judged by. */
const LOOK_BACK = 28;
const ENOUGH = 3;
/** Of ten days eight lie between: the range is what the rest comes to if all of it were such days. */
const LOW = 0.1;
const HIGH = 0.9;

/** `totals` by finished day; `today` is what it has come to so far, or (`over`) in all. Days before `begun` cost nothing. */
export function forecast(
  today: { day: Day; soFar: MicroUsd; over?: boolean },
  totals: ReadonlyMap<Day, MicroUsd>,
  begun: Day = '',
): Forecast {
  const month = monthBegin(today.day);
  const first = begun > month ? begun : month;
  const before = today.day <= first ? [] : daysFrom(first, plusDays(today.day, -1));
  const known = before.map((day) => totals.get(day)).filter((total) => total !== undefined);
  const soFar = known.reduce((sum, total) => sum + total, 0) + today.soFar;
  const missing = before.length - known.length;
  // Nothing is left to be forecast: it is the sum, from however few days.
  if (today.over && today.day === monthEnd(today.day) && missing === 0)
    return { soFar, month: { low: soFar, expected: soFar, high: soFar }, missing };
  const recent = daysFrom(plusDays(today.day, -LOOK_BACK), plusDays(today.day, -1))
    .map((day) => totals.get(day))
    .filter((total) => total !== undefined)
    .sort((a, b) => a - b);
  if (recent.length < ENOUGH || missing > 0) return { soFar, month: null, missing };
  const left = daysFrom(today.day, monthEnd(today.day)).length - 1;
  const mean = recent.reduce((sum, total) => sum + total, 0) / recent.length;
  const at = (share: number) => recent[Math.min(recent.length - 1, Math.floor(share * recent.length))] ?? 0;
  const finished = soFar - today.soFar;
  // Today is not over: it comes to no less than it has.
  const todayInAll = (aDay: number) => (today.over ? today.soFar : Math.max(today.soFar, aDay));
  const whole = (aDay: number) => Math.round(finished + todayInAll(aDay) + left * aDay);
  const expected = whole(mean);
  return {
    soFar,
    month: { low: Math.min(whole(at(LOW)), expected), expected, high: Math.max(whole(at(HIGH)), expected) },
    missing,
  };
}
