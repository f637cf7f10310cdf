import { budgetsIn, budgetZone, daysBefore, eachDay, monthOf, stretch } from '../../jobs/cost-reading.ts';
import { scopeName, shareOf } from '../../policy/costs/budgets.ts';
import { countDays, type Day, dayOf, daysFrom, isDay, plusDays, shortDay } from '../../policy/costs/days.ts';
import { type Period, parsePeriod } from '../../policy/costs/period.ts';
import { type By, GROUPINGS } from '../../policy/costs/report.ts';
import { movers, usualFor } from '../../policy/costs/usual.ts';
import { balanceAt, billedAfterwards, paysItself } from '../../policy/scan/account.ts';
import { type Button, type Message, note } from '../message/message.ts';
import type { Services } from '../services.ts';
import { BY_NAMES, balanceCard, budgetCard, costCard, whyCard } from '../views/costs/answers.ts';
import { type Cell, costHeader, costRows, usd } from '../views/costs/csv.ts';

/** A question about money, small enough for a button: it is answered anew wherever it is pressed. */
export type Question =
  | { kind: 'cost'; first: Day; last: Day; by: By }
  | { kind: 'why'; day: Day }
  | { kind: 'balance' }
  | { kind: 'budget' };

export interface Answer {
  message: Message;
  /** The same as rows, for a file; null where they are too many. */
  rows: () => Promise<Cell[][] | null>;
  /** The file's name, without its ending. */
  name: string;
  /** Nothing is known: there is nothing to share. */
  empty?: boolean;
}

/** `cost_2026-11-01_2026-11-24.person`: an id and a choice, as tokens have them. */
export function questionToken(question: Question): string {
  switch (question.kind) {
    case 'cost':
      return `cost_${question.first}_${question.last}.${question.by}`;
    case 'why':
      return `why_${question.day}`;
    default:
      return `${question.kind}_now`;
  }
}

/** Null for what is none: tokens may be forged. */
export function readQuestion(id: string, choice: string | null): Question | null {
  const [kind, first = '', last = ''] = id.split('_');
  if (kind === 'balance' || kind === 'budget') return { kind };
  if (kind === 'why' && isDay(first)) return { kind, day: first };
  const by = GROUPINGS.find((one) => one === choice);
  if (kind !== 'cost' || by === undefined || !isDay(first) || !isDay(last)) return null;
  return 'problem' in parsePeriod(`${first}..${last}`, last) ? null : { kind, first, last, by };
}

export const zoneOf = (room: string | null, { policy }: Services): string =>
  policy.rooms.find(({ name }) => name === room)?.timezone ?? policy.timezone;

/** Answers by the days of the room in which it was asked. */
export async function answerTo(question: Question, room: string | null, services: Services): Promise<Answer> {
  const zone = zoneOf(room, services);
  switch (question.kind) {
    case 'cost':
      return costAnswer(question, zone, services);
    case 'why':
      return whyAnswer(question.day, zone, services);
    case 'balance':
      return balanceAnswer(zone, services);
    case 'budget':
      return budgetAnswer(services);
  }
}

/** The words of a period, found again from its days. */
export function periodOf(first: Day, last: Day, today: Day): Period {
  const named = ['today', 'yesterday', '7d', '30d', 'month', 'last-month'].map((word) => parsePeriod(word, today));
  const found = named.find((one): one is Period => !('problem' in one) && one.first === first && one.last === last);
  const spoken = (day: Day) =>
    day.slice(0, 4) === today.slice(0, 4) ? shortDay(day) : `${shortDay(day)} ${day.slice(0, 4)}`;
  const words = first === last ? spoken(first) : `${spoken(first)} to ${spoken(last)}`;
  return found ?? { first, last, words };
}

async function costAnswer(
  { first, last, by }: Extract<Question, { kind: 'cost' }>,
  zone: string,
  services: Services,
): Promise<Answer> {
  const { costs, clocks } = services;
  const today = dayOf(clocks.now(), zone);
  const length = countDays(first, last);
  const [now, sums, trouble] = await Promise.all([
    stretch(costs, zone, first, last),
    costs.sums(zone),
    costs.trouble(),
  ]);
  const earlier = daysFrom(plusDays(first, -length), plusDays(first, -1)).map((day) => sums.get(day)?.total);
  const total = earlier.reduce<number | null>((sum, one) => (sum === null || one === undefined ? null : sum + one), 0);
  const message = costCard({
    period: periodOf(first, last, today),
    by,
    asked: length,
    ...now,
    // A day that still runs is no fair measure.
    before:
      total !== null && last < today
        ? { total, words: length === 1 ? 'the day before' : `the ${length} days before` }
        : null,
    troubleSince: trouble?.since ?? null,
  });
  const others = GROUPINGS.filter((other) => other !== by);
  const buttons: Button[] = others.map((other) => ({
    label: `By ${BY_NAMES[other].toLowerCase().replace('gpu', 'GPU')}`,
    token: `v1.cost.${questionToken({ kind: 'cost', first, last, by: other })}`,
  }));
  const rows = () => costFile(costs, zone, { first, last, by });
  const name = `costs-${first}${first === last ? '' : `-to-${last}`}-by-${by}`;
  const empty = now.days.length === 0;
  return { message: empty ? message : { ...message, buttons }, rows, name, empty };
}

/** Lines that one file may have: some megabytes. */
const MAX_LINES = 50_000;

async function costFile(
  costs: Services['costs'],
  zone: string,
  { first, last, by }: Pick<Extract<Question, { kind: 'cost' }>, 'first' | 'last' | 'by'>,
): Promise<Cell[][] | null> {
  const rows: Cell[][] = [costHeader(by)];
  for await (const day of eachDay(costs, zone, first, last)) {
    rows.push(...costRows(day, by));
    if (rows.length > MAX_LINES) return null;
  }
  return rows;
}

async function whyAnswer(day: Day, zone: string, { costs }: Services): Promise<Answer> {
  const [now, history, trouble] = await Promise.all([
    stretch(costs, zone, day, day),
    daysBefore(costs, zone, day),
    costs.trouble(),
  ]);
  const usual = usualFor(day, history);
  const [one] = now.days;
  const message = whyCard({ day, usual, ...now, missing: 0, troubleSince: trouble?.since ?? null });
  const found = one && usual ? movers(one, usual) : [];
  const rows: Cell[][] = [
    ['day', 'by', 'owner', 'difference_usd'],
    ...found.map(({ name, owner, by }) => [day, name, owner?.name ?? '', usd(by)]),
  ];
  return { message, rows: async () => rows, name: `costs-${day}-why`, empty: !one };
}

async function balanceAnswer(zone: string, { costs, findings, clocks, policy }: Services): Promise<Answer> {
  const now = clocks.now();
  const [memory, sums] = await Promise.all([findings.memory(), costs.sums(zone)]);
  const account = memory?.account ?? null;
  const perHour = memory?.lastBurn ?? 0;
  const balance = account ? balanceAt(account, perHour, now) : 0;
  const postpaid = account !== null && billedAfterwards(account);
  const zeroAt = perHour > 0 ? now + (Math.max(0, balance) / perHour) * 3_600_000 : null;
  const month = monthOf(sums, now, zone);
  const message = balanceCard({
    account: account ? { balance, readAt: account.readAt, postpaid } : null,
    perHour,
    zeroAt,
    paysItself: account !== null && paysItself(account, policy.thresholds.autoPay),
    topUps: account?.topUps ?? [],
    month,
  });
  const rows: Cell[][] = [
    ['balance_usd', 'spend_usd_per_hour', 'zero_at', 'month_so_far_usd', 'month_expected_usd'],
    [
      account ? usd(balance) : '',
      usd(perHour),
      zeroAt === null || postpaid ? '' : new Date(zeroAt).toISOString(),
      usd(month.soFar),
      month.month ? usd(month.month.expected) : '',
    ],
  ];
  return { message, rows: async () => rows, name: 'balance' };
}

const UNREAD =
  'There are budgets, and how they stand is not known yet: RunPod’s bill is read within minutes. If this goes on, /pod health says why.';

async function budgetAnswer({ costs, budgets, clocks, policy }: Services): Promise<Answer> {
  const read = await budgetsIn(budgetZone(policy), clocks.now(), { costs, budgets, rules: policy.budgets });
  const states = read === 'unread' ? [] : read;
  const nameOf = (person: string) => policy.people.find(({ key }) => key === person)?.name ?? person;
  const beyond =
    policy.budgets.beyond === 'ask'
      ? 'A launch beyond one waits for another person who may approve.'
      : 'A launch beyond one is refused.';
  const rows: Cell[][] = [
    ['of', 'for', 'spent_usd', 'budget_usd', 'used_percent'],
    ...states.map((state) => [
      scopeName(state.scope, nameOf),
      state.window,
      usd(state.spent),
      usd(state.budget),
      state.budget > 0 ? Math.round(shareOf(state) * 100) : '',
    ]),
  ];
  const message = read === 'unread' ? note('info', UNREAD) : budgetCard(states, nameOf, beyond);
  return { message, rows: async () => rows, name: 'budgets' };
}
