const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY = 4 * DAY;

/** Times of one length, in UTC: where the one that holds a moment begins, and where the next one does. */
export interface Bucket {
  begin(at: number): number;
  next(begin: number): number;
}

const even = (size: number, first = 0): Bucket => ({
  begin: (at) => Math.floor((at - first) / size) * size + first,
  next: (begin) => begin + size,
});

const calendar = (months: number): Bucket => ({
  begin: (at) => {
    const date = new Date(at);
    return Date.UTC(date.getUTCFullYear(), months === 12 ? 0 : date.getUTCMonth());
  },
  next: (begin) => {
    const date = new Date(begin);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
  },
});

/** As RunPod names them. Where its weeks begin is documented nowhere. */
export const BUCKETS: ReadonlyMap<string, Bucket> = new Map([
  ['hour', even(HOUR)],
  ['day', even(DAY)],
  ['week', even(7 * DAY, FIRST_MONDAY)],
  ['month', calendar(1)],
  ['year', calendar(12)],
]);

/** A moment on a boundary ends the bucket before it. */
export function bucketEnd({ begin, next }: Bucket, at: number): number {
  return begin(at) === at ? at : next(begin(at));
}

/** Where the last `count` buckets begin, with the one that is running. */
export function bucketsBack({ begin }: Bucket, now: number, count: number): number {
  let start = begin(now);
  for (let i = 1; i < count; i++) start = begin(start - 1);
  return start;
}
