import { distance } from 'fastest-levenshtein';
import { type Cloud, type GpuType, gpuWord, spotIn } from './gpu.ts';
import type { LaunchSpec, Market } from './ledger.ts';
import { formatUsd, type MicroUsd } from './money.ts';
import { MAX_MIDDLE, validMiddle } from './pod-names.ts';
import { MIN_VOLUME_DISK_GB } from './storage.ts';

/** What a person asked for; null where they left it to the team's defaults. */
export interface LaunchRequest {
  gpu: GpuType;
  market: Market | null;
  count: number | null;
  image: string | null;
  template: string | null;
  diskGb: number | null;
  /** GB of volume disk as a number, else a network volume's name or id. */
  volume: string | null;
  cloud: Cloud | null;
  /** Data centre ids (`EU-RO-1`) or beginnings of some (`EU`), with commas between them. */
  region: string | null;
  name: string | null;
  /** What it is for; a name that the policy file knows. */
  project: string | null;
}

export interface LaunchDefaults {
  market: Market;
  image: string | null;
  template: string | null;
  diskGb: number;
  volumeDiskGb: number;
  volumePath: string;
  ports: readonly string[];
  startSsh: boolean;
  cloud: Cloud;
  /** The most a spot GPU-hour may cost, as a share of its on-demand price. */
  spotCeiling: number;
  maxDiskGb: number;
}

export interface NetworkVolume {
  id: string;
  name: string;
  sizeGb: number;
  dataCenter: string;
}

export interface LaunchSurroundings {
  defaults: LaunchDefaults;
  /** All data centre ids that RunPod lists. Empty where they were never read. */
  dataCenters: readonly string[];
  networkVolumes: readonly NetworkVolume[];
  owner: string;
  /** Names of the projects that there are. */
  projects: readonly string[];
}

export type LaunchDecision =
  | { kind: 'allow'; spec: LaunchSpec }
  /** `field` is the argument to mend; `problem` says what is wrong and what to do, in plain text. */
  | { kind: 'refuse'; field: string; problem: string };

const refuse = (field: string, problem: string): LaunchDecision => ({ kind: 'refuse', field, problem });
type Refusal = Extract<LaunchDecision, { kind: 'refuse' }>;

const CLOUD_NAME: Record<Cloud, string> = { SECURE: 'Secure Cloud', COMMUNITY: 'Community Cloud' };
export const cloudName = (cloud: string) => (cloud === 'COMMUNITY' ? CLOUD_NAME.COMMUNITY : CLOUD_NAME.SECURE);

/** Fills in the team's defaults and judges every bound, one answer for both chats. */
export function decideLaunch(request: LaunchRequest, around: LaunchSurroundings): LaunchDecision {
  const { defaults } = around;
  const { gpu } = request;
  const cloud = request.cloud ?? defaults.cloud;
  const count = request.count ?? 1;
  const middle = request.name === null ? gpuWord(gpu) : request.name.toLowerCase();
  const problem =
    badGpu(gpu, cloud, count) ?? badSizes(request, defaults) ?? badName(middle) ?? badProject(request, around);
  if (problem) return problem;

  const image = request.image ?? (request.template === null ? defaults.image : null);
  const templateId = request.template ?? (request.image === null ? defaults.template : null);
  if (image === null && templateId === null) {
    return refuse('image', 'Name an image or a template, or set defaults.image in the policy file.');
  }
  const storage = chooseStorage(request, around);
  if ('problem' in storage) return storage;
  const centres = chooseDataCenters(request.region, storage.dataCenter, around.dataCenters, gpu.dataCenters);
  if ('problem' in centres) return centres;

  const market = request.market ?? defaults.market;
  const onDemand = gpu.price[cloud] ?? 0;
  const ceiling = Math.round(onDemand * defaults.spotCeiling);
  const perGpu = market === 'spot' ? (spotIn(gpu, cloud) ?? ceiling) : onDemand;
  return {
    kind: 'allow',
    spec: {
      gpuId: gpu.id,
      gpuName: gpu.name,
      gpuCount: count,
      market,
      cloud,
      dataCenterIds: centres.ids,
      image,
      templateId,
      containerDiskGb: request.diskGb ?? defaults.diskGb,
      volumeDisk: storage.volumeDisk,
      networkVolume: storage.networkVolume,
      ports: [...defaults.ports],
      startSsh: defaults.startSsh,
      owner: around.owner,
      middle,
      project: request.project,
      quotedMicroUsdPerHour: perGpu * count,
      bidCeilingMicroUsd: market === 'spot' ? ceiling : null,
    },
  };
}

function badGpu(gpu: GpuType, cloud: Cloud, count: number): Refusal | null {
  if (!gpu.sold[cloud] || gpu.price[cloud] === null) {
    const other: Cloud = cloud === 'SECURE' ? 'COMMUNITY' : 'SECURE';
    const way = gpu.sold[other] ? ` It is sold in ${CLOUD_NAME[other]}: add cloud=${other.toLowerCase()}.` : '';
    return refuse('cloud', `${gpu.name} is not sold in ${CLOUD_NAME[cloud]}.${way}`) as Refusal;
  }
  const most = gpu.maxCount[cloud];
  if (count < 1) return refuse('count', 'count is the number of GPUs in one pod: at least 1.') as Refusal;
  if (most !== null && count > most) {
    return refuse(
      'count',
      `One pod can hold at most ${most} x ${gpu.name} in ${CLOUD_NAME[cloud]}, not ${count}.`,
    ) as Refusal;
  }
  return null;
}

function badSizes(request: LaunchRequest, defaults: LaunchDefaults): Refusal | null {
  const disk = request.diskGb;
  if (disk !== null && (disk < 1 || disk > defaults.maxDiskGb)) {
    return refuse('disk', `disk is the container disk in GB: from 1 to ${defaults.maxDiskGb}, not ${disk}.`) as Refusal;
  }
  const volume = request.volume !== null && /^\d+$/.test(request.volume) ? Number(request.volume) : null;
  if (volume !== null && volume !== 0 && (volume < MIN_VOLUME_DISK_GB || volume > defaults.maxDiskGb)) {
    const text = `A volume disk has from ${MIN_VOLUME_DISK_GB} to ${defaults.maxDiskGb} GB (0 for none), not ${volume}.`;
    return refuse('volume', text) as Refusal;
  }
  return null;
}

/** Words that say what a pod does: as a pod's name they would say it of the wrong one. */
const RESERVED = ['running', 'stopped', 'terminated'];

function badName(middle: string): Refusal | null {
  if (RESERVED.includes(middle)) return refuse('name', `${middle} is a state, so it cannot be a name.`) as Refusal;
  if (validMiddle(middle)) return null;
  return refuse('name', `A name has letters a to z, digits and dashes, at most ${MAX_MIDDLE}.`) as Refusal;
}

function badProject({ project }: LaunchRequest, { projects }: LaunchSurroundings): Refusal | null {
  if (project === null || projects.includes(project)) return null;
  const known = projects.length > 0 ? `Known here: ${projects.join(', ')}.` : 'The policy file names none.';
  return refuse('project', `There is no project ${project.slice(0, 40)}. ${known}`) as Refusal;
}

interface ChosenStorage {
  volumeDisk: LaunchSpec['volumeDisk'];
  networkVolume: LaunchSpec['networkVolume'];
  dataCenter: string | null;
}

function chooseStorage(request: LaunchRequest, around: LaunchSurroundings): ChosenStorage | Refusal {
  const { volumePath: path, volumeDiskGb } = around.defaults;
  if (request.volume === null || /^\d+$/.test(request.volume)) {
    const sizeGb = request.volume === null ? volumeDiskGb : Number(request.volume);
    return { volumeDisk: sizeGb === 0 ? null : { sizeGb, path }, networkVolume: null, dataCenter: null };
  }
  const wanted = request.volume.toLowerCase();
  const found = around.networkVolumes.filter((v) => v.id.toLowerCase() === wanted || v.name.toLowerCase() === wanted);
  const [volume] = found;
  if (!volume) {
    const names = around.networkVolumes.map((v) => v.name).slice(0, 5);
    const known = names.length > 0 ? ` Known here: ${names.join(', ')}.` : ' This account has none.';
    return refuse('volume', `There is no network volume ${request.volume.slice(0, 60)}.${known}`) as Refusal;
  }
  if (found.length > 1) {
    const ids = found.map((v) => `${v.id} (${v.dataCenter})`).join(', ');
    return refuse('volume', `Several network volumes have that name; give the id: ${ids}.`) as Refusal;
  }
  return { volumeDisk: null, networkVolume: { id: volume.id, name: volume.name, path }, dataCenter: volume.dataCenter };
}

function chooseDataCenters(
  region: string | null,
  volumeIn: string | null,
  known: readonly string[],
  stocked: readonly { id: string }[],
): { ids: string[] } | Refusal {
  if (region === null) return { ids: volumeIn === null ? [] : [volumeIn] };
  const wanted = region.toUpperCase().split(',');
  const fits = (part: string) => (id: string) => id === part || id.startsWith(`${part}-`);
  const strange = wanted.find((part) => !known.some(fits(part)));
  if (strange !== undefined) return unknownRegion(strange, known);
  // Best stock first: spot takes one place only.
  const best = stocked.map(({ id }) => id);
  const ids = known.filter((id) => wanted.some((part) => fits(part)(id)));
  ids.sort((a, b) => rank(best, a) - rank(best, b));
  if (volumeIn === null) return { ids };
  if (ids.includes(volumeIn)) return { ids: [volumeIn] };
  return refuse('region', `That network volume is in ${volumeIn}, and a pod must be where its volume is.`) as Refusal;
}

const rank = (best: readonly string[], id: string) => (best.includes(id) ? best.indexOf(id) : best.length);

function unknownRegion(region: string, known: readonly string[]): Refusal {
  const near = [...known]
    .map((id) => ({ id, far: distance(region.slice(0, 20).toUpperCase(), id) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ id }) => id);
  const hint = near.length > 0 ? ` Nearest: ${near.join(', ')}.` : '';
  return refuse('region', `RunPod has no region ${region.slice(0, 20)}.${hint}`) as Refusal;
}

export interface Limits {
  /** Pods that one person may have up at once; null for no limit. */
  podsPerPerson: number | null;
  gpusPerPod: number | null;
  /** Running and launching pods of everybody together, micro-dollars an hour. */
  maxMicroUsdPerHour: MicroUsd | null;
}

/** What is up or on its way, as the ledger knows it at the moment of reserving. */
export interface Commitment {
  /** Who holds it: the person's key, or the account; null for a pod that was made elsewhere. */
  holder: string | null;
  microUsdPerHour: MicroUsd;
}

/** Spot without a known price is quoted at what it may bid: it costs at most that. */
export const isQuotedAtMost = (spec: LaunchSpec): boolean =>
  spec.bidCeilingMicroUsd !== null && spec.quotedMicroUsdPerHour >= spec.bidCeilingMicroUsd * spec.gpuCount;

/** What a launch may come to cost: spot reserves what it may bid, not what it is hoped to cost. */
export function reservedRate(spec: LaunchSpec): MicroUsd {
  return Math.max(spec.quotedMicroUsdPerHour, (spec.bidCeilingMicroUsd ?? 0) * spec.gpuCount);
}

/** Judged inside the write that reserves, so that fifty launches at once never exceed a limit. */
export function overLimit(
  { gpuCount, rate }: { gpuCount: number; rate: MicroUsd },
  holder: string,
  held: Commitment[],
  limits: Limits,
): string | null {
  if (limits.gpusPerPod !== null && gpuCount > limits.gpusPerPod) {
    return `This team allows at most ${limits.gpusPerPod} GPUs in one pod.`;
  }
  const mine = held.filter((h) => h.holder === holder).length;
  if (limits.podsPerPerson !== null && mine >= limits.podsPerPerson) {
    return `You have ${mine} pods up or coming up, and this team allows ${limits.podsPerPerson} a person. Stop one first.`;
  }
  const total = held.reduce((sum, h) => sum + h.microUsdPerHour, 0);
  const limit = limits.maxMicroUsdPerHour;
  if (limit !== null && total + rate > limit) {
    const now = formatUsd(total);
    return `The team spends ${now}/h; this pod may add ${formatUsd(rate)}/h, and the limit is ${formatUsd(limit)}/h.`;
  }
  return null;
}
