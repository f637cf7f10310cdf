import { type FleetPod, isBilling, isLaunching } from './fleet.ts';
import { type MicroUsd, type MicroUsdPerHour, storageOver, storagePerDay, storagePerHour } from './money.ts';

/** USD micro per GB-month. Source: docs.runpod.io, pods/pricing and accounts-billing/billing (read 2026-11). */
const VOLUME_DISK_RUNNING = 100_000;
const VOLUME_DISK_STOPPED = 200_000;

/** RunPod's least volume disk. Source: v2 OpenAPI, `mounts.persistent.size`. */
export const MIN_VOLUME_DISK_GB = 10;

/** Where a pod keeps what its image did not bring. Sizes in GB. */
export interface PodStorage {
  containerDiskGb: number;
  volumeDisk: { sizeGb: number; path: string } | null;
  networkVolume: { id: string; path: string } | null;
}

/** What an hour of a stopped pod costs: no pod field shows it (RunPod reports 0 or the old rate). */
export function stoppedPerHour(storage: PodStorage): MicroUsdPerHour {
  return storagePerHour(storage.volumeDisk?.sizeGb ?? 0, VOLUME_DISK_STOPPED);
}

/** What a pod costs an hour in the state it is in: its rate while that bills, else its volume disk at double rate. */
export function rateNow(pod: FleetPod): MicroUsdPerHour {
  if (isLaunching(pod)) return 0;
  return isBilling(pod) ? pod.microUsdPerHour : stoppedPerHour(pod);
}

/** What a volume disk of `gb` costs a day while its pod is off. */
export const stoppedPerDay = (gb: number): MicroUsd => storagePerDay(gb, VOLUME_DISK_STOPPED);

/** What a volume disk of `gb` cost over `ms` while its pod was off: from the month's price, so that no rounding adds up. */
export function stoppedOver(gb: number, ms: number): MicroUsd {
  return storageOver(gb, VOLUME_DISK_STOPPED, ms);
}

/** What the disks of a pod that is up cost an hour, beside its rate. */
export function runningPerHour(storage: PodStorage): MicroUsdPerHour {
  return storagePerHour(storage.containerDiskGb + (storage.volumeDisk?.sizeGb ?? 0), VOLUME_DISK_RUNNING);
}

export type Kept =
  | { kind: 'nothing' }
  | { kind: 'volume-disk'; sizeGb: number; path: string; microUsdPerDay: MicroUsd; times: number }
  | { kind: 'network-volume'; id: string; path: string };

/** The facts that a person should know before a pod stops (survival matrix: container disk no, volume disk yes). */
export interface StopEffects {
  endsMicroUsdPerHour: MicroUsdPerHour;
  kept: Kept;
}

export function stopEffects(storage: PodStorage, rate: MicroUsdPerHour): StopEffects {
  return { endsMicroUsdPerHour: rate, kept: keptAfterStop(storage) };
}

function keptAfterStop(storage: PodStorage): Kept {
  if (storage.networkVolume) return { kind: 'network-volume', ...storage.networkVolume };
  const disk = storage.volumeDisk;
  if (!disk || disk.sizeGb === 0) return { kind: 'nothing' };
  return {
    kind: 'volume-disk',
    ...disk,
    microUsdPerDay: storagePerDay(disk.sizeGb, VOLUME_DISK_STOPPED),
    times: VOLUME_DISK_STOPPED / VOLUME_DISK_RUNNING,
  };
}
