import { z } from 'zod';
import { personRef } from '../identity.ts';
import { balanceAt, billedAfterwards, paysItself } from '../scan/account.ts';
import type { ScanMemory } from '../scan/memory.ts';
import type { BudgetState } from './budgets.ts';
import { type CostDay, Fold } from './day.ts';
import { type Day, daysFrom, plusDays } from './days.ts';
import type { Forecast } from './forecast.ts';
import { GROUPINGS, grouped, sumsOf, totalOf } from './report.ts';
import { type DaySums, KINDS, sinceFirstUse } from './sums.ts';
import { movers, type Usual, usualFor } from './usual.ts';
import { wasteIn } from './waste.ts';
import { DIGESTS, type DigestWindow } from './windows.ts';

/** Everything that a digest says, as it was when it was written; micro-dollars. Cards are rendered from it alone. */
const group = z.object({ label: z.string(), total: z.int() });
const mover = z.object({ name: z.string(), owner: personRef.nullable(), by: z.int() });
const wasted = z.object({
  kind: z.enum(['stopped', 'idle', 'orphan']),
  id: z.string(),
  name: z.string(),
  owner: personRef.nullable(),
  amount: z.int(),
  still: z.boolean(),
});
const chartDay = z.object({ day: z.string(), kinds: z.partialRecord(z.enum(KINDS), z.int()) });
export type ChartDay = z.infer<typeof chartDay>;

export const digestFacts = z.object({
  total: z.int(),
  compute: z.int(),
  storage: z.int(),
  /** The day or the week before; null where it is not known. */
  before: z.int().nullable(),
  /** The same weekday of the week before. */
  weekBefore: z.int().nullable(),
  usual: z.int().nullable(),
  movers: z.array(mover),
  groups: z.record(z.enum(GROUPINGS), z.object({ top: z.array(group), more: z.int() })),
  waste: z.array(wasted),
  wasteMore: z.int(),
  saved: z.object({ spot: z.int(), stops: z.int(), terminations: z.int() }),
  /** Pods that were terminated without an approval here. */
  outside: z.array(
    z.object({ name: z.string(), at: z.number(), said: z.string().nullable(), owner: personRef.nullable() }),
  ),
  account: z
    .object({
      balance: z.int(),
      readAt: z.number(),
      perHour: z.int(),
      zeroAt: z.number().nullable(),
      postpaid: z.boolean(),
      paysItself: z.boolean(),
    })
    .nullable(),
  month: z.object({
    soFar: z.int(),
    month: z.object({ low: z.int(), expected: z.int(), high: z.int() }).nullable(),
    missing: z.int(),
  }),
  budgets: z.array(z.object({ scope: z.string(), window: z.enum(['day', 'month']), budget: z.int(), spent: z.int() })),
  audit: z.object({ n: z.int(), mac: z.string() }),
  chart: z.array(chartDay),
  /** The team's budget a day, for the line in the chart. */
  dayBudget: z.int().nullable(),
  /** Days of the window of which nothing is stored. */
  missing: z.int(),
  hours: z.int(),
  estimated: z.int(),
  unknown: z.int(),
  final: z.boolean(),
  exact: z.boolean(),
  readAt: z.number(),
});
export type DigestFacts = z.infer<typeof digestFacts>;

export const digest = z.object({
  id: z.string(),
  /** Goes up where what people read changes: cards are edited to it. */
  rev: z.int(),
  room: z.string(),
  kind: z.enum(DIGESTS),
  zone: z.string(),
  first: z.string(),
  last: z.string(),
  dueAt: z.number(),
  createdAt: z.number(),
  facts: digestFacts,
});
export type Digest = z.infer<typeof digest>;

/** Days that the chart shows. */
const CHART_DAYS = 30;
const TOP = 10;
const TOP_WASTE = 8;
const TOP_MOVERS = 5;
const MAX_OUTSIDE = 10;

export interface DigestSources {
  window: DigestWindow;
  now: number;
  /** All that is known of the window's days, of as many days before, and of what is usual. */
  days: ReadonlyMap<Day, CostDay>;
  sums: ReadonlyMap<Day, DaySums>;
  memory: ScanMemory | null;
  autoPay: boolean | null;
  month: Forecast;
  budgets: readonly BudgetState[];
  dayBudget: number | null;
  audit: { n: number; mac: string };
}

export function factsFor(sources: DigestSources): DigestFacts {
  const { window, days: all, sums, memory, month, audit, dayBudget } = sources;
  const known = sinceFirstUse(all, sums);
  const pick = (first: Day, last: Day) => daysFrom(first, last).flatMap((day) => known.get(day) ?? []);
  const length = daysFrom(window.first, window.last).length;
  const days = daysFrom(window.first, window.last).flatMap((day) => all.get(day) ?? []);
  const before = pick(plusDays(window.first, -length), plusDays(window.first, -1));
  const waste = wasteIn(days, memory);
  const sum = (of: (day: CostDay) => number) => days.reduce((total, day) => total + of(day), 0);
  const usual = usualOf(window, known, before);
  const whole = mergedDay(days);
  return {
    ...sumsOf(days),
    before: before.length === length ? totalOf(before) : null,
    weekBefore: window.kind === 'daily' ? (known.get(plusDays(window.last, -7))?.total ?? null) : null,
    usual: usual?.total ?? null,
    movers: whole && usual ? movers(whole, usual).slice(0, TOP_MOVERS) : [],
    groups: groupsOf(days),
    waste: waste.slice(0, TOP_WASTE),
    wasteMore: waste.slice(TOP_WASTE).reduce((total, { amount }) => total + amount, 0),
    saved: {
      spot: sum(({ lines }) => lines.reduce((total, line) => total + line.savedBySpot, 0)),
      stops: sum(({ saved }) => saved.stops),
      terminations: sum(({ saved }) => saved.terminations),
    },
    outside: outsideIn(days, memory),
    account: accountIn(sources),
    month,
    budgets: sources.budgets.slice(0, TOP),
    audit,
    chart: daysFrom(plusDays(window.last, 1 - CHART_DAYS), window.last).map((day) => ({
      day,
      kinds: sums.get(day)?.kinds ?? {},
    })),
    dayBudget,
    missing: length - days.length,
    hours: sum(({ hours }) => hours),
    estimated: sum(({ estimated }) => estimated),
    unknown: sum(({ unknown }) => unknown),
    final: days.length === length && days.every(({ final }) => final),
    exact: days.every(({ exact }) => exact),
    readAt: days.at(-1)?.readAt ?? 0,
  };
}

/** A week is measured by the week before it. */
function usualOf(window: DigestWindow, known: ReadonlyMap<Day, CostDay>, before: readonly CostDay[]): Usual | null {
  if (window.kind === 'daily') return usualFor(window.last, known);
  const whole = mergedDay(before);
  return whole && before.length === 7 ? { total: whole.total, days: [whole], sameWeekday: false } : null;
}

function mergedDay(days: readonly CostDay[]): CostDay | null {
  const fold = new Fold();
  for (const day of days) fold.add(day);
  return fold.day;
}

function groupsOf(days: readonly CostDay[]): DigestFacts['groups'] {
  const of = (by: (typeof GROUPINGS)[number]) => {
    const all = grouped(days, by).map(({ label, total }) => ({ label, total }));
    return { top: all.slice(0, TOP), more: all.slice(TOP).reduce((sum, { total }) => sum + total, 0) };
  };
  return { person: of('person'), project: of('project'), gpu: of('gpu'), pod: of('pod') };
}

function outsideIn(days: readonly CostDay[], memory: ScanMemory | null): DigestFacts['outside'] {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  return (memory?.changes ?? [])
    .filter(({ what, at }) => ENDED.includes(what) && first.from <= at && at < last.to)
    .slice(0, MAX_OUTSIDE)
    .map(({ name, at, said, owner, what }) => ({
      name,
      at,
      said: said ?? (what === 'terminated' ? null : what),
      owner,
    }));
}

const ENDED: readonly string[] = ['terminated', 'removed by RunPod'];

function accountIn({ memory, now, autoPay }: DigestSources): DigestFacts['account'] {
  if (!memory?.account) return null;
  const { account, lastBurn: perHour } = memory;
  const postpaid = billedAfterwards(account);
  const balance = balanceAt(account, perHour, now);
  return {
    balance,
    readAt: account.readAt,
    perHour,
    zeroAt: perHour > 0 && !postpaid ? Math.round(now + (Math.max(0, balance) / perHour) * 3_600_000) : null,
    postpaid,
    paysItself: paysItself(account, autoPay),
  };
}

/** What may still be corrected, and what there still is to press. The rest is news of the moment in which it was written. */
const CORRECTED = [
  'total',
  'compute',
  'storage',
  'before',
  'weekBefore',
  'usual',
  'movers',
  'groups',
  'waste',
  'wasteMore',
  'saved',
  'month',
  'chart',
  'missing',
  'hours',
  'estimated',
  'unknown',
  'final',
  'exact',
  'readAt',
] as const;

/** The digest with what was corrected since; null where nobody could see a difference. */
export function corrected(before: DigestFacts, now: DigestFacts): DigestFacts | null {
  // The budgets are those of then; what was spent of them may be corrected.
  const budgets = before.budgets.map((state) => {
    const same = now.budgets.find(({ scope, window }) => scope === state.scope && window === state.window);
    return { ...state, spent: same?.spent ?? state.spent };
  });
  const after = { ...before, ...Object.fromEntries(CORRECTED.map((name) => [name, now[name]])), budgets };
  return seen(after) === seen(before) ? null : after;
}

/** To the cent, and without when it was read. */
const seen = ({ readAt: _, ...facts }: DigestFacts): string =>
  JSON.stringify(facts, (_, value: unknown) =>
    typeof value === 'number' && value > 10_000 ? Math.round(value / 1e4) : value,
  );
