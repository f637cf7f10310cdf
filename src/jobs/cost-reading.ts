import type { BudgetRules } from '../policy/costs/budgets.ts';
import { type BudgetState, budgetStates, budgetsNow, spentBy } from '../policy/costs/budgets.ts';
import type { CostDay } from '../policy/costs/day.ts';
import { type Day, dayOf, daysFrom, monthBegin, plusDays } from '../policy/costs/days.ts';
import { type Forecast, forecast } from '../policy/costs/forecast.ts';
import { type DaySums, sinceFirstUse } from '../policy/costs/sums.ts';
import type { Budgets } from '../store/budgets.ts';
import type { Costs } from '../store/costs.ts';

/** Days of a stretch in order, and how many of it are not known. */
export interface Stretch {
  days: CostDay[];
  missing: number;
}

export async function stretch(costs: Costs, zone: string, first: Day, last: Day): Promise<Stretch> {
  const wanted = daysFrom(first, last);
  const found = await costs.days(zone, wanted);
  const days = wanted.map((day) => found.get(day)).filter((day) => day !== undefined);
  return { days, missing: wanted.length - days.length };
}

/** Everything that `usualFor` may want of the days before one. */
export async function daysBefore(costs: Costs, zone: string, day: Day): Promise<Map<Day, CostDay>> {
  const back = [...Array.from({ length: 14 }, (_, i) => i + 1), 21, 28];
  const [days, sums] = await Promise.all([
    costs.days(
      zone,
      back.map((n) => plusDays(day, -n)),
    ),
    costs.sums(zone),
  ]);
  return sinceFirstUse(days, sums);
}

const NOT_YET = { total: 0 };

/** This month so far, and what it is expected to come to. */
export function monthOf(sums: ReadonlyMap<Day, DaySums>, now: number, zone: string): Forecast {
  const today = dayOf(now, zone);
  const known = sinceFirstUse(sums, sums);
  const totals = new Map([...known].filter(([day]) => day < today).map(([day, { total }]) => [day, total]));
  // Before the first use nothing was spent, and nothing of it is missing.
  const begun = [...known.keys()].sort()[0] ?? today;
  return forecast({ day: today, soFar: (sums.get(today) ?? NOT_YET).total }, totals, begun);
}

/** Budgets are counted in the days and months of the default room, wherever they are looked at. */
export const budgetZone = ({
  rooms,
  defaultRoom,
}: {
  rooms: readonly { name: string; timezone: string }[];
  defaultRoom: string | null;
}): string => (rooms.find(({ name }) => name === defaultRoom) ?? rooms[0])?.timezone ?? 'UTC';

/** How the budgets stand now, in the days and months of one timezone. */
export async function budgetsIn(
  zone: string,
  now: number,
  context: { costs: Costs; budgets: Budgets; rules: BudgetRules },
): Promise<BudgetState[]> {
  const budgets = budgetsNow(context.rules.base, await context.budgets.all());
  if (budgets.size === 0) return [];
  return budgetStates(budgets, spentNow(await context.costs.sums(zone), now, zone));
}

function spentNow(sums: ReadonlyMap<Day, DaySums>, now: number, zone: string) {
  const today = dayOf(now, zone);
  const of = (first: Day) => [...sums].filter(([day]) => day >= first && day <= today).map(([, day]) => day);
  return { today: spentBy(of(today)), month: spentBy(of(monthBegin(today))) };
}
