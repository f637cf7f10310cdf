import { type FleetPod, isBilling, stateOf } from '../fleet.ts';
import type { MicroUsdPerHour } from '../money.ts';
import { runningPerHour, stoppedPerHour } from '../storage.ts';
import { networkVolumePerHour } from '../survival.ts';
import type { ScanMemory } from './memory.ts';

/** What bills now, micro-dollars an hour. */
export interface Burn {
  compute: MicroUsdPerHour;
  runningDisks: MicroUsdPerHour;
  stoppedDisks: MicroUsdPerHour;
  networkVolumes: MicroUsdPerHour;
  /** What RunPod reports beyond that: serverless, endpoints. */
  other: MicroUsdPerHour;
  total: MicroUsdPerHour;
}

/**
 * Burn is summed from pods that are up, since `cost` of a stopped pod says nothing, and from disks, which no pod field
 * shows. `other` is what RunPod's own total has beyond that.
 */
export function burnOf(
  pods: readonly FleetPod[],
  volumes: readonly { sizeGb: number }[],
  other: MicroUsdPerHour,
): Burn {
  const sums = { compute: 0, runningDisks: 0, stoppedDisks: 0 };
  for (const pod of pods) {
    if (isBilling(pod)) {
      sums.compute += pod.microUsdPerHour;
      sums.runningDisks += runningPerHour(pod);
    } else if (stateOf(pod) !== 'gone') sums.stoppedDisks += stoppedPerHour(pod);
  }
  const networkVolumes = volumes.reduce((sum, { sizeGb }) => sum + networkVolumePerHour(sizeGb), 0);
  const total = sums.compute + sums.runningDisks + sums.stoppedDisks + networkVolumes + other;
  return { ...sums, networkVolumes, other, total };
}

/** What RunPod's own total has beyond what we can sum; its rounding is not serverless. */
export function otherPerHour(reported: MicroUsdPerHour, known: MicroUsdPerHour): MicroUsdPerHour {
  const beyond = reported - known;
  return beyond > Math.max(2000, known * 0.005) ? beyond : 0;
}

/** Reads of what bills beyond pods and volumes that must agree. */
const AGREE = 3;

/** One answer of RunPod's that says otherwise is doubted: it would double the burn of a scan, or halve it. */
export function believeOther(
  before: Pick<ScanMemory, 'otherPerHour' | 'otherDoubt' | 'lastAt'>,
  read: MicroUsdPerHour | null,
): Pick<ScanMemory, 'otherPerHour' | 'otherDoubt'> {
  const { otherPerHour: known, otherDoubt: doubt } = before;
  if (read === null) return { otherPerHour: known, otherDoubt: doubt };
  if (before.lastAt === 0 || alike(read, known)) return { otherPerHour: read, otherDoubt: null };
  const reads = doubt && alike(read, doubt.perHour) ? doubt.reads + 1 : 1;
  if (reads >= AGREE) return { otherPerHour: read, otherDoubt: null };
  return { otherPerHour: known, otherDoubt: { perHour: read, reads } };
}

const alike = (a: number, b: number): boolean => Math.abs(a - b) <= 50_000 + 0.1 * Math.max(a, b);
