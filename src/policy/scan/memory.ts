import { z } from 'zod';
import { type FleetPod, isBilling, lacksGpu, stateOf } from '../fleet.ts';
import { personRef } from '../identity.ts';

/** What a scan compares of a pod: anything else may change without meaning. */
export const look = z.object({
  name: z.string(),
  state: z.enum(['up', 'coming', 'stopped', 'error', 'gone', 'other']),
  zeroGpu: z.boolean(),
  /** Micro-dollars an hour while it bills; 0 where RunPod's field says nothing. */
  rate: z.int(),
  containerDiskGb: z.int(),
  volumeDiskGb: z.int(),
  imageMark: z.string(),
});
export type Look = z.infer<typeof look>;

/**
 * How well a stop's time is known, best first: our own act; RunPod's own sentence (GraphQL `lastStatusChange`); the last
 * bucket of the bill that has compute; seen between two scans; or only that it was off when it was first seen.
 */
export const stopSource = z.enum(['own', 'runpod', 'bill', 'seen', 'first-seen']);
export type StopSource = z.infer<typeof stopSource>;

/** What is remembered of a pod between scans. Times are milliseconds since 1970 on Podwarden's clock. */
export const podMemory = z.object({
  look,
  /** What one read showed otherwise: believed when the next agrees. */
  next: look.nullable(),
  firstSeenAt: z.number(),
  /** When the present state was entered, as well as it is known. */
  since: z.number(),
  source: stopSource,
  /** RunPod's own word for the last end, such as `Outbid`; text from outside. */
  said: z.string().nullable(),
  /** The last rate while it was up, micro-dollars an hour. */
  upRate: z.int(),
  /** All GPUs have been idle since; null while any works or nothing reports. */
  idleSince: z.number().nullable(),
  idleReads: z.int(),
  /** Each GPU of a pod with several: null while it works. */
  gpus: z.array(z.object({ idleSince: z.number(), reads: z.int() }).nullable()).optional(),
  /** Reads in a row that missed it. */
  missing: z.int(),
  /** The run in which its container has reported, by its start, and since when it reports nothing in it. */
  reports: z.object({ run: z.string(), silentSince: z.number().nullable() }).nullish(),
});
export type PodMemory = z.infer<typeof podMemory>;

export const volumeMemory = z.object({
  name: z.string(),
  sizeGb: z.number(),
  dataCenter: z.string(),
  /** Since when no pod mounts it; null while one does. */
  idleSince: z.number().nullable(),
  /** False where it was unmounted already when it was first seen. */
  exact: z.boolean(),
  /** Reads in a row that missed it. */
  missing: z.int(),
});

/** A rise of the balance that no read of ours explains: somebody, or auto-pay, topped up. Micro-dollars. */
export const topUp = z.object({
  at: z.number(),
  from: z.int(),
  amount: z.int(),
  /** Somebody here had said that it was coming. */
  promised: z.boolean(),
});
export type TopUp = z.infer<typeof topUp>;

/** RunPod's two APIs that tell the balance. */
export const balanceSource = z.enum(['v2', 'graphql']);
export type BalanceSource = z.infer<typeof balanceSource>;

export const accountMemory = z.object({
  /** Who told it; null for a memory of an earlier release. */
  source: balanceSource.nullable().default(null),
  /** The last balance that was believed, micro-dollars. */
  balance: z.int(),
  readAt: z.number(),
  /** As a source told it. */
  postpaid: z.boolean(),
  /** As the policy file had it at the last scan (`warnings.postpaid`): it wins. */
  declared: z.boolean().nullish(),
  /** A balance that the burn does not explain, and how many reads in a row agreed with it. */
  doubt: z.object({ balance: z.int(), at: z.number(), reads: z.int() }).nullable(),
  /** Of the last 14 days, oldest first. */
  topUps: z.array(topUp),
});
export type AccountMemory = z.infer<typeof accountMemory>;

export const change = z.object({
  at: z.number(),
  podId: z.string(),
  name: z.string(),
  what: z.enum(['stopped', 'started', 'terminated', 'removed by RunPod', 'renamed', 'resized', 'image changed']),
  /** What it is now: the new name, the new sizes; empty where the word says it all. */
  now: z.string(),
  said: z.string().nullable(),
  owner: personRef.nullable(),
  room: z.string(),
  /** Launched here. */
  ours: z.boolean(),
});
export type Change = z.infer<typeof change>;

/** Everything that scans remember. One document, written by compare-and-swap together with what follows from it. */
export const scanMemory = z.object({
  rev: z.int(),
  /** The first scan, or the first after a day of silence: what was there before it is no news. */
  begunAt: z.number(),
  /** The last read that was believed. */
  lastAt: z.number(),
  pods: z.record(z.string(), podMemory),
  volumes: z.record(z.string(), volumeMemory),
  account: accountMemory.nullable(),
  /** Highest burn by day (ms of its beginning, UTC), micro-dollars an hour; at most 15 days. */
  peaks: z.record(z.string(), z.int()),
  /** The last jump of the burn that was said, micro-dollars an hour, and when it was last seen open. */
  jumped: z.object({ at: z.number(), perHour: z.int() }).nullable().default(null),
  /** The burn of the last scan, micro-dollars an hour. */
  lastBurn: z.int(),
  /** What bills beside pods and volumes by RunPod's own word, micro-dollars an hour: serverless, mostly. */
  otherPerHour: z.int(),
  /** What the last read said of it otherwise, and how many agreed. */
  otherDoubt: z.object({ perHour: z.int(), reads: z.int() }).nullable(),
  /** Changes that were not ours, of the last week. */
  changes: z.array(change),
  /** A read that would change too much at once, and how many agreed with it. */
  held: z
    .object({
      since: z.number(),
      reads: z.int(),
      /** When the last read was counted. */
      countedAt: z.number(),
      /** State by pod, of those that would change. */
      picture: z.record(z.string(), z.string()),
      changed: z.int(),
      of: z.int(),
    })
    .nullable(),
  /** Scans in a row that failed, or were not believed. */
  trouble: z.object({ since: z.number(), what: z.enum(['failing', 'key', 'held']), detail: z.string() }).nullable(),
  /** Since when the balance could not be read. */
  balanceSince: z.number().nullable(),
  /** Whether the next read should follow soon, to confirm what this one showed. */
  unsure: z.boolean(),
  /** When RunPod's own sentences were last asked for. */
  askedAt: z.number(),
});
export type ScanMemory = z.infer<typeof scanMemory>;

/** Nothing has been seen yet. */
export function blank(now: number): ScanMemory {
  return {
    rev: 0,
    begunAt: now,
    lastAt: 0,
    pods: {},
    volumes: {},
    account: null,
    peaks: {},
    jumped: null,
    lastBurn: 0,
    otherPerHour: 0,
    otherDoubt: null,
    changes: [],
    held: null,
    trouble: null,
    balanceSince: null,
    unsure: false,
    askedAt: 0,
  };
}

export function lookOf(pod: FleetPod): Look {
  return {
    name: pod.name,
    state: stateOf(pod),
    zeroGpu: lacksGpu(pod),
    rate: isBilling(pod) ? pod.microUsdPerHour : 0,
    containerDiskGb: pod.containerDiskGb,
    volumeDiskGb: pod.volumeDisk?.sizeGb ?? 0,
    imageMark: pod.imageMark,
  };
}

export const isUp = ({ state }: Pick<Look, 'state'>): boolean => state === 'up' || state === 'coming';

/** Whether its rate is billed: while it is up, and in a state that we do not know and that costs. */
export const bills = (look: Pick<Look, 'state' | 'rate'>): boolean => isUp(look) || look.rate > 0;

export function sameLook(a: Look, b: Look): boolean {
  return (Object.keys(a) as (keyof Look)[]).every((name) => a[name] === b[name]);
}
