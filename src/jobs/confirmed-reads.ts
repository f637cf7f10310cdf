import type { GpuType } from '../policy/gpu.ts';
import type { NetworkVolume } from '../policy/launch.ts';
import { confirmed, type Partly } from '../policy/unread.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { CatalogueRead, PodProvider, PodsList, VolumesRead } from './ports.ts';

type Kept = Pick<Snapshots, 'fleet' | 'catalogue'>;

/**
 * The provider, with what was last confirmed in place of what does not read. The store is asked only where something does
 * not.
 */
export function confirmedReads(provider: PodProvider, kept: Kept): PodProvider {
  const filled: Partial<PodProvider> = {
    list: async (signal, read) => fillPods(await provider.list(signal, read), kept),
    async get(id, signal, read) {
      const pod = await provider.get(id, signal, read);
      // Whoever deletes it must know what is not of this read.
      return pod?.guessed ? { ...confirmed(pod, (await podsOf(kept)).get(id)), guessed: pod.guessed } : pod;
    },
    networkVolumes: async (signal) => fillVolumes(await provider.networkVolumes(signal), kept),
    catalogue: async (signal) => fillCatalogue(await provider.catalogue(signal), kept),
  };
  // Not a copy: which method is right may change from call to call.
  return new Proxy(provider, {
    get: (target, name: keyof PodProvider) => filled[name] ?? target[name].bind(target),
  });
}

const byId = <T extends { id: string }>(all: readonly T[] = []): Map<string, T> =>
  new Map(all.map((one) => [one.id, one]));

const podsOf = async (kept: Kept) => byId((await kept.fleet())?.pods);

/** A row that tells no more than its id is a pod that stands as it did. */
async function fillPods(read: PodsList, kept: Kept): Promise<PodsList> {
  if (read.unread.length === 0) return read;
  const last = await podsOf(kept);
  const listed = new Set(read.pods.map(({ id }) => id));
  const lost = [...new Set(read.unread.map(({ id }) => id))].flatMap((id) => {
    const pod = id === null || listed.has(id) ? undefined : last.get(id);
    return pod ? [pod] : [];
  });
  return { ...read, pods: [...read.pods.map((pod) => confirmed(pod, last.get(pod.id))), ...lost] };
}

async function fillVolumes(read: VolumesRead, kept: Kept): Promise<VolumesRead> {
  if (read.unread.length === 0) return read;
  const last = byId<NetworkVolume>((await kept.catalogue())?.networkVolumes);
  return { ...read, volumes: fill(read.volumes, last) };
}

async function fillCatalogue(read: CatalogueRead, kept: Kept): Promise<CatalogueRead> {
  if (read.unread.length === 0) return read;
  const last = await kept.catalogue();
  return {
    ...read,
    gpus: fill(read.gpus, byId<GpuType>(last?.gpus)),
    dataCenters: read.dataCenters ?? last?.dataCenters ?? [],
    networkVolumes: read.networkVolumes
      ? fill(read.networkVolumes, byId<NetworkVolume>(last?.networkVolumes))
      : (last?.networkVolumes ?? []),
  };
}

const fill = <T extends { id: string }>(all: readonly Partly<T>[], last: ReadonlyMap<string, T>): T[] =>
  all.map((one) => confirmed<T>(one, last.get(one.id)));
