import type { PersonRef } from '../identity.ts';
import type { MicroUsd } from '../money.ts';
import { ownerKey, spokenName } from '../pod-names.ts';
import { PRODUCT_NAMES, sumOf } from './amounts.ts';
import type { CostDay, CostLine } from './day.ts';
import { type Day, plusDays } from './days.ts';

/** Weeks back that the same weekday is looked at, and days back where too few of those are known. */
const WEEKS = 4;
const DAYS = 14;
/** Fewer days than this make nothing usual. */
const ENOUGH = 3;

/** A difference that nobody can see moves nothing. */
const CENT = 10_000;

export interface Mover {
  name: string;
  owner: PersonRef | null;
  /** Above what it usually comes to; negative below. */
  by: MicroUsd;
}

export interface Usual {
  /** Median of `days`. */
  total: MicroUsd;
  days: readonly CostDay[];
  sameWeekday: boolean;
}

/** A day is unusual from this much above the usual on. */
const UNUSUAL_TIMES = 1.3;
const UNUSUAL_AT_LEAST = 5_000_000;

export const isUnusual = (total: MicroUsd, usual: MicroUsd | null): boolean =>
  usual !== null && total > usual * UNUSUAL_TIMES && total - usual >= UNUSUAL_AT_LEAST;

const SAME_WEEKDAYS = Array.from({ length: WEEKS }, (_, i) => 7 * (i + 1));
const DAYS_BEFORE = Array.from({ length: DAYS }, (_, i) => i + 1);

/** Every day that `usualFor` may look at, in order. */
export const usualDays = (day: Day): Day[] =>
  [...new Set([...SAME_WEEKDAYS, ...DAYS_BEFORE])].sort((a, b) => b - a).map((n) => plusDays(day, -n));

/** The days that a day is measured by: the same weekday of four weeks, else the two weeks before. Null: too few are known. */
export function usualFor(day: Day, history: ReadonlyMap<Day, CostDay>): Usual | null {
  const known = (back: readonly number[]) =>
    back.map((n) => history.get(plusDays(day, -n))).filter((one) => one !== undefined);
  const weekdays = known(SAME_WEEKDAYS);
  const sameWeekday = weekdays.length >= ENOUGH;
  const days = sameWeekday ? weekdays : known(DAYS_BEFORE);
  if (days.length < ENOUGH) return null;
  return { total: median(days.map(({ total }) => total)), days, sameWeekday };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return Math.round((low + high) / 2);
}

/**
 * By whom a day differs from the usual: those who differ as the day does first, then those who went the other way. Pods count by owner and
 * spoken name: one that is launched anew each day is the same work.
 */
export function movers(day: CostDay, usual: Usual): Mover[] {
  const now = bySubject(day.lines);
  const before = usual.days.map(({ lines }) => bySubject(lines));
  const keys = new Set([now, ...before].flatMap((all) => [...all.keys()]));
  const up = day.total >= usual.total;
  const all = [...keys].map((key): Mover => {
    const subject = now.get(key) ?? before.map((one) => one.get(key)).find((one) => one !== undefined);
    const usually = median(before.map((one) => one.get(key)?.total ?? 0));
    return { name: subject?.name ?? key, owner: subject?.owner ?? null, by: (now.get(key)?.total ?? 0) - usually };
  });
  const along = ({ by }: Mover) => by > 0 === up;
  return all
    .filter(({ by }) => Math.abs(by) >= CENT)
    .sort((a, b) => Number(along(b)) - Number(along(a)) || Math.abs(b.by) - Math.abs(a.by));
}

interface Subject {
  name: string;
  owner: PersonRef | null;
  total: MicroUsd;
}

function bySubject(lines: readonly CostLine[]): Map<string, Subject> {
  const all = new Map<string, Subject>();
  for (const { product, id, name, owner, amounts } of lines) {
    const spoken = product === 'pods' && name !== '' ? spokenName(name) : name || (id ?? PRODUCT_NAMES[product]);
    const key = `${product} ${ownerKey(owner) ?? ''} ${spoken}`;
    const subject = all.get(key) ?? { name: spoken, owner, total: 0 };
    subject.total += sumOf(amounts);
    all.set(key, subject);
  }
  return all;
}
