import type { FleetPod } from '../fleet.ts';
import type { PodMemory } from './memory.ts';

/** Idle while all GPUs that report are below `below` percent; a pod that reports none is not known to be. */
export function idle(memory: PodMemory, pod: FleetPod, at: number, below: number): PodMemory {
  const known = { ...memory, gpus: eachGpu(memory, pod, at, below) };
  const works = pod.gpuUtil.some((util) => util >= below);
  if (memory.look.state !== 'up' || pod.gpuUtil.length === 0 || works)
    return { ...known, idleSince: null, idleReads: 0 };
  return { ...known, idleSince: memory.idleSince ?? at, idleReads: memory.idleReads + 1 };
}

/** Each GPU for itself, in RunPod's order; nothing where not all of them report. */
function eachGpu({ look, gpus }: PodMemory, pod: FleetPod, at: number, below: number): PodMemory['gpus'] {
  const { gpuUtil, gpuCount } = pod;
  if (look.state !== 'up' || gpuUtil.length < 2 || gpuUtil.length !== gpuCount) return undefined;
  return gpuUtil.map((util, i) => {
    const before = gpus?.[i];
    return util >= below ? null : { idleSince: before?.idleSince ?? at, reads: (before?.reads ?? 0) + 1 };
  });
}
