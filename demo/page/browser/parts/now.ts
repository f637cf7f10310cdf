import { useEffect, useState } from 'react';
import { useValue } from '../store.ts';

/** The demo's clock, ms since 1970; looks again every second. */
export function useNow(): number {
  const offset = useValue('clock')?.offset ?? 0;
  const [, look] = useState(0);
  useEffect(() => {
    const looking = setInterval(() => look((n) => n + 1), 1000);
    return () => clearInterval(looking);
  }, []);
  return Date.now() + offset;
}

/** People here read UTC, as the demo's room does, so that every window says the same. */
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const TIME = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ weekday: 'short', day: 'numeric', month: 'short' });
const LONG_DAY = format({ weekday: 'long', day: 'numeric', month: 'long' });

/** `10:05` */
export const timeText = (at: number) => TIME.format(at);
/** `Tue 24 Nov` */
export const dayText = (at: number) => DAY.format(at).replace(',', '');
/** `Tuesday 24 November` */
export const longDayText = (at: number) => LONG_DAY.format(at).replace(',', '');
export const momentText = (at: number) => `${dayText(at)}, ${timeText(at)}`;

const UNITS: [number, Intl.RelativeTimeFormatUnit][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `2 minutes ago`, `in 3 days` */
export function agoText(at: number, now: number): string {
  for (const [ms, unit] of UNITS) {
    if (Math.abs(at - now) >= ms) return RELATIVE.format(Math.trunc((at - now) / ms), unit);
  }
  return 'now';
}
