import { createHash } from 'node:crypto';
import type { FleetPod } from '../policy/fleet.ts';
import type { GpuType as PolicyGpu, Stock } from '../policy/gpu.ts';
import type { NetworkVolume as PolicyVolume } from '../policy/launch.ts';
import { microUsd } from '../policy/money.ts';
import type { Partly, Unread } from '../policy/unread.ts';
import type { Unread as UnreadField } from '../runpod/rows.ts';
import type { GpuType, NetworkVolume, Pod } from '../runpod/schemas.ts';

/** RunPod's rows in the domain's terms. A field that did not read gets a guess, and is named as one. */

export const unreadOf = (of: string, all: readonly UnreadField[]): Unread[] => all.map((one) => ({ of, ...one }));

/** Which of our fields stand on which of RunPod's; the first that fits. */
type Stands<T> = readonly (readonly [string, readonly (keyof T & string)[]])[];

function guessedOf<T>(stands: Stands<T>, fields: readonly string[]): (keyof T & string)[] {
  return fields.flatMap((field) => {
    const found = stands.find(([path]) => field === path || field.startsWith(`${path}.`));
    return found ? [...found[1]] : [];
  });
}

function partly<T extends object>(row: T, stands: Stands<T>, fields: readonly string[]): Partly<T> {
  const guessed = guessedOf(stands, fields);
  return guessed.length === 0 ? row : { ...row, guessed };
}

/** Which fields of each row do not read, by its id: looked up once for a list, however much of it does not read. */
export function fieldsById(unread: readonly UnreadField[]): (id: string) => readonly string[] {
  const fields = new Map<string | null, string[]>();
  for (const { id, field } of unread) {
    const known = fields.get(id) ?? [];
    known.push(field);
    fields.set(id, known);
  }
  return (id) => fields.get(id) ?? [];
}

const POD: Stands<FleetPod> = [
  ['name', ['name']],
  ['image', ['imageMark']],
  ['disk', ['containerDiskGb']],
  ['mounts.persistent', ['volumeDisk']],
  ['mounts.network', ['networkVolume']],
  ['mounts', ['volumeDisk', 'networkVolume']],
  ['gpu.id', ['gpuId', 'gpuName']],
  ['gpu.count', ['gpuCount']],
  ['gpu', ['gpuId', 'gpuName', 'gpuCount']],
  ['cpu', ['gpuCount']],
  ['cloud', ['cloud']],
  ['dataCenterId', ['dataCenter']],
  ['cost', ['microUsdPerHour']],
  ['locked', ['locked']],
  // What a GPU did a minute ago says nothing of now.
  ['runtime.gpus', []],
  ['runtime.ports', []],
  ['runtime.uptime', []],
  ['runtime', ['reporting']],
  ['createdAt', ['createdAt']],
  ['startedAt', ['startedAt']],
  ['cluster', ['clustered']],
];

/** Every part may be missing, and what is missing is not idle. */
function utilOf(pod: Pod): number[] {
  const utils = (pod.runtime?.gpus ?? []).map((gpu) => gpu?.util);
  return utils.every((util) => typeof util === 'number') ? utils : [];
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

/** `names` are the catalogue's short names by id; RunPod's pods carry ids only. */
export function toFleetPod(pod: Pod, names: ReadonlyMap<string, string>, fields: readonly string[]): Partly<FleetPod> {
  const disk = pod.mounts?.persistent;
  const [network] = pod.mounts?.network ?? [];
  const gpuId = pod.gpu?.id ?? '';
  const read: FleetPod = {
    id: pod.id,
    name: pod.name ?? pod.id,
    status: pod.status,
    gpuName: names.get(gpuId) ?? gpuId.replace(/^NVIDIA (GeForce )?/, ''),
    gpuCount: pod.cpu ? null : (pod.gpu?.count ?? 0),
    cloud: pod.cloud ?? 'SECURE',
    dataCenter: pod.dataCenterId ?? null,
    microUsdPerHour: microUsd(pod.cost ?? 0),
    containerDiskGb: Math.ceil(pod.disk ?? 0),
    volumeDisk: disk ? { sizeGb: Math.ceil(disk.size), path: disk.path } : null,
    networkVolume: network ? { id: network.volumeId, path: network.path } : null,
    locked: pod.locked ?? false,
    // A pod of which nobody knows since when it exists is new to us.
    createdAt: pod.createdAt ?? pod.startedAt ?? new Date().toISOString(),
    startedAt: pod.startedAt ?? null,
    reporting: isThere(pod.runtime),
    gpuId,
    imageMark: pod.image ? createHash('sha256').update(pod.image).digest('hex').slice(0, 16) : '',
    gpuUtil: utilOf(pod),
    clustered: isThere(pod.cluster),
  };
  return partly(read, POD, fields);
}

const VOLUME: Stands<PolicyVolume> = [
  ['name', ['name']],
  ['size', ['sizeGb']],
  ['dataCenter', ['dataCenter']],
];

export function toPolicyVolume(
  { id, name, size, dataCenter }: NetworkVolume,
  fields: readonly string[],
): Partly<PolicyVolume> {
  return partly({ id, name: name ?? id, sizeGb: size ?? 0, dataCenter: dataCenter ?? '' }, VOLUME, fields);
}

const GPU: Stands<PolicyGpu> = [
  ['name', ['name']],
  ['memory', ['memoryGb']],
  ['secure', ['sold', 'price']],
  ['community', ['sold', 'price']],
  ['price', ['price']],
  ['maxCount', ['maxCount']],
];

const STOCKS: readonly string[] = ['HIGH', 'MEDIUM', 'LOW', 'NONE'];
export const stockOf = (word: string | null | undefined): Stock =>
  STOCKS.includes(word ?? '') ? (word as Stock) : 'UNKNOWN';
const STOCK_ORDER: Record<Stock, number> = { HIGH: 0, MEDIUM: 1, LOW: 2, UNKNOWN: 3, NONE: 4 };

export function toPolicyGpu(
  gpu: GpuType,
  bid: number | undefined,
  community: NonNullable<PolicyGpu['community']>,
  fields: readonly string[],
): Partly<PolicyGpu> {
  const price = (usd: number | null | undefined, sold: boolean | null | undefined) =>
    sold && usd ? microUsd(usd) : null;
  const read: PolicyGpu = {
    id: gpu.id,
    name: gpu.name ?? gpu.id,
    memoryGb: gpu.memory ?? 0,
    sold: { SECURE: gpu.secure ?? false, COMMUNITY: gpu.community ?? false },
    price: { SECURE: price(gpu.price?.secure, gpu.secure), COMMUNITY: price(gpu.price?.community, gpu.community) },
    maxCount: { SECURE: gpu.maxCount?.secure ?? null, COMMUNITY: gpu.maxCount?.community ?? null },
    stock: stockOf(gpu.availability),
    dataCenters: (gpu.dataCenters ?? [])
      .map(({ id, availability }) => ({ id, stock: stockOf(availability) }))
      .sort((a, b) => STOCK_ORDER[a.stock] - STOCK_ORDER[b.stock]),
    spot: bid === undefined ? null : microUsd(bid),
    community,
  };
  return partly(read, GPU, fields);
}
