import { type FleetPod, isBilling, stateOf } from './fleet.ts';
import type { PodFacts } from './ledger.ts';

/**
 * What a card keeps of a pod. The rate of a pod that bills none is the last one known while it did: RunPod's own field
 * then shows 0, or the old rate.
 */
export function factsOf(pod: FleetPod, before: PodFacts | null): PodFacts {
  const state = stateOf(pod);
  const savingsPlan = pod.savingsPlan ?? before?.savingsPlan ?? false;
  const odd = { status: pod.status, microUsdPerHour: isBilling(pod) ? pod.microUsdPerHour : 0 };
  return {
    name: pod.name,
    gpuName: before && pod.gpuName === '' ? before.gpuName : pod.gpuName,
    gpuCount: pod.gpuCount,
    dataCenter: pod.dataCenter,
    cloud: pod.cloud,
    microUsdPerHour: isBilling(pod) ? pod.microUsdPerHour : (before?.microUsdPerHour ?? pod.microUsdPerHour),
    containerDiskGb: pod.containerDiskGb,
    volumeDisk: pod.volumeDisk,
    networkVolume: pod.networkVolume,
    startedAt: pod.startedAt === null ? null : Date.parse(pod.startedAt),
    ...(savingsPlan ? { savingsPlan } : {}),
    ...(state === 'error' || state === 'other' ? { odd } : {}),
  };
}
