import type { Row } from '../ledger.ts';
import { spokenName } from '../pod-names.ts';

/** A project as the policy file declares it. */
export interface Project {
  name: string;
  /** Beginnings of names of pods, whole or without the owner's part. */
  pods: readonly string[];
  /** Ids or names of network volumes, serverless endpoints and clusters. */
  resources: readonly string[];
}

/** Said at the launch, else by the pod's name; null where nothing says it. */
export function projectOfPod(name: string, row: Row | null, projects: readonly Project[]): string | null {
  const said = row?.spec?.project ?? null;
  if (said !== null) return said;
  const names = [name, spokenName(name)];
  const found = projects.find(({ pods }) => pods.some((prefix) => names.some((one) => one.startsWith(prefix))));
  return found?.name ?? null;
}

export function projectOfResource(idOrName: readonly string[], projects: readonly Project[]): string | null {
  return projects.find(({ resources }) => resources.some((one) => idOrName.includes(one)))?.name ?? null;
}
