import { z } from 'zod';
import { type FleetPod, type PodState, stateOf } from './fleet.ts';
import type { Partly } from './unread.ts';

/**
 * What was approved is what runs: the pod as it was when somebody asked, compared at each click and right before the
 * call. `standing` is up (coming up or running), stopped, or other.
 */
export const fingerprint = z.object({
  id: z.string(),
  name: z.string(),
  /** A digest of the image's name: names of images are not kept. */
  imageMark: z.string(),
  containerDiskGb: z.int(),
  volumeDisk: z.object({ sizeGb: z.int(), path: z.string() }).nullable(),
  networkVolume: z.object({ id: z.string(), path: z.string() }).nullable(),
  gpuId: z.string(),
  gpuCount: z.int().nullable(),
  startedAt: z.string().nullable(),
  owner: z.string().nullable(),
  standing: z.enum(['up', 'stopped', 'other']),
});
export type Fingerprint = z.infer<typeof fingerprint>;

const STANDING: Record<PodState, Fingerprint['standing']> = {
  up: 'up',
  coming: 'up',
  stopped: 'stopped',
  error: 'other',
  gone: 'other',
  other: 'other',
};

export function fingerprintOf(pod: FleetPod, owner: string | null): Fingerprint {
  const standing = STANDING[stateOf(pod)];
  return {
    id: pod.id,
    name: pod.name,
    imageMark: pod.imageMark,
    containerDiskGb: pod.containerDiskGb,
    volumeDisk: pod.volumeDisk,
    networkVolume: pod.networkVolume,
    gpuId: pod.gpuId,
    gpuCount: pod.gpuCount,
    startedAt: standing === 'up' ? instant(pod.startedAt) : null,
    owner,
    standing,
  };
}

/** What is looked at right before a pod is deleted, in RunPod's terms: the fingerprint, and who may be in the way. */
const COMPARED: [keyof FleetPod, string][] = [
  ['name', 'name'],
  ['imageMark', 'image'],
  ['containerDiskGb', 'container disk'],
  ['volumeDisk', 'volume disk'],
  ['networkVolume', 'network volume'],
  ['gpuId', 'GPU type'],
  ['gpuCount', 'number of GPUs'],
  ['startedAt', 'start time'],
  ['locked', 'lock'],
  ['clustered', 'cluster'],
];
const OF_A_RUN: readonly (keyof FleetPod)[] = ['gpuId', 'gpuCount', 'startedAt'];

/** What of that the last read did not show, in words: with the last confirmed values it proves nothing. */
export function uncomparable(pod: Partly<FleetPod>): string[] {
  const off = STANDING[stateOf(pod)] === 'stopped';
  const hidden = (field: keyof FleetPod) => pod.guessed?.includes(field) && !(off && OF_A_RUN.includes(field));
  return COMPARED.filter(([field]) => hidden(field)).map(([, word]) => word);
}

/** The same moment in one spelling, whoever wrote it down. */
const instant = (text: string | null) => (text === null ? null : new Date(text).toISOString());

export type Comparison =
  | { kind: 'same' }
  /** It holds, and the pod moved on: `next` is what to compare with from now on. */
  | { kind: 'moved'; next: Fingerprint; stopped: boolean }
  /** It does not hold: what is different, in words. */
  | { kind: 'changed'; what: string[] };

const WORDS: [keyof Fingerprint, string][] = [
  ['id', 'another pod'],
  ['name', 'renamed'],
  ['imageMark', 'another image'],
  ['containerDiskGb', 'container disk resized'],
  ['volumeDisk', 'volume disk changed'],
  ['networkVolume', 'network volume changed'],
  ['gpuId', 'another GPU'],
  ['gpuCount', 'another number of GPUs'],
  ['owner', 'another owner'],
];

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Up to stopped holds (Stop is always right); stopped to up, or any other difference, does not. A pod that was still
 * coming up has no start time yet: that is filled in once. While a pod is stopped its start time says nothing.
 */
export function compare(before: Fingerprint, now: Fingerprint): Comparison {
  // A stopped pod shows no GPU on some reads; what it computes on is decided at its start.
  const off = now.standing === 'stopped';
  const skip = (field: keyof Fingerprint) => off && (field === 'gpuCount' || field === 'gpuId');
  const what = WORDS.filter(([field]) => !skip(field) && !same(before[field], now[field])).map(([, word]) => word);
  if (before.standing !== now.standing && !(before.standing === 'up' && off)) {
    what.push(before.standing === 'stopped' && now.standing === 'up' ? 'started again' : 'another state');
  }
  const bothUp = before.standing === 'up' && now.standing === 'up';
  if (bothUp && before.startedAt !== null && now.startedAt !== before.startedAt) what.push('restarted');
  if (what.length > 0) return { kind: 'changed', what };
  if (before.standing === 'up' && off) {
    return { kind: 'moved', next: { ...before, standing: 'stopped', startedAt: null }, stopped: true };
  }
  if (bothUp && before.startedAt === null && now.startedAt !== null) {
    return { kind: 'moved', next: { ...before, startedAt: now.startedAt }, stopped: false };
  }
  return { kind: 'same' };
}
