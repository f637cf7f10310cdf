import type { Place } from '../identity.ts';
import type { BrokenPreset } from '../presets.ts';
import type { ScanMemory } from '../scan/memory.ts';
import type { FactsOf, Hit } from './finding.ts';

type What = FactsOf<'blind'>['what'];
const MINUTE = 60_000;
/** Two scans' worth: one bad read is nobody's news. */
const AFTER_MS = 5 * MINUTE;
/** Whoever keeps watch hears of it after this long. */
export const WATCH_AFTER_MS = 30 * MINUTE;
/** A balance is an estimate for this long before anybody is told. */
const BALANCE_AFTER_MS = 60 * MINUTE;

export function blindHit(what: What, subject: string, since: number, detail: string, now: number, room: string): Hit {
  const worse = isToldAtOnce(what) || (now - since >= WATCH_AFTER_MS && SCAN_LIKE.includes(what));
  return {
    rule: 'blind',
    subject,
    level: worse ? 2 : 1,
    severity: worse ? 'critical' : LATER.includes(what) ? 'note' : 'urgent',
    mark: what,
    anchor: since,
    owner: null,
    room,
    facts: { rule: 'blind', what, since, detail },
  };
}

const SCAN_LIKE: readonly What[] = ['failing', 'held', 'worker', 'bot', 'connection', 'posts'];
/** Half of those who have to know cannot be told any more, nothing can be done, or what was decided is lost. */
const AT_ONCE: readonly What[] = ['chat', 'key', 'emptied', 'rolled-back'];
const LATER: readonly What[] = ['balance', 'retired', 'sunset', 'catalog', 'presets'];

export const isToldAtOnce = (what: What): boolean => AT_ONCE.includes(what);

/** What keeps a scan from seeing, by what is remembered of it. */
export function scanBlindness(memory: ScanMemory, now: number, room: string): Hit[] {
  const { trouble } = memory;
  if (!trouble) return [];
  if (trouble.what !== 'key' && now - trouble.since < AFTER_MS) return [];
  // One card for all of it: a mark that changed with each reason would edit it at each scan.
  return [{ ...blindHit(trouble.what, 'scan', trouble.since, trouble.detail, now, room), mark: '' }];
}

export interface Surroundings {
  /** Since when the balance could not be read, ms; null while it can. */
  balanceSince: number | null;
  /** GraphQL has said that it is gone. */
  retired: boolean;
  /** What a `Sunset` header announces, by call; text from outside. */
  sunset: string | null;
  /** Share of its memory that Redis uses, 0 to 1; null where it has no bound. */
  redisUsed: number | null;
  /** When GPU types and prices were last read; null for never. */
  catalogAt: number | null;
  presets: readonly BrokenPreset[];
}

/** Six reads that failed: launches are still priced by what was read before. */
export const CATALOG_OLD_MS = 60 * MINUTE;
const MOST_PRESETS = 5;

/** What is wrong with each, in one line. */
export function presetsText(presets: readonly BrokenPreset[]): string {
  const shown = presets.slice(0, MOST_PRESETS).map(({ name, problem }) => `${name}: ${problem.replace(/\.$/, '')}`);
  const more = presets.length > MOST_PRESETS ? [`${presets.length - MOST_PRESETS} more`] : [];
  return [...shown, ...more].join('; ');
}

const REDIS_NEAR = 0.85;

export function otherBlindness(around: Surroundings, now: number, room: string): Hit[] {
  const hits: Hit[] = [];
  const { balanceSince, retired, sunset, redisUsed, catalogAt, presets } = around;
  if (balanceSince !== null && now - balanceSince >= BALANCE_AFTER_MS)
    hits.push(blindHit('balance', 'balance', balanceSince, '', now, room));
  if (retired) hits.push(blindHit('retired', 'graphql', now, '', now, room));
  if (sunset !== null) hits.push(blindHit('sunset', 'sunset', now, sunset, now, room));
  if (redisUsed !== null && redisUsed >= REDIS_NEAR)
    hits.push(blindHit('redis', 'redis', now, `${Math.round(redisUsed * 100)} %`, now, room));
  if (catalogAt !== null && now - catalogAt >= CATALOG_OLD_MS)
    hits.push(blindHit('catalog', 'catalog', catalogAt, '', now, room));
  if (presets.length > 0) {
    const text = presetsText(presets);
    hits.push({ ...blindHit('presets', 'presets', now, text, now, room), mark: text });
  }
  return hits;
}

const CHANNEL = 'channel ';
/** A channel that takes no messages, as a finding's subject. */
export const channelSubject = ({ chat, channel }: Place): string => `${CHANNEL}${chat} ${channel}`;

const CHAT = 'chat ';
/** A chat that knows us no more, as a finding's subject. */
export const chatSubject = (chat: string): string => `${CHAT}${chat}`;

/** The store that lost what it held, as a finding's subject. */
export const STORE_SUBJECT = 'store';

const CONNECTION = 'connection ';
/** A chat that no bot is connected to, or that takes no posts, as a finding's subject. */
export const connectionSubject = (chat: string): string => `${CONNECTION}${chat}`;

/** What a warning about a chat, or about one of its channels, is about; null for any other. */
export function chatIn(subject: string): { chat: string; channel: string | null } | null {
  const [kind, chat, channel = null] = subject.split(' ');
  return chat !== undefined && [CHANNEL, CHAT, CONNECTION].includes(`${kind} `) ? { chat, channel } : null;
}

/** Who judges which: the scan must not resolve what the watchdogs and the chats raised. */
export const isWatched = (subject: string): boolean =>
  ['worker', 'bot', STORE_SUBJECT].includes(subject) ||
  [CHANNEL, CHAT, CONNECTION].some((kind) => subject.startsWith(kind));
