import { type MicroUsd, type MicroUsdPerHour, storagePerDay, storagePerHour } from './money.ts';
import type { PodStorage } from './storage.ts';

/** USD micro per GB-month: the first 1000 GB of a standard network volume, and beyond. Source: docs.runpod.io, pods/pricing. */
const NETWORK_VOLUME = 70_000;
const NETWORK_VOLUME_BEYOND = 50_000;
const FIRST_TIER_GB = 1000;

/** What becomes of each place where a pod keeps data. Source: the survival matrix in docs/runpod.md. */
export interface Survival {
  /** What terminating deletes for good; sizes in GB. */
  lost: { what: 'container disk' | 'volume disk'; sizeGb: number; path: string | null }[];
  survives: { id: string; path: string; sizeGb: number | null; microUsdPerDay: MicroUsd | null } | null;
}

export function afterTerminate(storage: PodStorage, networkVolumeGb: number | null): Survival {
  const lost: Survival['lost'] = [{ what: 'container disk', sizeGb: storage.containerDiskGb, path: null }];
  if (storage.volumeDisk) lost.push({ what: 'volume disk', ...storage.volumeDisk });
  const volume = storage.networkVolume;
  if (!volume) return { lost, survives: null };
  const perDay = networkVolumeGb === null ? null : networkVolumePerDay(networkVolumeGb);
  return { lost, survives: { ...volume, sizeGb: networkVolumeGb, microUsdPerDay: perDay } };
}

/** Marginal: only what is above 1000 GB is cheaper. */
export function networkVolumePerDay(gb: number): MicroUsd {
  const first = Math.min(gb, FIRST_TIER_GB);
  return storagePerDay(first, NETWORK_VOLUME) + storagePerDay(gb - first, NETWORK_VOLUME_BEYOND);
}

export function networkVolumePerHour(gb: number): MicroUsdPerHour {
  const first = Math.min(gb, FIRST_TIER_GB);
  return storagePerHour(first, NETWORK_VOLUME) + storagePerHour(gb - first, NETWORK_VOLUME_BEYOND);
}

/** A month of 730 hours. */
export function networkVolumePerMonth(gb: number): MicroUsd {
  const first = Math.min(gb, FIRST_TIER_GB);
  return Math.round(first * NETWORK_VOLUME + (gb - first) * NETWORK_VOLUME_BEYOND);
}

/** A volume disk is what people forget: terminating it is what an approver is asked about twice. */
export const losesData = (storage: PodStorage): boolean => (storage.volumeDisk?.sizeGb ?? 0) > 0;
