import { z } from 'zod';
import { formatUsd, type MicroUsd, type MicroUsdPerHour } from '../money.ts';
import type { DaySums } from './sums.ts';

/** What happens to a launch beyond a budget. */
export const BEYOND = ['ask', 'refuse'] as const;
export type Beyond = (typeof BEYOND)[number];

/** `team`, `person <key>` or `project <name>`. */
export type Scope = string;

/** Null: none. */
export const budget = z.object({ day: z.int().nullable(), month: z.int().nullable() });
export type Budget = z.infer<typeof budget>;
export type BudgetWindow = keyof Budget;

export interface BudgetRules {
  /** From the policy file; what is set in chat replaces it, scope by scope. */
  base: ReadonlyMap<Scope, Budget>;
  beyond: Beyond;
}

/** One budget and what has been spent of it. */
export interface BudgetState {
  scope: Scope;
  window: BudgetWindow;
  budget: MicroUsd;
  spent: MicroUsd;
}

const NONE: Budget = { day: null, month: null };

/** The budgets that hold: set in chat, else from the policy file. */
export function budgetsNow(base: BudgetRules['base'], set: ReadonlyMap<Scope, Budget>): Map<Scope, Budget> {
  const all = new Map([...base, ...set]);
  return new Map([...all].filter(([, { day, month }]) => day !== null || month !== null));
}

export const budgetOf = (all: ReadonlyMap<Scope, Budget>, scope: Scope): Budget => all.get(scope) ?? NONE;

/** What each scope came to, over any number of days. */
export function spentBy(days: Iterable<DaySums>): Map<Scope, MicroUsd> {
  const spent = new Map<Scope, MicroUsd>();
  const add = (scope: Scope, amount: number) => spent.set(scope, (spent.get(scope) ?? 0) + amount);
  for (const { total, scopes } of days) {
    add('team', total);
    for (const [scope, amount] of Object.entries(scopes)) add(scope, amount);
  }
  return spent;
}

/** How each budget stands, the fullest first. `today` and `month` hold what each scope came to. */
export function budgetStates(
  budgets: ReadonlyMap<Scope, Budget>,
  spent: { today: ReadonlyMap<Scope, MicroUsd>; month: ReadonlyMap<Scope, MicroUsd> },
): BudgetState[] {
  const states = [...budgets].flatMap(([scope, { day, month }]): BudgetState[] => [
    ...(day === null ? [] : [{ scope, window: 'day' as const, budget: day, spent: spent.today.get(scope) ?? 0 }]),
    ...(month === null ? [] : [{ scope, window: 'month' as const, budget: month, spent: spent.month.get(scope) ?? 0 }]),
  ]);
  return states.sort((a, b) => shareOf(b) - shareOf(a) || a.scope.localeCompare(b.scope, 'en'));
}

/** A budget of nothing is used up by anything, and not by nothing. */
export const shareOf = ({ spent, budget: of }: Pick<BudgetState, 'spent' | 'budget'>): number =>
  of > 0 ? spent / of : spent > 0 ? Number.POSITIVE_INFINITY : 0;

/** Shares of a budget at which it is warned of. */
export const WARN_AT = [0.8, 1] as const;

/** What is up or on its way, and whose it is. */
export interface Running {
  person: string | null;
  project: string | null;
  microUsdPerHour: MicroUsdPerHour;
}

const isIn = (scope: Scope, { person, project }: Running): boolean =>
  scope === 'team' || scope === `person ${person}` || scope === `project ${project}`;

/**
 * The budget that a launch would pass, if any: what was spent, and the next hour of everything that is up in its scope,
 * the launch included. Less than an hour's money is what RunPod itself does not deploy for.
 */
export function beyondBudget(
  launch: Running,
  running: readonly Running[],
  states: readonly BudgetState[],
): PassedBudget | null {
  for (const state of states) {
    if (!isIn(state.scope, launch)) continue;
    const up = running.filter((one) => isIn(state.scope, one)).reduce((sum, one) => sum + one.microUsdPerHour, 0);
    const hour = up + launch.microUsdPerHour;
    if (state.spent + hour > state.budget) return { ...state, hour };
  }
  return null;
}

/** `hour`: what everything in its scope that is up, the launch included, comes to in the next hour. */
export interface PassedBudget extends BudgetState {
  hour: MicroUsd;
}

export function scopeName(scope: Scope, nameOf: (person: string) => string = (key) => key): string {
  const [kind, ...rest] = scope.split(' ');
  const name = rest.join(' ');
  if (kind === 'person') return nameOf(name);
  return kind === 'project' ? `project ${name}` : 'the team';
}

const NOW_WORDS: Record<BudgetWindow, string> = { day: 'today', month: 'this month' };

/** `the team has spent $190.10 of $200.00 today` */
export const budgetText = (
  { scope, window, budget: of, spent }: BudgetState,
  nameOf?: (person: string) => string,
  words = NOW_WORDS,
): string => `${scopeName(scope, nameOf)} has spent ${formatUsd(spent)} of ${formatUsd(of)} ${words[window]}`;
