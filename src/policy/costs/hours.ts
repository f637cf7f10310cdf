import { z } from 'zod';
import { amounts, product } from './amounts.ts';

export const HOUR_MS = 3_600_000;

/**
 * What RunPod billed in one hour, in USD as it says it: rounded to micro-dollars once a day, so that no rounding adds up
 * over a month.
 */
export const billedHour = z.object({
  /** ms on Podwarden's clock. */
  readAt: z.number(),
  total: z.number(),
  /** By product, over all its resources. */
  products: z.partialRecord(product, amounts),
  parts: z.array(z.tuple([product, z.string(), amounts])),
});
export type BilledHour = z.infer<typeof billedHour>;

/** What scans saw in one hour: rates times time, in micro-dollars. Stands in where billing cannot be read. */
export interface MeteredHour {
  parts: { product: 'pods' | 'volumes' | 'other'; id: string; amounts: z.infer<typeof amounts>; idle: number }[];
}

export const hourOf = (at: number): number => at - (at % HOUR_MS);

/** RunPod says nowhere when a bucket is final; after three days it is taken to be. */
const FINAL_MS = 3 * 86_400_000;
/** Whether an hour was read when nothing could change it any more. */
export const isFinal = (start: number, readAt: number): boolean => readAt >= start + HOUR_MS + FINAL_MS;

/** While it runs and for a while after, an hour still grows: billing runs every five minutes. */
const GROWING_MS = 3 * HOUR_MS;
const GROWING_AGAIN_MS = 10 * 60_000;
const AGAIN_MS = 6 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** Whether an hour is to be read (again). `readAt` null: it never was. */
export function dueHour(start: number, readAt: number | null, now: number): boolean {
  if (readAt === null) return true;
  const end = start + HOUR_MS;
  const since = now - readAt;
  if (now - end < GROWING_MS) return since >= GROWING_AGAIN_MS;
  if (readAt < end + GROWING_MS) return true;
  if (now - end < DAY_MS) return since >= AGAIN_MS;
  if (now - end < FINAL_MS) return since >= DAY_MS;
  return !isFinal(start, readAt);
}

export interface HourWindow {
  from: number;
  to: number;
}

/** The longest stretch of hours that one read asks for: 2,000 pods come to some megabytes then. */
const MAX_WINDOW_MS = 24 * HOUR_MS;

/** Which stretches to read, newest first; each at most a day, no more than `most`. */
export function windowsToRead(
  { from, now }: { from: number; now: number },
  readAt: (start: number) => number | null,
  most: number,
): HourWindow[] {
  const windows: HourWindow[] = [];
  for (let start = hourOf(now); start >= hourOf(from); start -= HOUR_MS) {
    if (!dueHour(start, readAt(start), now)) continue;
    const last = windows.at(-1);
    if (last && last.from === start + HOUR_MS && last.to - start <= MAX_WINDOW_MS) last.from = start;
    else if (windows.length < most) windows.push({ from: start, to: start + HOUR_MS });
    else break;
  }
  return windows;
}
