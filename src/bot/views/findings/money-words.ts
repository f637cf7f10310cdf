import type { FactsOf, OwnedPod } from '../../../policy/findings/finding.ts';
import { formatUsd } from '../../../policy/money.ts';
import { type Block, bold, moment, money, plain, text } from '../../message/message.ts';
import { capital } from '../words.ts';
import { plural, type Words } from './phrases.ts';

const list = (pods: readonly OwnedPod[], most = 12): string => {
  const shown = pods.slice(0, most).map(({ name, owner }) => (owner ? `${name} (${owner.name})` : name));
  const more = pods.length > most ? [`and ${pods.length - most} more`] : [];
  return [...shown, ...more].join(', ');
};

export function lasting({ balance, perHour }: FactsOf<'runway'>): string {
  const hours = Math.max(0, balance) / perHour;
  if (hours < 1) return 'under an hour';
  return hours < 48 ? `about ${Math.round(hours)} hours` : `about ${Math.round(hours / 24)} days`;
}

/** What ends when the money does. */
export function endings({ balance, terminated, stopped, volumes }: FactsOf<'runway'>): Block[] {
  const isOver = balance <= 0;
  return [
    ...(terminated.length > 0
      ? [
          text(
            bold(isOver ? 'Terminated, data lost' : 'Terminated then, data lost'),
            `: ${list(terminated, 40)}. They have no network volume.`,
          ),
        ]
      : []),
    ...(stopped.length > 0 ? [text(bold(isOver ? 'Stopped' : 'Stopped then'), `: ${list(stopped)}.`)] : []),
    ...(volumes > 0 ? [text(`${plural(volumes, 'network volume')} may follow if nobody tops up.`)] : []),
  ];
}

export const runway: Words<'runway'> = {
  title: (facts) => (facts.balance <= 0 ? 'The balance has reached $0' : `The balance lasts ${lasting(facts)}`),
  say: (facts) => [
    text(
      bold(formatUsd(facts.balance)),
      facts.estimated ? ' (an estimate from what was last known)' : '',
      ' at ',
      money(facts.perHour, 'hour'),
      facts.balance <= 0
        ? ' for everything that billed reached $0 about '
        : ' for everything that bills reaches $0 at ',
      moment(facts.zeroAt),
      facts.balance <= 0 ? '.' : ', if nothing changes.',
    ),
    ...endings(facts),
  ],
  still: ({ balance, zeroAt }) => [money(balance), ' left, $0 at ', moment(zeroAt), '.'],
  many: { title: () => 'The balance', why: '', header: ['Balance'], row: ({ balance }) => [[money(balance)]] },
};

export const lowBalance: Words<'low-balance'> = {
  title: ({ below }) => `The balance is below ${formatUsd(below)}`,
  say: ({ balance, estimated, perHour }) => [
    text(bold(formatUsd(balance)), estimated ? ' by estimate' : '', ' left, at ', money(perHour, 'hour'), '.'),
  ],
  still: ({ balance }) => [money(balance), ' left.'],
  many: { title: () => 'The balance', why: '', header: ['Balance'], row: ({ balance }) => [[money(balance)]] },
};

export const autoPay: Words<'auto-pay'> = {
  title: ({ why }) =>
    why === 'below' ? 'Auto-pay should have topped up by now' : 'The burn is more than auto-pay can keep up with',
  say: ({ why, balance, lowest, topUp, perHour }) => [
    why === 'below'
      ? text(
          bold(formatUsd(balance)),
          ' is below ',
          money(lowest),
          ', the lowest at which it topped up before. See whether the card was refused.',
        )
      : text(
          money(perHour, 'hour'),
          ' is more than one top-up of ',
          money(topUp),
          ', and auto-pay runs at most once an hour.',
        ),
  ],
  still: ({ balance, perHour }) => [money(balance), ' left, at ', money(perHour, 'hour'), '.'],
  many: { title: () => 'Auto-pay', why: '', header: ['Balance'], row: ({ balance }) => [[money(balance)]] },
};

export const launchedWords = (pods: readonly OwnedPod[]): string =>
  pods.length === 0 ? 'No pod was launched lately: look at serverless and volumes too.' : 'Launched lately:';

export const burnJump: Words<'burn-jump'> = {
  title: ({ perHour }) => `${formatUsd(perHour)}/h: the burn has jumped`,
  say: ({ peak, limit, pods }) => [
    text(
      ...(peak === null ? [] : ['The most in 14 days was ', money(peak, 'hour'), '. ']),
      ...(limit === null ? [] : ['The team’s own bound is ', money(limit, 'hour'), ' (warnings.max_rate). ']),
      launchedWords(pods),
    ),
    ...(pods.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            header: ['Pod', 'GPU', 'Costs', 'Owner'],
            rows: pods.map(({ name, gpu, rate, owner }) => [
              [plain(name)],
              [plain(gpu)],
              [money(rate, 'hour')],
              [plain(owner?.name ?? '–')],
            ]),
            more: 0,
          },
        ]),
  ],
  still: ({ perHour }) => [money(perHour, 'hour'), ' for everything that bills.'],
  many: { title: () => 'The burn', why: '', header: ['Burn'], row: ({ perHour }) => [[money(perHour, 'hour')]] },
};

const SPAN: Record<'day' | 'month', string> = { day: 'today’s', month: 'this month’s' };

export const budget: Words<'budget'> = {
  title: ({ of, window, spent, budget: all }) =>
    spent >= all
      ? `${capital(of)}: ${SPAN[window]} budget is used up`
      : `${capital(of)}: ${shareText(spent, all)} of ${SPAN[window]} budget`,
  say: ({ of, window, spent, budget: all }) => [
    text(
      `${capital(of)} has spent `,
      bold(formatUsd(spent)),
      ` of ${formatUsd(all)} ${window === 'day' ? 'today' : 'this month'}.`,
    ),
  ],
  still: ({ spent, budget: all }) => [money(spent), ` of ${formatUsd(all)} spent.`],
  many: {
    title: (n) => `${n} budgets are nearly used up`,
    why: 'What is launched beyond a budget is asked about, or refused.',
    header: ['Budget', 'Spent'],
    row: ({ of, spent, budget: all }) => [[plain(of)], [money(spent), plain(` of ${formatUsd(all)}`)]],
  },
};

const shareText = (spent: number, all: number): string => `${Math.floor((spent / all) * 100)} %`;
