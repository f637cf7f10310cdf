import { z } from 'zod';
import { accountId, personRef, place } from './identity.ts';

/**
 * One row for each pod that Podwarden launched or acted on. The row, not RunPod and not the queue, says what was asked,
 * what was tried and what was last proven. Times are milliseconds since 1970 on Podwarden's clock.
 */
export const market = z.enum(['spot', 'on-demand']);
export type Market = z.infer<typeof market>;

export const cloud = z.enum(['SECURE', 'COMMUNITY']);

/** Everything RunPod is asked for. Sizes in GB. */
export const launchSpec = z.object({
  gpuId: z.string(),
  gpuName: z.string(),
  gpuCount: z.int().min(1),
  market,
  cloud,
  dataCenterIds: z.array(z.string()),
  image: z.string().nullable(),
  templateId: z.string().nullable(),
  containerDiskGb: z.int().min(1),
  volumeDisk: z.object({ sizeGb: z.int(), path: z.string() }).nullable(),
  networkVolume: z.object({ id: z.string(), name: z.string(), path: z.string() }).nullable(),
  ports: z.array(z.string()),
  startSsh: z.boolean(),
  owner: z.string(),
  middle: z.string(),
  /** What it is for, where that was said. */
  project: z.string().nullable().default(null),
  /** The quoted rate for the whole pod, micro-dollars an hour; what limits are reserved with. */
  quotedMicroUsdPerHour: z.int(),
  /** Highest bid per GPU-hour that spot may cost, in micro-dollars; null for on-demand. */
  bidCeilingMicroUsd: z.int().nullable(),
});
export type LaunchSpec = z.infer<typeof launchSpec>;

/**
 * planned: may create at once. sending: a request may be on its way; only a look for the name may follow.
 * ambiguous: the request ended without saying what happened. absent: proven not created. created: the pod is known.
 * refused: RunPod said no.
 */
const attemptState = z.enum(['planned', 'sending', 'ambiguous', 'absent', 'created', 'refused']);

export const attempt = z.object({
  number: z.int().min(1),
  podName: z.string(),
  state: attemptState,
  /** Real time (not the movable clock): settling follows RunPod's own delays. */
  sentAt: z.number().nullable(),
  /** Real time at which the end was found to be unknown; looking for the name counts from here. */
  doubtAt: z.number().nullable().default(null),
  /** Reads since the ambiguous end that did not show the name, in a row. */
  absentReads: z.int(),
});
export type Attempt = z.infer<typeof attempt>;

/** Why something ended badly: the kind decides the card and its buttons, the detail is RunPod's own sentence. */
export const trouble = z.object({
  kind: z.enum([
    'no-capacity',
    'no-funds',
    'refused',
    'access',
    'no-spot-price',
    'spot-gone',
    'bid-too-high',
    'no-gpu-on-host',
    'zero-gpu',
    'locked',
    'spot-refused',
    'unknown-state',
    'gone',
    'expired',
    'pod-error',
    'not-allowed',
  ]),
  detail: z.string(),
  /** Today's on-demand price for the same pod, where that is a way out. */
  onDemandMicroUsdPerHour: z.int().nullable().default(null),
});
export type Trouble = z.infer<typeof trouble>;

export const rowStatus = z.enum([
  /** Beyond a budget: another person decides whether it is launched. */
  'asking',
  'requested',
  'launching',
  'settling',
  'starting',
  'running',
  'stopping',
  'stopped',
  'failed',
  'expired',
  'terminated',
]);
export type RowStatus = z.infer<typeof rowStatus>;

/** A row in one of these is on its way somewhere: a worker owes it the next step. */
export const PASSING: readonly RowStatus[] = ['asking', 'requested', 'launching', 'settling', 'starting', 'stopping'];
/** What `reconcile` and limits look at: rows that have, or may still get, a pod. */
export const OPEN: readonly RowStatus[] = [...PASSING, 'running', 'stopped'];

/** One press of Stop or Start. At most one is under way for a pod. */
export const task = z.object({
  id: z.string(),
  kind: z.enum(['stop', 'start']),
  by: personRef,
  at: z.number(),
  /** Whether RunPod may have been asked already, and when, in real time. */
  sent: z.boolean(),
  sentAt: z.number().nullable().default(null),
  /** For a spot pod's start: the person agreed to resume it as on-demand. */
  asOnDemand: z.boolean(),
  /** The private answer to give at the end, where it was asked for elsewhere than the card is. */
  reply: z.string().nullable().default(null),
  /** A stop that first takes the pod's lock away. */
  unlock: z.boolean().default(false),
  state: z.enum(['open', 'done', 'failed']),
  /** How the row stood before, to fall back to. */
  from: rowStatus,
});
export type Task = z.infer<typeof task>;

/** What a card shows of the pod, as last read. Never holds env, addresses or image. */
export const podFacts = z.object({
  name: z.string(),
  gpuName: z.string(),
  /** 0 where it came up without its GPU; null for a CPU pod. */
  gpuCount: z.int().nullable(),
  dataCenter: z.string().nullable(),
  cloud: z.string(),
  microUsdPerHour: z.int(),
  containerDiskGb: z.int(),
  volumeDisk: z.object({ sizeGb: z.int(), path: z.string() }).nullable(),
  networkVolume: z.object({ id: z.string(), path: z.string() }).nullable(),
  startedAt: z.number().nullable(),
  /** Its compute is paid in advance. */
  savingsPlan: z.boolean().optional(),
  /** RunPod's own word for its state where that is ERROR or none that we know, and what it bills an hour in it. */
  odd: z.object({ status: z.string(), microUsdPerHour: z.int() }).optional(),
});
export type PodFacts = z.infer<typeof podFacts>;

export const row = z.object({
  id: z.string(),
  rev: z.int(),
  status: rowStatus,
  podId: z.string().nullable(),
  /** Null for a pod that was made elsewhere. */
  spec: launchSpec.nullable(),
  /** Launcher, or whoever first acted on a pod that was made elsewhere. */
  by: personRef,
  room: z.string(),
  /** Where the card goes: the chat in which it was typed. */
  home: place,
  createdAt: z.number(),
  /** When the present state was entered. */
  since: z.number(),
  attempts: z.array(attempt),
  facts: podFacts.nullable(),
  /** What was last sent to RunPod for the pod, and when it was asked: it may be carried out after it was given up. */
  wrote: z.object({ what: z.enum(['stop', 'start', 'terminate']), at: z.number() }).nullish(),
  /** Why no worker has sent a launch, where one knows. */
  heldUp: z.string().nullish(),
  /** What a start waits for, in RunPod's own status word; shown while the pod comes up. */
  waitsFor: z.string().nullable(),
  task: task.nullable(),
  trouble: trouble.nullable(),
  /** A launch beyond a budget, and who let it pass. */
  ask: z
    .object({
      /** The budget, as it stood: `the team has spent …`. */
      beyond: z.string(),
      /** All accounts of whoever asked, without workspaces: none of them decides. */
      self: z.array(accountId),
      allowedBy: personRef.nullable(),
    })
    .nullable()
    .default(null),
  /** Other pods that turned up under one of this row's names. */
  duplicates: z.array(z.string()),
});
export type Row = z.infer<typeof row>;

/** RunPod's pod id, or the row's own where there is no pod yet: what buttons carry. */
export function spokenRow(of: Row): string {
  return of.facts?.name ?? of.attempts.at(-1)?.podName ?? of.podId ?? of.id;
}
