import { z } from 'zod';

/** Something in a list, or in the store, that could not be read. Never its value. */
export const unread = z.object({
  /** What it stands in, in words for people: `pod`, `network volume`, `GPU type`, `bill`, `record`. */
  of: z.string(),
  /** Null where not even that reads. */
  id: z.string().nullable(),
  name: z.string().nullable(),
  /** In the words of whoever wrote it, such as `gpu.count`; `row` for all of it. */
  field: z.string(),
  /** What stands there instead, such as `null`, `missing` or `a string`. */
  what: z.string(),
});
export type Unread = z.infer<typeof unread>;

/** What is kept of one read: enough to find the trouble. */
const MOST_KEPT = 100;
export const keptUnread = z.array(unread).default([]);
export const toKeep = <T extends Unread>(all: readonly T[]): T[] => all.slice(0, MOST_KEPT);

/** A record of which some fields did not read: what stands in them is a guess. */
export type Partly<T> = T & { guessed?: readonly (keyof T & string)[] };

/** The record with what was last confirmed in place of guesses; a guess stays where nothing was. */
export function confirmed<T extends object>({ guessed = [], ...read }: Partly<T>, last: T | undefined): T {
  const whole = read as unknown as T;
  return last === undefined ? whole : { ...whole, ...Object.fromEntries(guessed.map((field) => [field, last[field]])) };
}

/** Whether a list has rows that may be anybody's: what it does not show may be there all the same. */
export const hasNameless = (all: readonly Pick<Unread, 'id'>[]): boolean => all.some(({ id }) => id === null);

const placeOf = ({ of, id, name }: Unread) => `${of} ${id ?? ''} ${name ?? ''}`;
/** Two rows without id and name count as one. */
export const rowsIn = (all: readonly Unread[]): number => new Set(all.map(placeOf)).size;

/** One line a row: `pod run7 (abc123): name is null, cost is missing`. */
export function unreadLines(all: readonly Unread[]): string[] {
  const rows = new Map<string, Unread[]>();
  for (const one of all) {
    const fields = rows.get(placeOf(one)) ?? [];
    fields.push(one);
    rows.set(placeOf(one), fields);
  }
  return [...rows.values()].map((fields) => {
    const { of, id, name } = fields[0] as Unread;
    const label = id === null ? (name ?? 'without an id') : name === null ? id : `${name} (${id})`;
    const what = new Set(fields.map(({ field, what }) => `${field} is ${what}`));
    return `${of} ${label}: ${[...what].join(', ')}`;
  });
}
