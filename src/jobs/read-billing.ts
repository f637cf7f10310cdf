import { rollUp } from '../policy/costs/day.ts';
import { cutOf, type Day, dayOf, dayOfHour, plusDays } from '../policy/costs/days.ts';
import type { BilledHour, HourWindow } from '../policy/costs/hours.ts';
import { HOUR_MS, hourOf, windowsToRead } from '../policy/costs/hours.ts';
import type { GovernedContext } from './approvals.ts';
import { costBooks, endingsIn, knownBy } from './cost-books.ts';
import { defineJob } from './define.ts';
import { correctDigests } from './digests.ts';
import { readBilling as name } from './names.ts';
import { ProviderFailure } from './ports.ts';

/** How far back RunPod is asked when nothing is known yet: a month to compare with, and a week for its weekdays. */
const BACK_DAYS = 35;
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
    const touched = await readHours(now, context, signal);
    for (const zone of zonesOf(context)) await rollUpZone(zone, touched, now, context);
    await context.snapshots.ran(name.name, now);
    await correctDigests(context);
  },
});

export const zonesOf = ({ governance }: Pick<GovernedContext, 'governance'>): string[] => [
  ...new Set(governance.rooms.map(({ timezone }) => timezone)),
];

/** The hours that were read, by their beginning. A failure is remembered, and what was read before it stays. */
async function readHours(now: number, context: GovernedContext, signal: AbortSignal): Promise<Set<number>> {
  const { costs, provider } = context;
  const readAt = await costs.hoursRead(now);
  const settled = await settledHours(context);
  const known = (start: number) => readAt.get(start) ?? (settled(start) ? Number.MAX_SAFE_INTEGER : null);
  const windows = windowsToRead({ from: now - BACK_DAYS * 24 * HOUR_MS, now }, known, MOST_WINDOWS);
  const touched = new Set<number>();
  for (const window of windows) {
    try {
      const hours = await provider.billing(window, now, signal);
      await costs.saveHours(new Map([...hours].map(([start, hour]) => [start, { ...hour, readAt: now }])));
      for (const start of hours.keys()) touched.add(start);
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      const before = await costs.trouble();
      context.log.warn({ window: spoken(window), error: error.detail }, 'billing could not be read');
      await costs.setTrouble({ since: before?.since ?? now, detail: error.detail.slice(0, 200) });
      return touched;
    }
  }
  await costs.setTrouble(null);
  return touched;
}

const spoken = ({ from, to }: HourWindow) => `${new Date(from).toISOString()} ${new Date(to).toISOString()}`;

/** Hours of days that are final everywhere are not asked for again, however long ago they were read. */
async function settledHours(context: GovernedContext): Promise<(start: number) => boolean> {
  const zones = await Promise.all(
    zonesOf(context).map(async (zone) => [...(await context.costs.sums(zone)).values()].filter(({ final }) => final)),
  );
  return (start) => zones.every((days) => days.some(({ from, to }) => from <= start && start < to));
}

async function rollUpZone(
  zone: string,
  touched: ReadonlySet<number>,
  now: number,
  context: GovernedContext,
): Promise<void> {
  const today = dayOf(now, zone);
  const sums = await context.costs.sums(zone);
  const days = new Set<Day>([plusDays(today, -1), today]);
  for (const start of touched) days.add(dayOfHour(start, zone));
  for (const day of [...days].sort()) {
    const before = sums.get(day);
    if (before?.final && day !== today) continue;
    const cut = cutOf(day, zone);
    if (cut.from > now) continue;
    await rollUpDay(day, zone, now, context);
  }
}

async function rollUpDay(day: Day, zone: string, now: number, context: GovernedContext): Promise<void> {
  const { costs, governance } = context;
  const cut = cutOf(day, zone);
  const starts: number[] = [];
  // A day more, for what was ended the day before.
  for (let start = cut.from - 24 * HOUR_MS; start < cut.to && start <= now; start += HOUR_MS) starts.push(start);
  const [billed, metered] = await Promise.all([costs.hours(starts), costs.metered(starts)]);
  const podIds = new Set<string>();
  for (const hour of [...billed.values()].flatMap(partsOf)) podIds.add(hour);
  for (const { parts } of metered.values()) for (const { product, id } of parts) if (product === 'pods') podIds.add(id);
  const books = await costBooks([...podIds], context);
  await costs.saveDay(
    rollUp({
      day,
      zone,
      cut,
      now,
      billed: (start) => billed.get(hourOf(start)) ?? null,
      metered: (start) => metered.get(start) ?? null,
      known: knownBy(books, governance, Math.min(cut.to, now)),
      endings: endingsIn(books, billed),
    }),
  );
}

const partsOf = ({ parts }: BilledHour): string[] => parts.flatMap(([product, id]) => (product === 'pods' ? [id] : []));
