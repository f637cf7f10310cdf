import type { PersonRef } from '../identity.ts';
import type { MicroUsd } from '../money.ts';
import { ownerKey } from '../pod-names.ts';
import { computeIn, PRODUCT_NAMES, storageIn, sumOf } from './amounts.ts';
import type { CostDay, CostLine } from './day.ts';

export const GROUPINGS = ['person', 'project', 'gpu', 'pod'] as const;
export type By = (typeof GROUPINGS)[number];

export interface Group {
  key: string;
  label: string;
  /** Where the group is one person. */
  owner: PersonRef | null;
  total: MicroUsd;
  compute: MicroUsd;
  storage: MicroUsd;
}

export interface Sums {
  total: MicroUsd;
  compute: MicroUsd;
  storage: MicroUsd;
}

export const totalOf = (days: readonly CostDay[]): MicroUsd => days.reduce((sum, { total }) => sum + total, 0);

export function sumsOf(days: readonly CostDay[]): Sums {
  const amounts = days.flatMap(({ lines }) => lines.map((line) => line.amounts));
  return {
    total: totalOf(days),
    compute: amounts.reduce((sum, of) => sum + computeIn(of), 0),
    storage: amounts.reduce((sum, of) => sum + storageIn(of), 0),
  };
}

/** Groups that add up to the total of the days, the largest first. What belongs to no group stands under its product. */
export function grouped(days: readonly CostDay[], by: By): Group[] {
  const groups = new Map<string, Group>();
  for (const line of days.flatMap(({ lines }) => lines)) {
    const { key, label, owner } = groupOf(line, by);
    const group = groups.get(key) ?? { key, label, owner, total: 0, compute: 0, storage: 0 };
    group.total += sumOf(line.amounts);
    group.compute += computeIn(line.amounts);
    group.storage += storageIn(line.amounts);
    // The latest name is the one that people know.
    groups.set(key, { ...group, label, owner });
  }
  return [...groups.values()]
    .filter(({ total, compute, storage }) => total !== 0 || compute !== 0 || storage !== 0)
    .sort((a, b) => b.total - a.total || a.label.localeCompare(b.label, 'en'));
}

const VALUE: Record<By, (line: CostLine) => string | null> = {
  person: ({ owner }) => ownerKey(owner),
  project: ({ project }) => project,
  gpu: ({ gpu }) => gpu,
  pod: ({ id }) => id,
};

function groupOf(line: CostLine, by: By): Pick<Group, 'key' | 'label' | 'owner'> {
  const { product, id, name, owner } = line;
  const value = VALUE[by](line);
  if (value !== null && by === 'pod') return { key: `${product} ${value}`, label: name || value, owner };
  if (value !== null && by === 'person') return { key: `person ${value}`, label: owner?.name ?? value, owner };
  if (value !== null) return { key: `${by} ${value}`, label: value, owner: null };
  if (product === 'pods' && id !== null) return { key: 'pods', label: NOBODYS[by], owner: null };
  // What RunPod sums up and does not itemise.
  if (product === 'pods') return { key: 'product pods', label: 'Pods, not itemised', owner: null };
  return { key: `product ${product}`, label: PRODUCT_NAMES[product], owner: null };
}

const NOBODYS: Record<By, string> = {
  person: 'Pods of nobody',
  project: 'Pods of no project',
  gpu: 'CPU pods',
  pod: 'Pods',
};
