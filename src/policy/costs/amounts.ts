import { z } from 'zod';
import type { MicroUsd } from '../money.ts';

/** What RunPod bills for. `other` is what its total has and none of the products. */
export const PRODUCTS = ['pods', 'serverless', 'endpoints', 'volumes', 'clusters', 'other'] as const;
export const product = z.enum(PRODUCTS);
export type Product = z.infer<typeof product>;

/** `flat` is where RunPod names no component: public endpoints, and what is not attributed. */
const COMPONENTS = ['gpu', 'cpu', 'fee', 'networking', 'flat', 'disk', 'standard', 'highPerformance'] as const;
export const component = z.enum(COMPONENTS);
export type Component = z.infer<typeof component>;

/** USD as RunPod says it (doubles) in hours, whole micro-dollars in days; what is 0 may be left out. */
export const amounts = z.partialRecord(component, z.number());
export type Amounts = z.infer<typeof amounts>;

const STORAGE: readonly Component[] = ['disk', 'standard', 'highPerformance'];

const entries = (of: Amounts) => Object.entries(of) as [Component, number][];

export function addTo(sum: Amounts, more: Amounts): void {
  for (const [name, amount] of entries(more)) sum[name] = (sum[name] ?? 0) + amount;
}

export const sumOf = (of: Amounts): number => entries(of).reduce((sum, [, amount]) => sum + amount, 0);

/** Container and volume disks, network volumes. */
export const storageIn = (of: Amounts): MicroUsd =>
  entries(of).reduce((sum, [name, amount]) => sum + (STORAGE.includes(name) ? amount : 0), 0);

export const computeIn = (of: Amounts): MicroUsd => sumOf(of) - storageIn(of);

/** As people call a product's spend that is nobody's own. */
export const PRODUCT_NAMES: Record<Product, string> = {
  pods: 'Pods',
  serverless: 'Serverless',
  endpoints: 'Public endpoints',
  volumes: 'Network volumes',
  clusters: 'Instant Clusters',
  other: 'Not attributed',
};
