import type { FleetPod } from '../fleet.ts';
import type { ScanMemory } from './memory.ts';

/** Network volumes, and since when no pod mounts each. Null: they could not be read, and stay as they were. */
export function believeVolumes(
  before: ScanMemory['volumes'],
  read: readonly { id: string; name: string; sizeGb: number; dataCenter: string }[] | null,
  pods: readonly FleetPod[],
  at: number,
): ScanMemory['volumes'] {
  if (read === null) return before;
  const mounted = new Set(pods.flatMap(({ networkVolume }) => (networkVolume ? [networkVolume.id] : [])));
  return Object.fromEntries(
    read.map(({ id, name, sizeGb, dataCenter }) => {
      const known = before[id];
      const idleSince = mounted.has(id) ? null : (known?.idleSince ?? at);
      // Known from here on: it was mounted when it was last seen.
      const exact = known ? known.exact || known.idleSince === null : mounted.has(id);
      return [id, { name, sizeGb, dataCenter, idleSince, exact }];
    }),
  );
}
