import type { FleetPod } from './fleet.ts';
import { spokenName } from './pod-names.ts';

/** The pod, marked where one of `plans` names it by its id or the beginning of its name: no API tells of savings plans. */
export function withSavingsPlan(pod: FleetPod, plans: readonly string[]): FleetPod {
  const names = [pod.name, spokenName(pod.name)];
  const named = plans.some((plan) => plan === pod.id || names.some((name) => name.startsWith(plan)));
  return named ? { ...pod, savingsPlan: true } : pod;
}
