import { budgetText, shareOf, WARN_AT } from '../../../policy/costs/budgets.ts';
import { type Day, monthEnd, monthName, plusDays, shortDay } from '../../../policy/costs/days.ts';
import type { Digest, DigestFacts } from '../../../policy/costs/digest.ts';
import type { Forecast } from '../../../policy/costs/forecast.ts';
import { type By, GROUPINGS } from '../../../policy/costs/report.ts';
import { isUnusual } from '../../../policy/costs/usual.ts';
import { formatUsd, type MicroUsd } from '../../../policy/money.ts';
import { spokenName } from '../../../policy/pod-names.ts';
import {
  type Block,
  type Button,
  bold,
  card,
  fields,
  type Message,
  moment,
  note,
  plain,
  type Span,
  type Tone,
  text,
} from '../../message/message.ts';
import { capital } from '../words.ts';
import { BY_NAMES, difference, monthText, signed } from './answers.ts';
import { isNothing, reliability } from './words.ts';

const MAX_ACTS = 2;

export interface Posting {
  /** PNG in base64; null where none can be drawn. */
  png: string | null;
  /** It was not posted when it was due. */
  late: boolean;
}

const windowText = ({ kind, first, last }: Pick<Digest, 'kind' | 'first' | 'last'>): string =>
  kind === 'daily' ? shortDay(last) : `week of ${shortDay(first)} to ${shortDay(last)}`;

/** Whether there is anything to tell beside that there is not. */
const isEmpty = ({ total, waste, outside, estimated, unknown, missing }: DigestFacts): boolean =>
  isNothing(total) && waste.length + outside.length + estimated + unknown + missing === 0;

/** Short first: how much, whether that is unusual, and what to press. */
export function digestCard(digest: Digest, { png, late }: Posting): Message {
  const { facts } = digest;
  const lateText: (Span | string)[] = late ? [' Late: it was due ', moment(digest.dueAt), '.'] : [];
  if (isEmpty(facts)) return note('info', text(`Nothing was spent: ${windowText(digest)}.`, ...lateText));
  const blocks: Block[] = [headline(digest), ...stateOfMoney(digest)];
  const waste = wasteBlock(facts);
  if (waste) blocks.push(waste);
  if (facts.outside.length > 0) {
    const names = facts.outside.map(({ name }) => spokenName(name)).join(', ');
    blocks.push(text(bold('Terminated without an approval:'), ` ${names}. Details says when.`));
  }
  if (png !== null) blocks.push({ kind: 'image', name: `costs-${digest.last}.png`, png, alt: altText(facts) });
  blocks.push(
    ...reliability({ ...facts, troubleSince: null, follows: true }),
    ...(late ? [text('Late: it was due ', moment(digest.dueAt), '.')] : []),
  );
  return card(`Costs ${windowText(digest)}: ${formatUsd(facts.total)}`, toneOf(facts), blocks, buttonsOf(digest));
}

function toneOf(facts: DigestFacts): Tone {
  return isUnusual(facts.total, facts.usual) ||
    facts.outside.length > 0 ||
    facts.budgets.some((state) => shareOf(state) >= 1)
    ? 'warn'
    : 'info';
}

/** `$540.12 above usual: sweep-3 (Dana) +$335.00, …` */
function headline({ kind, facts, last }: Digest): Block {
  const parts: (Span | string)[] = [];
  if (facts.usual === null) {
    parts.push(kind === 'weekly' ? 'No week before it is known.' : 'What is usual is known after three days.');
  }
  if (facts.usual !== null) {
    const top = facts.movers.filter(({ by }) => by > 0 === facts.total > (facts.usual ?? 0)).slice(0, 3);
    const movers = top.map(({ name, owner, by }) => `${name}${owner ? ` (${owner.name})` : ''} ${signed(by)}`);
    const rest = facts.total - facts.usual - top.reduce((sum, { by }) => sum + by, 0);
    if (movers.length > 0 && !isNothing(rest)) movers.push(`all else ${signed(rest)}`);
    const why = movers.length > 0 ? `: ${movers.join(', ')}` : '';
    const than = difference(facts.total, facts.usual, kind === 'weekly' ? 'the week before' : 'usual');
    parts.push(bold(capital(than)), `${why}.`);
  }
  const earlier = [
    ...(kind === 'daily' && facts.before !== null ? [`the day before ${formatUsd(facts.before)}`] : []),
    ...(facts.weekBefore === null ? [] : [`${shortDay(plusDays(last, -7))} ${formatUsd(facts.weekBefore)}`]),
    `compute ${formatUsd(facts.compute)}`,
    `storage ${formatUsd(facts.storage)}`,
  ];
  parts.push(`\n${capital(earlier.join(' · '))}`);
  return text(...parts);
}

/** Budgets as of the last day that is told of. */
const budgetWords = ({ last }: Pick<Digest, 'last'>) => ({ day: `on ${shortDay(last)}`, month: 'that month' });

function stateOfMoney(digest: Digest): Block[] {
  const { account, month, budgets } = digest.facts;
  const entries: [string, ...(Span | string)[]][] = [];
  if (account) {
    const lasts = lastsText(account);
    entries.push(['Balance', formatUsd(account.balance), ...lasts]);
  }
  entries.push(monthEntry(digest.last, month));
  const tight = budgets.filter((state) => shareOf(state) >= WARN_AT[0]);
  if (tight.length > 0)
    entries.push([
      'Budgets',
      tight.map((state) => capital(budgetText(state, undefined, budgetWords(digest)))).join('; '),
    ]);
  return [fields(...entries)];
}

/** On its last day a month is over, and there is nothing to forecast. */
function monthEntry(last: Day, month: Forecast): [string, ...(Span | string)[]] {
  const name = monthName(last);
  if (last !== monthEnd(last)) return [`${name} so far`, `${formatUsd(month.soFar)}, in all `, ...monthText(month)];
  const { soFar, missing } = month;
  return [
    name,
    `${formatUsd(soFar)}${missing > 0 ? `, without ${missing === 1 ? '1 day that was' : `${missing} days that were`} never read` : ' in all'}`,
  ];
}

/** Farther ahead than this nobody counts days. */
const FAR_MS = 90 * 86_400_000;

/** Moments and not ages: a digest is read days later too. */
function lastsText({ balance, zeroAt, postpaid, paysItself, readAt }: NonNullable<DigestFacts['account']>) {
  if (postpaid) return [', billed afterwards'];
  if (balance <= 0) return [', used up'];
  if (zeroAt === null) return [', nothing bills now'];
  if (zeroAt - readAt > FAR_MS) return [', enough for more than 90 days'];
  return [paysItself ? ', topped up by auto-pay, else enough until ' : ', enough until ', moment(zeroAt)];
}

const WASTED: Record<DigestFacts['waste'][number]['kind'], string> = {
  stopped: 'stopped, its disk at double rate',
  idle: 'GPU idle',
  orphan: 'network volume that no pod mounts',
};

function wasteBlock({ waste, wasteMore }: DigestFacts): Block | null {
  if (waste.length === 0) return null;
  const total = waste.reduce((sum, { amount }) => sum + amount, wasteMore);
  const parts: (Span | string)[] = [bold(`Waste ${formatUsd(total)}`)];
  for (const { kind, name, amount, owner, still } of waste.slice(0, 5)) {
    const whose = owner ? ` (${owner.name})` : '';
    parts.push('\n', `${formatUsd(amount)} ${spokenName(name)}${whose}: ${WASTED[kind]}${still ? '' : ', over now'}`);
  }
  if (waste.some(({ kind, still }) => kind === 'orphan' && still)) {
    parts.push('\n', { kind: 'link', text: 'Delete network volumes in RunPod’s console', url: STORAGE_PAGE });
  }
  return text(...parts);
}

/** RunPod deletes a network volume with its data: that is pressed there, by somebody who looks at it. */
const STORAGE_PAGE = 'https://console.runpod.io/user/storage';

function buttonsOf({ id, facts }: Digest): Button[] {
  const now = facts.waste.filter(({ still }) => still);
  const label = (act: string, name: string, after = '') => `${act} ${spokenName(name)}`.slice(0, 60) + after;
  const idle = now.filter(({ kind }) => kind === 'idle').slice(0, MAX_ACTS);
  const stopped = now.filter(({ kind }) => kind === 'stopped').slice(0, MAX_ACTS);
  return [
    ...idle.map((one): Button => ({ label: label('Stop', one.name), token: `v1.stop.${one.id}` })),
    ...stopped.map((one): Button => ({ label: label('Terminate', one.name, '…'), token: `v1.terminate.${one.id}` })),
    { label: 'Details', token: `v1.digest.${id}` },
  ];
}

/** The picture in words. */
function altText({ chart, dayBudget, total }: DigestFacts): string {
  const totals = chart.map(({ kinds }) => Object.values(kinds).reduce((sum, amount) => sum + amount, 0));
  const highest = totals.indexOf(Math.max(...totals));
  const day = chart[highest];
  const parts = [`Costs of ${chart.length} days by kind, stacked. The last day: ${formatUsd(totals.at(-1) ?? total)}.`];
  if (day) parts.push(`The highest: ${formatUsd(totals[highest] ?? 0)} on ${shortDay(day.day)}.`);
  if (dayBudget !== null) parts.push(`The budget is ${formatUsd(dayBudget)} a day.`);
  return parts.join(' ');
}

const SAVED =
  'Saved is against the on-demand price, and against leaving a pod as it was for at most a day after it was ended.';

/** Everything else, for one person. */
export function digestDetails(digest: Digest): Message {
  const { facts, first, last } = digest;
  const blocks: Block[] = GROUPINGS.map((by) => groupText(by, facts));
  const saved = Object.entries(facts.saved).filter(([, amount]) => !isNothing(amount));
  blocks.push(
    fields(...saved.map(([by, amount]): [string, string] => [`Saved by ${by}`, formatUsd(amount)]), [
      'Audit log',
      `${facts.audit.n} entries, head ${facts.audit.mac.slice(0, 16)}`,
    ]),
  );
  if (saved.length > 0) blocks.push(text(SAVED));
  if (facts.outside.length > 0) {
    const lines = facts.outside.flatMap(({ name, at, said, owner }): (Span | string)[] => [
      '\n',
      `${spokenName(name)}${owner ? ` (${owner.name})` : ''}, `,
      moment(at),
      said === null ? '' : `: ${said}`,
    ]);
    blocks.push(text(bold('Terminated without an approval here'), ...lines));
  }
  if (facts.budgets.length > 0)
    blocks.push(
      text(
        bold('Budgets'),
        ...facts.budgets.flatMap((state): (Span | string)[] => [
          '\n',
          capital(budgetText(state, undefined, budgetWords(digest))),
        ]),
      ),
    );
  const buttons = GROUPINGS.map(
    (by): Button => ({
      label: `By ${BY_NAMES[by].toLowerCase().replace('gpu', 'GPU')}`,
      token: `v1.cost.cost_${first}_${last}.${by}`,
    }),
  );
  return card(`Costs ${windowText(digest)} in detail`, 'info', blocks, buttons);
}

function groupText(by: By, { groups, total }: DigestFacts): Block {
  const { top, more } = groups[by] ?? { top: [], more: 0 };
  const share = (amount: MicroUsd) => (total > 0 ? ` (${Math.round((amount / total) * 100)} %)` : '');
  const shown = top.filter((group) => !isNothing(group.total));
  const lines = shown.flatMap((group): (Span | string)[] => [
    '\n',
    plain(`${by === 'pod' ? spokenName(group.label) : group.label}: `),
    `${formatUsd(group.total)}${share(group.total)}`,
  ]);
  const rest = more > 0 ? ['\n', `all others: ${formatUsd(more)}`] : [];
  return text(bold(`By ${BY_NAMES[by].toLowerCase().replace('gpu', 'GPU')}`), ...lines, ...rest);
}
