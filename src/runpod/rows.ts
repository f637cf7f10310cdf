import { z } from 'zod';

/** One thing in a list that could not be read. Never a value: it may be a pod's env. */
export interface Unread {
  /** Null where not even that reads. */
  id: string | null;
  name: string | null;
  /** Path in RunPod's words, such as `gpu.count`; `row` for one that is no object. */
  field: string;
  /** What stands there instead, such as `null`, `missing` or `a string`. */
  what: string;
}

export interface Rows<T> {
  /** In RunPod's order. A field that does not read is left out of its row, and named in `unread`. */
  rows: T[];
  unread: Unread[];
}

/** How rows of one list are read. */
export interface Kind<S extends z.ZodType> {
  schema: S;
  /** Without these there is no row. */
  must: readonly string[];
  /** Missing or null, these are named; an inner one only where its outer one is there. */
  expected: readonly string[];
  id?: string;
  name?: string;
}

/** Some replies carry numbers in strings (`"0.74"`). */
const fromText = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
export const number = z.preprocess(fromText, z.number());
export const whole = z.preprocess(fromText, z.int());
/** GB, USD an hour, counts: what is beyond any account is no number to reckon with. */
export const amount = z.preprocess(fromText, z.number().min(0).max(1e9));
export const count = z.preprocess(fromText, z.int().min(0).max(1e6));
/** A time that a clock can compare. */
export const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));

/** Reads each value by itself: what does not read costs its field, or its row where that is one it cannot do without. */
export function readRows<S extends z.ZodType>(values: readonly unknown[], kind: Kind<S>): Rows<z.infer<S>> {
  const rows: z.infer<S>[] = [];
  const unread: Unread[] = [];
  for (const value of values) {
    const read = readRow(value, kind);
    if (read.row !== null) rows.push(read.row);
    unread.push(...read.unread);
  }
  return { rows, unread };
}

export function readRow<S extends z.ZodType>(
  value: unknown,
  kind: Kind<S>,
): { row: z.infer<S> | null; unread: Unread[] } {
  const found = new Map<string, string>();
  const row = salvage(value, kind, found);
  if (row !== null) noteExpected(row, value, kind.expected, found);
  const id = textAt(value, kind.id ?? 'id');
  const name = textAt(value, kind.name ?? 'name');
  return { row, unread: [...found].map(([field, what]) => ({ id, name, field, what })) };
}

function salvage<S extends z.ZodType>(value: unknown, kind: Kind<S>, found: Map<string, string>): z.infer<S> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    found.set('row', kindOf(value));
    return null;
  }
  let draft: unknown = value;
  for (;;) {
    const parsed = kind.schema.safeParse(draft);
    if (parsed.success) return parsed.data;
    // The first cut works on a copy.
    if (draft === value) draft = structuredClone(value);
    const { issues } = parsed.error;
    for (const { path } of issues) note(path, valueAt(value, path), found);
    // One at a time: a cut may take with it what the next issue is about.
    const cut = cutAt(draft as object, issues[0]?.path ?? []);
    if (cut === null || kind.must.includes(cut)) return null;
  }
}

/** What was named already is not named again where it takes its surroundings with it, and of a list one entry is enough. */
function note(path: readonly PropertyKey[], value: unknown, found: Map<string, string>): void {
  const entry = path.findIndex((name) => typeof name === 'number');
  const around = nameOf(entry === -1 ? path : path.slice(0, entry));
  const isKnown = [...found.keys()].some((known) => known === around || known.startsWith(`${around}.`));
  if (!isKnown) found.set(nameOf(path), kindOf(value));
}

const nameOf = (path: readonly PropertyKey[]): string => path.map(String).join('.') || 'row';

/**
 * Takes out what stands at a path, or what is around it where nothing does; of a list never one entry alone, since what is
 * left would look whole. Gives the outermost key if that was taken; null where nothing is left to take.
 */
function cutAt(draft: object, path: readonly PropertyKey[]): string | null {
  for (let depth = path.length; depth > 0; depth--) {
    const holder = valueAt(draft, path.slice(0, depth - 1));
    const name = path[depth - 1] as PropertyKey;
    if (typeof holder !== 'object' || holder === null || Array.isArray(holder) || !Object.hasOwn(holder, name))
      continue;
    Reflect.deleteProperty(holder, name);
    return depth === 1 ? String(name) : '';
  }
  return null;
}

function noteExpected(row: unknown, value: unknown, expected: readonly string[], found: Map<string, string>): void {
  for (const field of expected) {
    const path = field.split('.');
    const outer = valueAt(row, path.slice(0, -1));
    const isThere = typeof outer === 'object' && outer !== null;
    if (isThere && (valueAt(row, path) ?? null) === null) note(path, valueAt(value, path), found);
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[name];
  }
  return at;
}

function textAt(value: unknown, name: string): string | null {
  const text = valueAt(value, [name]);
  return typeof text === 'string' && text !== '' ? text.slice(0, 200) : null;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
