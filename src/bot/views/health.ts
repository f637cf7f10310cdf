import { ago, card, fields, type Message, money, type Span } from '../message/message.ts';

interface Seen {
  at: number;
  silent: boolean;
}

/** Times are ms since 1970 on Podwarden's clock; null for never. */
export interface Health {
  now: number;
  worker: Seen | null;
  bot: Seen | null;
  scanEveryMs: number;
  scannedAt: number | null;
  trouble: { since: number; what: string; detail: string } | null;
  balance: { balance: number; readAt: number } | null;
  balanceSince: number | null;
  pods: number;
  catalogueAt: number | null;
  billingAt: number | null;
  billingTrouble: { since: number; detail: string } | null;
  people: { chat: string; readAt: number | null }[];
  redisUsed: number | null;
  warnings: number;
  underWay: number;
  requests: number;
}

const TROUBLE: Record<string, string> = {
  failing: 'scans fail',
  key: 'RunPod rejects the key',
  held: 'a scan is held back as not believable',
};

type Value = [string, ...(Span | string)[]];

export function healthCard(health: Health): Message {
  const { worker, bot, scannedAt, trouble, balance, balanceSince, now, scanEveryMs } = health;
  const late = scannedAt === null || now - scannedAt > 3 * scanEveryMs;
  const ill = [worker === null || worker.silent, bot === null || bot.silent, late, trouble !== null].some(Boolean);
  const alive = (part: Seen | null): (Span | string)[] =>
    part === null ? ['never seen'] : [part.silent ? 'SILENT, last seen ' : 'there, ', ago(part.at)];
  const at = (time: number | null): (Span | string)[] => (time === null ? ['never'] : [ago(time)]);
  const entries: Value[] = [
    ['Worker', ...alive(worker)],
    ['Bot', ...alive(bot)],
    ['Last scan', ...at(scannedAt), ...(late ? [' (late)'] : []), `, of ${health.pods} pods`],
    [
      'Scans',
      ...(trouble
        ? [`${TROUBLE[trouble.what] ?? trouble.what}: ${trouble.detail}, `, ago(trouble.since)]
        : ['believed']),
    ],
    [
      'Balance',
      ...(balance ? [money(balance.balance), ' as read ', ago(balance.readAt)] : ['not read yet']),
      ...(balanceSince === null ? [] : ['; cannot be read since ', ago(balanceSince)]),
    ],
    ['Catalogue', ...at(health.catalogueAt)],
    [
      'Billing',
      ...(health.billingTrouble
        ? ['cannot be read since ', ago(health.billingTrouble.since), `: ${health.billingTrouble.detail}`]
        : at(health.billingAt)),
    ],
    ...health.people.map(({ chat, readAt }): Value => [`People on ${chat}`, ...at(readAt)]),
    ['Redis', health.redisUsed === null ? 'no memory bound' : `${Math.round(health.redisUsed * 100)} % of its memory`],
    ['Now', `${health.warnings} warnings, ${health.underWay} launches or stops under way, ${health.requests} requests`],
  ];
  const unread = [...(balanceSince === null ? [] : ['the balance']), ...(health.billingTrouble ? ['the bill'] : [])];
  const blind = unread.length > 0;
  const title = ill
    ? 'Podwarden is not well'
    : blind
      ? `Podwarden is well, but cannot read ${unread.join(' and ')}`
      : 'Podwarden is well';
  return card(title, ill ? 'bad' : blind ? 'warn' : 'good', [fields(...entries)]);
}
