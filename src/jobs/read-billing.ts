import { cutOf, type Day, dayOf, dayOfHour, plusDays } from '../policy/costs/days.ts';
import type { BilledHour, HourWindow } from '../policy/costs/hours.ts';
import { HOUR_MS, hourOf, windowsToRead } from '../policy/costs/hours.ts';
import { rollUp } from '../policy/costs/rollup.ts';
import { rowsIn, toKeep, type Unread, unreadLines } from '../policy/unread.ts';
import type { GovernedContext } from './approvals.ts';
import { costBooks, endingsIn, knownBy, sharedBooks } from './cost-books.ts';
import { defineJob } from './define.ts';
import { correctDigests } from './digests.ts';
import { readBilling as name } from './names.ts';
import { ProviderFailure } from './ports.ts';

/** How far back RunPod is asked when nothing is known yet: a month to compare with, and a week for its weekdays. */
const BACK_DAYS = 35;
/** Days are kept for more than a year. */
const DAYS_KEPT = 430;
const DAY_MS = 24 * HOUR_MS;
/** Stretches of at most a day that one run reads; the newest come first. */
const MOST_WINDOWS = 40;

/**
 * Reads what RunPod billed since the last time, and once more what may have been corrected; then rolls up the days that
 * this touches in the timezone of every room. What could not be read stands on what scans saw.
 */
export const readBilling = defineJob({
  ...name,
  timeoutMs: 5 * 60_000,
  async handle(_, context: GovernedContext, signal) {
    const now = context.clocks.now();
    try {
      await readHours(now, context, signal);
      for (const zone of zonesOf(context)) await rollUpZone(zone, now, context);
    } finally {
      // Whatever happened: what waits for it must not wait for ever.
      await context.snapshots.ran(name.name, now);
    }
    await correctDigests(context);
  },
});

export const zonesOf = ({ governance }: Pick<GovernedContext, 'governance'>): string[] => [
  ...new Set(governance.rooms.map(({ timezone }) => timezone)),
];

/** A failure is remembered, and what was read before it stays. */
async function readHours(now: number, context: GovernedContext, signal: AbortSignal): Promise<void> {
  const { costs, provider } = context;
  const readAt = await costs.hoursRead(now);
  const settled = await settledHours(context);
  const known = (start: number) => readAt.get(start) ?? (settled(start) ? Number.MAX_SAFE_INTEGER : null);
  for (const window of windowsToRead({ from: now - BACK_DAYS * DAY_MS, now }, known, MOST_WINDOWS)) {
    try {
      const { hours, unread } = await provider.billing(window, now, signal);
      await keepUnread(window, unread, now, context);
      await costs.saveHours(new Map([...hours].map(([start, hour]) => [start, { ...hour, readAt: now }])));
    } catch (error) {
      const detail = error instanceof ProviderFailure ? error.detail : (error as Error).message;
      const before = await costs.trouble();
      context.log.warn({ window: spoken(window), error: detail }, 'billing could not be read');
      await costs.setTrouble({ since: before?.since ?? now, detail: detail.slice(0, 200) });
      return;
    }
  }
  await costs.setTrouble(null);
}

/** How long a bill that does not read is named, unless its hour is read again. */
const NAMED_MS = DAY_MS;

/** Bills are named by the beginning of their hour. */
async function keepUnread(
  { from, to }: HourWindow,
  unread: readonly Unread[],
  now: number,
  { costs, log }: Pick<GovernedContext, 'costs' | 'log'>,
): Promise<void> {
  if (unread.length > 0) {
    log.warn({ count: rowsIn(unread), rows: unreadLines(unread).slice(0, 20) }, 'bills do not read');
  }
  const before = await costs.unread();
  const kept = before.filter(({ at, name }) => {
    const start = Date.parse(name ?? '');
    // One without an hour is named until the next run.
    return Number.isNaN(start) ? at === now : now - at < NAMED_MS && !(start >= from && start < to);
  });
  if (before.length + unread.length > 0) {
    await costs.setUnread(toKeep([...unread.map((one) => ({ ...one, at: now })), ...kept]));
  }
}

const spoken = ({ from, to }: HourWindow) => `${new Date(from).toISOString()} ${new Date(to).toISOString()}`;

/** Hours of days that are final everywhere are not asked for again, however long ago they were read. */
async function settledHours(context: GovernedContext): Promise<(start: number) => boolean> {
  const zones = await Promise.all(
    zonesOf(context).map(async (zone) => [...(await context.costs.sums(zone)).values()].filter(({ final }) => final)),
  );
  return (start) => zones.every((days) => days.some(({ from, to }) => from <= start && start < to));
}

/** Today, yesterday, and every day of which hours were read since it was rolled up, whoever read them. */
async function rollUpZone(zone: string, now: number, context: GovernedContext): Promise<void> {
  const today = dayOf(now, zone);
  const [sums, readAt] = await Promise.all([context.costs.sums(zone), context.costs.hoursRead(now)]);
  const newest = new Map<Day, number>();
  for (const [start, at] of readAt) {
    const day = dayOfHour(start, zone);
    newest.set(day, Math.max(at, newest.get(day) ?? 0));
  }
  const stale = [...newest].filter(([day, at]) => at > (sums.get(day)?.readAt ?? 0) && sums.get(day)?.final !== true);
  const days = new Set<Day>([plusDays(today, -1), today, ...stale.map(([day]) => day)]);
  const shared = await sharedBooks(context);
  for (const day of [...days].sort()) {
    const cut = cutOf(day, zone);
    const due = cut.from <= now && (day === today || sums.get(day)?.final !== true);
    if (due) await rollUpDay(day, zone, now, shared, context);
  }
  if (!sums.has(today)) await context.costs.prune(zone, plusDays(today, -DAYS_KEPT), now);
}

async function rollUpDay(
  day: Day,
  zone: string,
  now: number,
  shared: Awaited<ReturnType<typeof sharedBooks>>,
  context: GovernedContext,
): Promise<void> {
  const { costs, governance } = context;
  const cut = cutOf(day, zone);
  const starts: number[] = [];
  // A day more, for what was ended the day before.
  for (let start = cut.from - DAY_MS; start < cut.to && start <= now; start += HOUR_MS) starts.push(start);
  const [billed, metered] = await Promise.all([costs.hours(starts), costs.metered(starts)]);
  const podIds = new Set<string>();
  for (const hour of [...billed.values()].flatMap(partsOf)) podIds.add(hour);
  for (const { parts } of metered.values()) for (const { product, id } of parts) if (product === 'pods') podIds.add(id);
  const books = await costBooks([...podIds], shared, context);
  const rolled = rollUp({
    day,
    zone,
    cut,
    now,
    billed: (start) => billed.get(hourOf(start)) ?? null,
    metered: (start) => metered.get(start) ?? null,
    known: knownBy(books, governance, Math.min(cut.to, now)),
    endings: endingsIn(books, billed),
  });
  // Rolled up again until every claim reads: a final day stays whose it is.
  await costs.saveDay(shared.isWhole ? rolled : { ...rolled, readAt: 0, final: false });
}

const partsOf = ({ parts }: BilledHour): string[] => parts.flatMap(([product, id]) => (product === 'pods' ? [id] : []));
