import type { BudgetState } from '../../../policy/costs/budgets.ts';
import { scopeName, shareOf } from '../../../policy/costs/budgets.ts';
import { type Day, shortDay } from '../../../policy/costs/days.ts';
import type { Forecast } from '../../../policy/costs/forecast.ts';
import type { Period } from '../../../policy/costs/period.ts';
import { type By, grouped, sumsOf } from '../../../policy/costs/report.ts';
import { isUnusual, movers, type Usual } from '../../../policy/costs/usual.ts';
import { formatUsd, type MicroUsd } from '../../../policy/money.ts';
import { spokenName } from '../../../policy/pod-names.ts';
import {
  type Block,
  card,
  fields,
  type Message,
  moment,
  money,
  plain,
  type Span,
  text,
} from '../../message/message.ts';
import { against, isNothing, percent, type Standing, standing } from './words.ts';

/** Rows of a table before it says how many more there are. */
const MAX_ROWS = 15;
const MAX_MOVERS = 8;

export const BY_NAMES: Record<By, string> = { person: 'Person', project: 'Project', gpu: 'GPU type', pod: 'Pod' };

export interface CostAnswer extends Standing {
  period: Period;
  by: By;
  /** How many days were asked for. */
  asked: number;
  /** As many days right before; null where they are not all known. */
  before: { total: MicroUsd; words: string } | null;
}

export function costCard({ period, by, before, asked, ...where }: CostAnswer): Message {
  const { total, compute, storage } = sumsOf(where.days);
  const known = where.missing > 0 ? `, of ${asked - where.missing} of ${asked} days` : '';
  const title = `${formatUsd(total)} ${period.words}${known}`;
  if (where.days.length === 0) {
    return card(`No costs are known of ${period.words}`, 'info', [
      text(
        'Billing is read back 35 days when Podwarden first comes up, within minutes; of days before it knows nothing.',
      ),
    ]);
  }
  const groups = grouped(where.days, by).filter((group) => !isNothing(group.total));
  const blocks: Block[] = [
    text(
      `Compute ${formatUsd(compute)}, storage ${formatUsd(storage)}.`,
      before ? ` ${against(total, before.total, before.words)}.` : '',
    ),
  ];
  if (groups.length > 0) {
    blocks.push({
      kind: 'table',
      header: [BY_NAMES[by], 'Cost', 'Share', 'Compute', 'Storage'],
      rows: groups
        .slice(0, MAX_ROWS)
        .map(({ label, ...of }) => [
          [plain(by === 'pod' ? podLabel(label, of.owner) : label)],
          [money(of.total)],
          [plain(percent(of.total, total))],
          [money(of.compute)],
          [money(of.storage)],
        ]),
      more: Math.max(0, groups.length - MAX_ROWS),
    });
  }
  return card(title, 'info', [...blocks, ...standing(where)]);
}

/** As people call it, and whose it is: names of pods are not unique. */
const podLabel = (name: string, owner: { name: string } | null): string =>
  owner ? `${spokenName(name)} (${owner.name})` : spokenName(name);

export interface WhyAnswer extends Standing {
  day: Day;
  usual: Usual | null;
}

/** `Tue 17 Nov $912.00, $540.00 above usual` */
export function whyCard({ day, usual, ...where }: WhyAnswer): Message {
  const [one] = where.days;
  if (!one)
    return card(`No costs are known of ${shortDay(day)}`, 'info', [text('/pod cost 30d shows the days that are.')]);
  const spent = `${shortDay(day)}: ${formatUsd(one.total)}`;
  if (!usual) {
    return card(spent, 'info', [
      text('Fewer than three days before it are known, so nothing is usual yet.'),
      ...standing(where),
    ]);
  }
  const measure = usual.sameWeekday
    ? `that weekday of ${usual.days.length} weeks`
    : `the ${usual.days.length} days before`;
  const found = movers(one, usual);
  const table: Block[] =
    found.length === 0
      ? []
      : [
          {
            kind: 'table',
            header: ['By', 'Owner', 'Difference'],
            rows: found
              .slice(0, MAX_MOVERS)
              .map(({ name, owner, by }) => [[plain(name)], [plain(owner?.name ?? '–')], [plain(signed(by))]]),
            more: Math.max(0, found.length - MAX_MOVERS),
          },
        ];
  return card(`${spent}, ${difference(one.total, usual.total)}`, isUnusual(one.total, usual.total) ? 'warn' : 'info', [
    text(`Usual is ${formatUsd(usual.total)}, the median of ${measure}.`),
    ...table,
    ...standing(where),
  ]);
}

export const signed = (by: MicroUsd): string => `${by >= 0 ? '+' : '−'}${formatUsd(Math.abs(by))}`;

/** `$540.00 above usual`, `as usual`. */
export function difference(total: MicroUsd, usual: MicroUsd, measure = 'usual'): string {
  const by = total - usual;
  if (isNothing(by)) return `as ${measure}`;
  return `${formatUsd(Math.abs(by))} ${by > 0 ? 'above' : 'below'} ${measure}`;
}

export interface BalanceAnswer {
  account: { balance: MicroUsd; readAt: number; postpaid: boolean } | null;
  perHour: MicroUsd;
  /** When it reaches $0 at this rate; null for never. */
  zeroAt: number | null;
  paysItself: boolean;
  topUps: readonly { at: number; amount: MicroUsd }[];
  month: Forecast;
}

export function balanceCard({ account, perHour, zeroAt, paysItself, topUps, month }: BalanceAnswer): Message {
  const entries: [string, ...(Span | string)[]][] = [['Spend now', money(perHour, 'hour')]];
  if (account?.postpaid) entries.push(['Lasts', 'billed afterwards, so nothing ends at $0']);
  else if (account) entries.push(['Lasts', ...(zeroAt === null ? ['nothing bills now'] : ['until ', moment(zeroAt)])]);
  entries.push(['This month so far', money(month.soFar)], ['This month in all', ...monthText(month)]);
  const last = topUps.at(-1);
  if (last) entries.push(['Last top-up seen', money(last.amount), ', ', moment(last.at)]);
  const blocks: Block[] = [fields(...entries)];
  if (account)
    blocks.push(
      text(...(paysItself ? ['RunPod’s auto-pay tops it up. '] : []), 'As read ', moment(account.readAt), '.'),
    );
  const title = account ? `Balance ${formatUsd(account.balance)}` : 'The balance could not be read yet';
  return card(title, account ? 'info' : 'warn', blocks);
}

/** `about $4,100.00 ($3,800.00 to $4,600.00)` */
export function monthText({ month, missing }: Forecast): (Span | string)[] {
  if (month) return [`about ${formatUsd(month.expected)} (${formatUsd(month.low)} to ${formatUsd(month.high)})`];
  return [missing > 0 ? `not known: ${missing} days of it were never read` : 'not known yet'];
}

export function budgetCard(
  states: readonly BudgetState[],
  nameOf: (person: string) => string,
  mayBeyond: string,
): Message {
  if (states.length === 0) {
    return card('No budgets', 'info', [
      text('Set one with /pod budget team day=200 month=4000, or under budgets in the policy file.'),
    ]);
  }
  const over = states.some((state) => shareOf(state) >= 1);
  return card('Budgets', over ? 'bad' : 'info', [
    {
      kind: 'table',
      header: ['Of', 'For', 'Spent', 'Budget', 'Used'],
      rows: states
        .slice(0, MAX_ROWS)
        .map((state) => [
          [plain(scopeName(state.scope, nameOf))],
          [plain(state.window === 'day' ? 'today' : 'this month')],
          [money(state.spent)],
          [money(state.budget)],
          [plain(state.budget > 0 ? percent(state.spent, state.budget) : 'all')],
        ]),
      more: Math.max(0, states.length - MAX_ROWS),
    },
    text(`Warned of at 80 % and 100 %. ${mayBeyond}`),
  ]);
}
