import { distance } from 'fastest-levenshtein';
import type { MicroUsdPerHour } from './money.ts';

export type Cloud = 'SECURE' | 'COMMUNITY';
export type Stock = 'HIGH' | 'MEDIUM' | 'LOW' | 'NONE' | 'UNKNOWN';

/** One GPU type as the catalogue in the store keeps it. Prices are micro-dollars per GPU-hour. */
export interface GpuType {
  /** RunPod's id, sent back exactly (some contain two spaces). */
  id: string;
  /** RunPod's short display name, such as `RTX A6000`. */
  name: string;
  memoryGb: number;
  /** A price can be listed for a cloud where the type is not sold: only these flags say where it is. */
  sold: Record<Cloud, boolean>;
  price: Record<Cloud, MicroUsdPerHour | null>;
  maxCount: Record<Cloud, number | null>;
  stock: Stock;
  /** Data centres that list the type, best stock first. */
  dataCenters: { id: string; stock: Stock }[];
  /** Lowest bid per GPU-hour; null where RunPod offers no spot price, or none was read. */
  spot: MicroUsdPerHour | null;
  /** The same for Community Cloud; missing in a catalogue of an earlier release. `stock` and `spot` are Secure Cloud's. */
  community?: { stock: Stock; spot: MicroUsdPerHour | null } | undefined;
}

export const stockIn = (gpu: GpuType, cloud: Cloud): Stock =>
  cloud === 'SECURE' ? gpu.stock : (gpu.community?.stock ?? 'UNKNOWN');
export const spotIn = (gpu: GpuType, cloud: Cloud): MicroUsdPerHour | null =>
  cloud === 'SECURE' ? gpu.spot : (gpu.community?.spot ?? null);
/** Where it is sold at all: Secure Cloud first. */
export const shownStock = (gpu: GpuType): Stock => (gpu.sold.SECURE ? gpu.stock : stockIn(gpu, 'COMMUNITY'));

export type GpuMatch =
  | { kind: 'one'; gpu: GpuType }
  | { kind: 'several'; gpus: GpuType[] }
  | { kind: 'none'; nearest: GpuType[] };

/** Words that carry no distinction between RunPod's ids. */
const NOISE = new Set(['nvidia', 'amd', 'geforce', 'rtx', 'tesla', 'instinct', 'generation', 'gpu', 'edition']);
const SPELLINGS: [RegExp, string][] = [
  [/max[\s_-]?q/g, 'maxq'],
  [/workstation/g, 'wk'],
  [/\b4080s\b/g, '4080 super'],
  [/hbm3/g, 'sxm'],
];

function words(text: string): string[] {
  let spelled = text.toLowerCase();
  for (const [from, to] of SPELLINGS) spelled = spelled.replace(from, to);
  return spelled.split(/[^a-z0-9.]+/).filter((word) => word !== '' && !NOISE.has(word));
}

const normalId = (id: string) => id.replace(/\s+/g, ' ').trim().toLowerCase();

/**
 * The junk twins (`NVIDIA  A30` beside `NVIDIA A30`, runpod/docs#633) are dropped, and so is the sentinel `unknown`.
 */
export function cleanCatalogue(gpus: GpuType[]): GpuType[] {
  const byId = new Map<string, GpuType>();
  for (const gpu of gpus) {
    const key = normalId(gpu.id);
    if (key === 'unknown') continue;
    const twin = byId.get(key);
    if (!twin || twin.id.length > gpu.id.length) byId.set(key, gpu);
  }
  return [...byId.values()];
}

/** Splits glued words (`h100sxm`, `pro6000wk`, `3090ti`) along words that the catalogue knows. */
function segment(word: string, vocabulary: Set<string>): string[] {
  if (word === '' || vocabulary.has(word)) return word === '' ? [] : [word];
  for (let end = word.length - 1; end > 0; end--) {
    const head = word.slice(0, end);
    if (!vocabulary.has(head) && !NOISE.has(head)) continue;
    const tail = segment(word.slice(end), vocabulary);
    if (tail.length > 0) return NOISE.has(head) ? tail : [head, ...tail];
  }
  return [];
}

const sameSet = (a: Set<string>, b: Set<string>) => a.size === b.size && [...a].every((word) => b.has(word));
const covers = (gpu: Set<string>, query: Set<string>) => [...query].every((word) => gpu.has(word));

/**
 * Finds the GPU type that a person means. Several types that fit are never narrowed by price: a MIG slice of a
 * PRO 6000 is a type of its own, and cheaper.
 */
export function findGpu(query: string, catalogue: GpuType[]): GpuMatch {
  const exact = catalogue.find((gpu) => normalId(gpu.id) === normalId(query));
  if (exact) return { kind: 'one', gpu: exact };

  const known = catalogue.map((gpu) => ({ gpu, id: new Set(words(gpu.id)), name: new Set(words(gpu.name)) }));
  const vocabulary = new Set(known.flatMap(({ id, name }) => [...id, ...name]));
  const asked = words(query).flatMap((word) => {
    const parts = segment(word, vocabulary);
    return parts.length > 0 ? parts : [word];
  });
  if (asked.length === 0) return { kind: 'none', nearest: nearestGpus(query, catalogue) };

  const wanted = new Set(asked);
  const byId = known.filter(({ id }) => sameSet(id, wanted));
  if (byId.length === 1 && byId[0]) return { kind: 'one', gpu: byId[0].gpu };
  // "pro 6000" is a display name too, but the beginning of others; "pro 6000 wk" is only itself.
  const byName = known.filter(({ name }) => covers(name, wanted));
  if (byName.length === 1 && byName[0] && sameSet(byName[0].name, wanted)) return { kind: 'one', gpu: byName[0].gpu };
  const fitting = known.filter(({ id, name }) => covers(new Set([...id, ...name]), wanted)).map(({ gpu }) => gpu);
  if (fitting.length === 1 && fitting[0]) return { kind: 'one', gpu: fitting[0] };
  if (fitting.length > 1) return { kind: 'several', gpus: fitting };
  return { kind: 'none', nearest: nearestGpus(query, catalogue) };
}

/** Edits to the whole name or to its first word; none for a beginning of the name. */
function farFrom(flat: string, name: string[]): number {
  const whole = name.join('');
  if (whole.startsWith(flat)) return 0;
  return Math.min(distance(flat, whole), distance(flat, name[0] ?? ''));
}

/** The closest names for "did you mean", best first, at most three. */
function nearestGpus(query: string, catalogue: GpuType[]): GpuType[] {
  const flat = words(query.slice(0, 80)).join('');
  if (flat === '') return [];
  return catalogue
    .map((gpu) => ({ gpu, far: farFrom(flat, words(gpu.name)) }))
    .filter(({ far }) => far <= Math.max(2, Math.floor(flat.length / 2)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ gpu }) => gpu);
}

/** The middle of an unnamed pod: the type's own word, such as `a6000` or `h100-sxm`. */
export function gpuWord(gpu: GpuType): string {
  return words(gpu.name).join('-').replaceAll('.', '') || 'gpu';
}

/** A short name for a type's id that fits into a button: eight hexadecimal digits (FNV-1a). */
export function gpuKey(id: string): string {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** Types with stock and at least this memory, cheapest first: what to offer when one is not to be had. */
export function alternatives(to: GpuType, catalogue: GpuType[], cloud: Cloud): GpuType[] {
  return catalogue
    .filter((gpu) => gpu.id !== to.id && gpu.memoryGb >= to.memoryGb && gpu.sold[cloud] && gpu.price[cloud] !== null)
    .filter((gpu) => ['HIGH', 'MEDIUM', 'LOW'].includes(stockIn(gpu, cloud)))
    .sort((a, b) => (a.price[cloud] ?? 0) - (b.price[cloud] ?? 0));
}
