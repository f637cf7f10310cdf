import { CLOCK_WARN_MS, clockState, clockText } from '../../policy/clock.ts';
import { CATALOG_OLD_MS, presetsText } from '../../policy/findings/blind.ts';
import type { BrokenPreset } from '../../policy/presets.ts';
import type { BalanceSource } from '../../policy/scan/memory.ts';
import type { Loss } from '../../policy/store-loss.ts';
import { rowsIn, type Unread, unreadLines } from '../../policy/unread.ts';
import { ago, card, fields, type Message, money, type Span } from '../message/message.ts';
import { oneLine } from '../message/visible.ts';
import { type ChatHealth, chatEntries, chatsAreIll, chatTroubles, type LackingRoom } from './health-chats.ts';
import { type PeopleHealth, peopleEntries, peopleTroubles } from './people-health.ts';

interface Seen {
  at: number;
  silent: boolean;
}

/** A machine whose clock is not Redis's. */
interface Clock {
  part: string;
  host: string;
  /** How far it is ahead, ms. */
  ahead: number;
}

/** Times are ms since 1970 on Podwarden's clock; null for never. */
export interface Health {
  now: number;
  worker: Seen | null;
  bot: Seen | null;
  clocks: readonly Clock[];
  scanEveryMs: number;
  scannedAt: number | null;
  trouble: { since: number; what: string; detail: string } | null;
  balance: { balance: number; readAt: number; source?: BalanceSource | null } | null;
  balanceSince: number | null;
  pods: number;
  catalogAt: number | null;
  presets: readonly BrokenPreset[];
  /** What Redis lost within the last day. */
  loss: { kind: Loss['kind']; at: number; text: string } | null;
  billingAt: number | null;
  billingTrouble: { since: number; detail: string } | null;
  people: readonly PeopleHealth[];
  /** What in lists or in the store does not read. */
  unread: readonly Unread[];
  redisUsed: number | null;
  warnings: number;
  underWay: number;
  requests: number;
  chats: readonly ChatHealth[];
  lacking: readonly LackingRoom[];
  /** Channels that take no messages; `why` in the chat's own word, `room` null for a channel of none. */
  closed: readonly { since: number; why: string; chat: string; room: string | null }[];
}

const TROUBLE: Record<string, string> = {
  failing: 'scans fail',
  key: 'RunPod rejects the key',
  held: 'a scan is held back as not believable',
};

const LOST: Record<Loss['kind'], string> = {
  emptied: 'Redis was emptied',
  'rolled-back': 'Redis went back to an older state',
};

const SOURCES: Record<BalanceSource, string> = { v2: ' from RunPod’s REST API', graphql: ' from RunPod’s GraphQL API' };

/** More than that is one fault of all machines: the worst say enough. */
const MAX_CLOCKS = 5;

type Value = [string, ...(Span | string)[]];

export function healthCard(health: Health): Message {
  const { worker, bot, scannedAt, trouble, now, scanEveryMs } = health;
  const late = scannedAt === null || now - scannedAt > 3 * scanEveryMs;
  const wrong = health.clocks.some(({ ahead }) => clockState(ahead) === 'wrong');
  const people = peopleTroubles(health.people);
  const silent = [worker, bot].some((part) => part === null || part.silent);
  const ill = [silent, late, trouble !== null, wrong, people.ill, chatsAreIll(health.chats)].some(Boolean);
  const past = (time: number) => pastOf(time, now);
  const alive = (part: Seen | null): (Span | string)[] =>
    part === null ? ['never seen'] : [part.silent ? 'SILENT, last seen ' : 'there, ', past(part.at)];
  const at = (time: number | null): (Span | string)[] => (time === null ? ['never'] : [past(time)]);
  const entries: Value[] = [
    ['Worker', ...alive(worker)],
    ['Bot', ...alive(bot)],
    ...health.clocks.slice(0, MAX_CLOCKS).map(clockEntry),
    ['Last scan', ...at(scannedAt), ...(late ? [' (late)'] : []), `, of ${health.pods} pods`],
    [
      'Scans',
      ...(trouble
        ? [`${TROUBLE[trouble.what] ?? trouble.what}: ${trouble.detail}, `, past(trouble.since)]
        : ['believed']),
    ],
    ['Balance', ...balanceText(health)],
    ...catalogEntries(health),
    [
      'Billing',
      ...(health.billingTrouble
        ? ['cannot be read since ', past(health.billingTrouble.since), `: ${health.billingTrouble.detail}`]
        : at(health.billingAt)),
    ],
    ...unreadEntry(health.unread),
    ...health.people.flatMap((chat) => peopleEntries(chat, past)),
    ...chatEntries(health.chats, health.lacking),
    ...health.closed.map(({ chat, room, why, since }): Value => {
      const what = `takes no messages from Podwarden (${oneLine(why)}), since `;
      return [`${room ?? 'Another channel'} on ${chat}`, what, past(since)];
    }),
    ...(health.loss ? [[LOST[health.loss.kind], past(health.loss.at), `. ${health.loss.text}.`] as Value] : []),
    ['Redis', health.redisUsed === null ? 'no memory bound' : `${Math.round(health.redisUsed * 100)} % of its memory`],
    ['Now', `${health.warnings} warnings, ${health.underWay} launches or stops under way, ${health.requests} requests`],
  ];
  const but = shortcomings(health);
  const well = but.length === 0 ? 'Podwarden is well' : `Podwarden is well, but ${but.join(', and ')}`;
  return card(ill ? 'Podwarden is not well' : well, ill ? 'bad' : but.length > 0 ? 'warn' : 'good', [
    fields(...entries),
  ]);
}

/** What does not keep Podwarden from its work, and is to be mended. */
function shortcomings(health: Health): string[] {
  const rows = rowsIn(health.unread);
  const people = peopleTroubles(health.people);
  const unread = [
    ...(health.balanceSince === null ? [] : ['the balance']),
    ...(health.billingTrouble ? ['the bill'] : []),
    ...(rows === 0 ? [] : [rowsText(rows)]),
    ...people.cannotRead,
  ];
  return [
    ...(unread.length > 0 ? [`cannot read ${unread.join(' and ')}`] : []),
    ...people.but,
    ...(health.clocks.length > 0 ? ['a clock is off'] : []),
    ...chatTroubles(health.chats, health.lacking),
    ...(health.closed.length > 0 ? ['a channel takes no messages'] : []),
    ...(health.loss ? [LOST[health.loss.kind]] : []),
    ...(isCatalogOld(health) ? ['GPU types and prices are old'] : []),
    ...(health.presets.length > 0 ? ['a preset cannot be launched'] : []),
  ];
}

const isCatalogOld = ({ catalogAt, now }: Health) => catalogAt !== null && now - catalogAt > CATALOG_OLD_MS;

function catalogEntries(health: Health): Value[] {
  const { catalogAt, presets, now } = health;
  const read = catalogAt === null ? 'never' : pastOf(catalogAt, now);
  return [
    ['Catalog', read, ...(isCatalogOld(health) ? [' (old: prices are estimates)'] : [])],
    ...(presets.length > 0 ? [['Presets', `${presetsText(presets)}. Change podwarden.yaml.`] satisfies Value] : []),
  ];
}

function balanceText({ balance, balanceSince, now }: Health): (Span | string)[] {
  const source = balance?.source ? [SOURCES[balance.source]] : [];
  const read = balance
    ? [money(balance.balance), ' as read ', pastOf(balance.readAt, now), ...source]
    : ['not read yet'];
  return [...read, ...(balanceSince === null ? [] : ['; cannot be read since ', pastOf(balanceSince, now)])];
}

const rowsText = (rows: number): string => `${rows} ${rows === 1 ? 'record' : 'records'}`;
/** Of many the first tell what kind of trouble it is. */
const MAX_UNREAD = 5;

function unreadEntry(unread: readonly Unread[]): Value[] {
  if (unread.length === 0) return [];
  // Names are texts from outside.
  const lines = unreadLines(unread).map(oneLine);
  const more = lines.length > MAX_UNREAD ? [`and ${lines.length - MAX_UNREAD} more`] : [];
  const which = [...lines.slice(0, MAX_UNREAD), ...more].join('; ');
  return [['Unreadable', `${rowsText(lines.length)}. Podwarden keeps the last confirmed values. ${which}`]];
}

/** What is past is never said to be "in 39 minutes": whoever stamped it had another clock. */
function pastOf(time: number, now: number): Span | string {
  const ahead = time - now;
  return ahead <= CLOCK_WARN_MS ? ago(time) : `stamped by a clock that is ${clockText(ahead)}`;
}

const PARTS: Record<string, string> = { start: 'bot and worker' };

function clockEntry({ part, host, ahead }: Clock): Value {
  const what = `the ${PARTS[part] ?? part}’s machine is ${clockText(ahead)}. `;
  const acts = clockState(ahead) === 'wrong' ? 'It carries out nothing but Stop, Deny and Cancel. ' : '';
  return [`Clock of ${host}`, `${what}${acts}Set that machine’s clock (NTP).`];
}
