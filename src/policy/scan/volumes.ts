import type { FleetPod } from '../fleet.ts';
import type { ScanMemory } from './memory.ts';

/** A volume is gone when this many lists in a row miss it. */
const MISSES = 3;

/** Network volumes, and since when no pod mounts each. Null: they could not be read, and stay as they were. */
export function believeVolumes(
  before: ScanMemory['volumes'],
  read: readonly { id: string; name: string; sizeGb: number; dataCenter: string }[] | null,
  pods: readonly FleetPod[],
  at: number,
  /** False where one of the list has no id: it may be any that is missing. */
  complete = true,
): ScanMemory['volumes'] {
  if (read === null) return before;
  const mounted = new Set(pods.flatMap(({ networkVolume }) => (networkVolume ? [networkVolume.id] : [])));
  const listed = new Set(read.map(({ id }) => id));
  const missed = Object.entries(before).flatMap(([id, known]) => {
    if (listed.has(id)) return [];
    if (!complete) return [[id, known] as const];
    return known.missing + 1 >= MISSES ? [] : [[id, { ...known, missing: known.missing + 1 }] as const];
  });
  const seen = Object.fromEntries(
    read.map(({ id, name, sizeGb, dataCenter }) => {
      const known = before[id];
      const idleSince = mounted.has(id) ? null : (known?.idleSince ?? at);
      // Known from here on: it was mounted when it was last seen.
      const exact = known ? known.exact || known.idleSince === null : mounted.has(id);
      return [id, { name, sizeGb, dataCenter, idleSince, exact, missing: 0 }];
    }),
  );
  return { ...Object.fromEntries(missed), ...seen };
}
