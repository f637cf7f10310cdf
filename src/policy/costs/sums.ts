import { z } from 'zod';
import { ownerKey } from '../pod-names.ts';
import { type Amounts, addTo, type Product, storageIn, sumOf } from './amounts.ts';
import type { CostDay, CostLine } from './day.ts';
import type { Day } from './days.ts';

/** What a chart stacks, from the bottom up. */
export const KINDS = ['gpu', 'cpu', 'disk', 'volumes', 'serverless', 'other'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Record<Kind, string> = {
  gpu: 'GPU',
  cpu: 'CPU',
  disk: 'Pod disks',
  volumes: 'Network volumes',
  serverless: 'Serverless',
  other: 'Other',
};

/** One day without its lines: what charts, months and forecasts need. Micro-dollars. */
export const daySums = z.object({
  from: z.number(),
  to: z.number(),
  total: z.int(),
  storage: z.int(),
  kinds: z.partialRecord(z.enum(KINDS), z.int()),
  /** Of people (`person <key>`) and projects (`project <name>`). */
  scopes: z.record(z.string(), z.int()),
  hours: z.int(),
  estimated: z.int(),
  unknown: z.int(),
  final: z.boolean(),
  readAt: z.number(),
});
export type DaySums = z.infer<typeof daySums>;

export function sumsOfDay({ lines, ...day }: CostDay): DaySums {
  const all: Amounts = {};
  const kinds: Partial<Record<Kind, number>> = {};
  const scopes: Record<string, number> = {};
  const add = (kind: Kind, amount: number) => {
    if (amount !== 0) kinds[kind] = (kinds[kind] ?? 0) + amount;
  };
  for (const line of lines) {
    const { product, amounts } = line;
    addTo(all, amounts);
    for (const scope of scopesOf(line)) scopes[scope] = (scopes[scope] ?? 0) + sumOf(amounts);
    if (product !== 'pods') add(KIND_OF[product], sumOf(amounts));
    else {
      add('gpu', amounts.gpu ?? 0);
      add('cpu', amounts.cpu ?? 0);
      add('disk', amounts.disk ?? 0);
    }
  }
  const { from, to, total, hours, estimated, unknown, final, readAt } = day;
  return { from, to, total, storage: storageIn(all), kinds, scopes, hours, estimated, unknown, final, readAt };
}

/** Days before the first that cost anything say nothing of what is usual: the account was not used yet. */
export function sinceFirstUse<D extends { total: number }>(
  days: ReadonlyMap<Day, D>,
  sums: ReadonlyMap<Day, DaySums>,
): Map<Day, D> {
  const used = [...sums].filter(([, { total }]) => total !== 0).map(([day]) => day);
  const first = used.sort()[0];
  return new Map([...days].filter(([day]) => first !== undefined && day >= first));
}

function scopesOf({ owner, project }: CostLine): string[] {
  const person = ownerKey(owner);
  return [...(person === null ? [] : [`person ${person}`]), ...(project === null ? [] : [`project ${project}`])];
}

const KIND_OF: Record<Exclude<Product, 'pods'>, Kind> = {
  serverless: 'serverless',
  volumes: 'volumes',
  endpoints: 'other',
  clusters: 'other',
  other: 'other',
};
