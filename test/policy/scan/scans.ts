import type { Finding } from '../../../src/policy/findings/finding.ts';
import { keyOf } from '../../../src/policy/findings/finding.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../../src/policy/findings/thresholds.ts';
import type { KnownPod, World } from '../../../src/policy/findings/world.ts';
import type { FleetPod } from '../../../src/policy/fleet.ts';
import { burnOf } from '../../../src/policy/scan/burn.ts';
import { blank, lookOf, type PodMemory, type ScanMemory } from '../../../src/policy/scan/memory.ts';
import { ALICE, NOW } from '../rows.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export { NOW };

/** alice's running A6000 with 100 GB of volume disk. */
export function pod(more: Partial<FleetPod> = {}): FleetPod {
  const id = more.id ?? 'pod1';
  return {
    id,
    name: `alice-${id}-k3f9t2`,
    status: 'RUNNING',
    gpuName: 'RTX A6000',
    gpuCount: 1,
    cloud: 'SECURE',
    dataCenter: 'EU-RO-1',
    microUsdPerHour: 490_000,
    containerDiskGb: 50,
    volumeDisk: { sizeGb: 100, path: '/workspace' },
    networkVolume: null,
    locked: false,
    createdAt: new Date(NOW - 40 * DAY).toISOString(),
    startedAt: new Date(NOW - HOUR).toISOString(),
    reporting: true,
    gpuId: 'NVIDIA RTX A6000',
    imageMark: 'image',
    gpuUtil: [71],
    clustered: false,
    ...more,
  };
}

export const off = (more: Partial<FleetPod> = {}): FleetPod =>
  pod({ status: 'EXITED', startedAt: null, reporting: false, gpuUtil: [], ...more });

export function remembered(of: FleetPod, more: Partial<PodMemory> = {}): PodMemory {
  const look = lookOf(of);
  return {
    look,
    next: null,
    firstSeenAt: NOW - 40 * DAY,
    since: NOW - HOUR,
    source: 'seen',
    said: null,
    upRate: 490_000,
    idleSince: null,
    idleReads: 0,
    missing: 0,
    ...more,
  };
}

export type Given = Partial<Omit<KnownPod, 'memory'>> & { memory?: Partial<PodMemory> };

export function known(of: FleetPod, { memory, ...more }: Given = {}): KnownPod {
  const row = { id: 'p1', launched: true, spot: false };
  return { pod: of, memory: remembered(of, memory), owner: ALICE, room: 'gpu', row, twinOf: null, ...more };
}

/** An account that was watched for 40 days. */
export function world(
  pods: readonly KnownPod[],
  more: {
    memory?: Partial<ScanMemory>;
    thresholds?: Partial<Thresholds>;
    open?: readonly Finding[];
    budgets?: World['budgets'];
    now?: number;
  } = {},
): World {
  const memory: ScanMemory = {
    ...blank(NOW - 40 * DAY),
    lastAt: NOW,
    pods: Object.fromEntries(pods.map((one) => [one.pod.id, one.memory])),
    ...more.memory,
  };
  const fleet = pods.map((one) => one.pod);
  return {
    now: more.now ?? NOW,
    pods,
    memory,
    burn: burnOf(fleet, Object.values(memory.volumes), memory.otherPerHour),
    thresholds: { ...DEFAULT_THRESHOLDS, ...more.thresholds },
    budgets: more.budgets ?? [],
    open: new Map((more.open ?? []).map((finding) => [keyOf(finding), finding])),
    defaultRoom: 'gpu',
  };
}
