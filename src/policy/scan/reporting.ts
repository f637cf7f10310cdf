import type { FleetPod } from '../fleet.ts';
import type { PodMemory } from './memory.ts';

const runOf = ({ startedAt }: FleetPod): string => startedAt ?? '';

/** A running pod without a runtime is coming up only until it has reported once: afterwards it is up, and silent. */
export function withReported(pod: FleetPod, known: PodMemory | undefined): FleetPod {
  const has = pod.status === 'RUNNING' && !pod.reporting && known?.reports?.run === runOf(pod);
  return has ? { ...pod, reported: true } : pod;
}

/** What is remembered of it after a read; another run begins anew. */
export function reportsOf(pod: FleetPod, known: PodMemory, at: number): PodMemory['reports'] {
  if (pod.status !== 'RUNNING') return null;
  const run = runOf(pod);
  if (pod.reporting) return { run, silentSince: null };
  return known.reports?.run === run ? { run, silentSince: known.reports.silentSince ?? at } : null;
}
