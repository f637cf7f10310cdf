import { z } from 'zod';
import { type Amounts, addTo, type Product, storageIn, sumOf } from './amounts.ts';
import type { CostDay } from './day.ts';

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
  const add = (kind: Kind, amount: number) => {
    if (amount !== 0) kinds[kind] = (kinds[kind] ?? 0) + amount;
  };
  for (const { product, amounts } of lines) {
    addTo(all, amounts);
    if (product !== 'pods') add(KIND_OF[product], sumOf(amounts));
    else {
      add('gpu', amounts.gpu ?? 0);
      add('cpu', amounts.cpu ?? 0);
      add('disk', amounts.disk ?? 0);
    }
  }
  const { from, to, total, hours, estimated, unknown, final, readAt } = day;
  return { from, to, total, storage: storageIn(all), kinds, hours, estimated, unknown, final, readAt };
}

const KIND_OF: Record<Exclude<Product, 'pods'>, Kind> = {
  serverless: 'serverless',
  volumes: 'volumes',
  endpoints: 'other',
  clusters: 'other',
  other: 'other',
};
