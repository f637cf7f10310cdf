import type { BudgetRules } from '../policy/costs/budgets.ts';
import { type BudgetState, budgetStates, budgetsNow, spentBy } from '../policy/costs/budgets.ts';
import { type CostDay, Fold } from '../policy/costs/day.ts';
import { type Day, dayOf, daysFrom, monthBegin } from '../policy/costs/days.ts';
import { type Forecast, forecast } from '../policy/costs/forecast.ts';
import { type DaySums, sinceFirstUse } from '../policy/costs/sums.ts';
import { usualDays } from '../policy/costs/usual.ts';
import type { Budgets } from '../store/budgets.ts';
import type { Costs } from '../store/costs.ts';

/** Days that are read at once: between them, others get their turn. */
const AT_ONCE = 7;

/** The days of a stretch that are known, in order. */
export async function* eachDay(costs: Costs, zone: string, first: Day, last: Day): AsyncGenerator<CostDay> {
  const wanted = daysFrom(first, last);
  for (let i = 0; i < wanted.length; i += AT_ONCE) {
    const found = await costs.days(zone, wanted.slice(i, i + AT_ONCE));
    for (const day of wanted.slice(i, i + AT_ONCE)) {
      const one = found.get(day);
      if (one) yield one;
    }
  }
}

/** A stretch folded into one day (none where nothing is known), and how many of its days are not known. */
export interface Stretch {
  days: CostDay[];
  missing: number;
}

export async function stretch(costs: Costs, zone: string, first: Day, last: Day): Promise<Stretch> {
  const fold = new Fold();
  let known = 0;
  for await (const day of eachDay(costs, zone, first, last)) {
    fold.add(day);
    known += 1;
  }
  return { days: fold.day ? [fold.day] : [], missing: daysFrom(first, last).length - known };
}

/** Everything that `usualFor` may want of the days before one. */
export async function daysBefore(costs: Costs, zone: string, day: Day): Promise<Map<Day, CostDay>> {
  const [days, sums] = await Promise.all([costs.days(zone, usualDays(day)), costs.sums(zone)]);
  return sinceFirstUse(days, sums);
}

const NOT_YET = { total: 0 };

/** This month so far, and what it is expected to come to. */
export function monthOf(sums: ReadonlyMap<Day, DaySums>, now: number, zone: string): Forecast {
  return monthAt(sums, dayOf(now, zone), false);
}

/** The month up to the end of a finished day, and what it is expected to come to. */
export const monthUntil = (sums: ReadonlyMap<Day, DaySums>, last: Day): Forecast => monthAt(sums, last, true);

function monthAt(sums: ReadonlyMap<Day, DaySums>, at: Day, over: boolean): Forecast {
  const known = sinceFirstUse(sums, sums);
  const totals = new Map([...known].filter(([day]) => day < at).map(([day, { total }]) => [day, total]));
  // Before the first use nothing was spent, and nothing of it is missing.
  const begun = [...known.keys()].sort()[0] ?? at;
  return forecast({ day: at, soFar: (sums.get(at) ?? NOT_YET).total, over }, totals, begun);
}

/** Budgets are counted in the days and months of the default room, wherever they are looked at. */
export const budgetZone = ({
  rooms,
  defaultRoom,
}: {
  rooms: readonly { name: string; timezone: string }[];
  defaultRoom: string | null;
}): string => (rooms.find(({ name }) => name === defaultRoom) ?? rooms[0])?.timezone ?? 'UTC';

/**
 * How the budgets stand, in the days and months of one timezone; `unread` where there are some, and the bill was never read,
 * or where one of them cannot be read: then nobody knows what is left of them.
 */
export async function budgetsIn(
  zone: string,
  now: number,
  context: { costs: Costs; budgets: Budgets; rules: BudgetRules },
): Promise<BudgetState[] | 'unread'> {
  const set = await context.budgets.set();
  if (!set.isWhole) return 'unread';
  const budgets = budgetsNow(context.rules.base, set.budgets);
  if (budgets.size === 0) return [];
  const sums = await context.costs.sums(zone);
  return sums.size === 0 ? 'unread' : budgetStates(budgets, spentAt(sums, now, zone));
}

function spentAt(sums: ReadonlyMap<Day, DaySums>, now: number, zone: string) {
  const today = dayOf(now, zone);
  const of = (first: Day) => [...sums].filter(([day]) => day >= first && day <= today).map(([, day]) => day);
  return { today: spentBy(of(today)), month: spentBy(of(monthBegin(today))) };
}
