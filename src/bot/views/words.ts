import { type Cloud, type GpuType, spotIn } from '../../policy/gpu.ts';
import type { PersonRef } from '../../policy/identity.ts';
import { cloudName } from '../../policy/launch.ts';
import type { Market, PodFacts, Row } from '../../policy/ledger.ts';
import { spokenRow } from '../../policy/ledger.ts';
import { markIn } from '../../policy/lookalike.ts';
import { formatUsd } from '../../policy/money.ts';
import { spokenName } from '../../policy/pod-names.ts';
import type { Span } from '../message/message.ts';

/** Who is meant, on whatever chat the reader is. */
export function user(who: PersonRef, accounts: readonly string[] = [who.account]): Span {
  const mark = markIn(who.name);
  return { kind: 'user', accounts, name: who.name, ...(mark === '' ? {} : { mark }) };
}

/** Words as a sentence begins with them. */
export const capital = (words: string): string => `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}`;

const CPU = 'CPU';
const NO_GPU = 'no GPU';

/** `RTX A6000`, `4x RTX A6000`, `no GPU`, `CPU`. */
export function gpuText(name: string, count: number | null): string {
  if (count === null) return CPU;
  if (count === 0) return NO_GPU;
  return count === 1 ? name : `${count}x ${name}`;
}

/** Whether such a text names one that goes back when its pod stops. */
export const namesGpu = (gpu: string): boolean => gpu !== CPU && gpu !== NO_GPU;

export function gpuOfRow(row: Row): string {
  if (row.facts) return gpuText(row.facts.gpuName, row.facts.gpuCount);
  return row.spec ? gpuText(row.spec.gpuName, row.spec.gpuCount) : '';
}

/** What people call the pod of a row. */
export function podOfRow(row: Row): string {
  if (row.facts === null && row.attempts.length === 0 && row.spec) return row.spec.middle;
  return spokenName(spokenRow(row));
}

/** `50 GB container disk, 20 GB volume disk at /workspace` */
export function storageText(of: Pick<PodFacts, 'containerDiskGb' | 'volumeDisk' | 'networkVolume'>): string {
  const parts = [`${of.containerDiskGb} GB container disk`];
  if (of.volumeDisk) parts.push(`${of.volumeDisk.sizeGb} GB volume disk at ${of.volumeDisk.path}`);
  if (of.networkVolume) parts.push(`network volume at ${of.networkVolume.path}`);
  return parts.join(', ');
}

export function where(facts: PodFacts): string {
  return [facts.dataCenter, cloudName(facts.cloud)].filter((part) => part !== null).join(', ');
}

/** Of a type whose memory never read, the catalogue keeps 0. */
export const memoryText = ({ memoryGb }: Pick<GpuType, 'memoryGb'>): string =>
  memoryGb > 0 ? `${memoryGb} GB` : 'memory unknown';

/** `H100 SXM, 80 GB, $2.99/h`; within one button's label. */
export function gpuChoice(gpu: GpuType, cloud: Cloud, market: Market = 'on-demand'): string {
  if (market === 'spot') {
    const bid = spotIn(gpu, cloud);
    return `${gpu.name}, ${memoryText(gpu)}, ${bid === null ? 'no spot price' : `spot from ${formatUsd(bid)}/h`}`;
  }
  const price = gpu.price[cloud] ?? gpu.price.SECURE ?? gpu.price.COMMUNITY;
  return `${gpu.name}, ${memoryText(gpu)}${price === null ? '' : `, ${formatUsd(price)}/h`}`;
}
