import { z } from 'zod';
import { keptUnread } from './unread.ts';

/** One pod as the last read of the fleet showed it. No env, no addresses, no image: those are read when asked for. */
// Fields with defaults were added later: a snapshot of an earlier release is still one.
export const fleetPod = z.object({
  id: z.string(),
  name: z.string(),
  /** RunPod's own word; unknown ones pass. */
  status: z.string(),
  gpuName: z.string(),
  /** 0 where a pod came up without its GPU; null for CPU pods. */
  gpuCount: z.int().nullable(),
  cloud: z.string(),
  dataCenter: z.string().nullable(),
  /** RunPod's `cost`, micro-dollars an hour. Says nothing about a pod that is not up (API quirk). */
  microUsdPerHour: z.int(),
  containerDiskGb: z.int(),
  volumeDisk: z.object({ sizeGb: z.int(), path: z.string() }).nullable(),
  networkVolume: z.object({ id: z.string(), path: z.string() }).nullable(),
  locked: z.boolean(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  /** Whether the container reports, and on how many GPUs: RUNNING without it is not yet up. */
  reporting: z.boolean(),
  /** It has reported before in this run, by what scans remember: it is up, whatever the last read leaves out. */
  reported: z.boolean().optional(),
  gpuId: z.string().default(''),
  /** A digest of the image's name, by which a change is noticed. */
  imageMark: z.string().default(''),
  /** Percent of each GPU; empty where nothing reports. */
  gpuUtil: z.array(z.number()).default([]),
  /** Member of a cluster: RunPod manages it as a whole, and refuses to delete it singly. */
  clustered: z.boolean().default(false),
  /** Its compute is paid in advance, as the policy file says: ending it saves none of that. */
  savingsPlan: z.boolean().optional(),
});
export type FleetPod = z.infer<typeof fleetPod>;

export const fleet = z.object({
  /** Milliseconds since 1970 on Podwarden's clock. */
  readAt: z.number(),
  pods: z.array(fleetPod),
  /** What that read could not read: those pods stand as they were last confirmed. */
  unread: keptUnread,
});
export type Fleet = z.infer<typeof fleet>;

export type PodState = 'up' | 'coming' | 'stopped' | 'error' | 'gone' | 'other';

const STATES = new Map<string, PodState>([
  ['PROVISIONING', 'coming'],
  ['STARTING', 'coming'],
  ['RUNNING', 'up'],
  ['EXITED', 'stopped'],
  ['ERROR', 'error'],
  ['TERMINATED', 'gone'],
]);

/** Status is trusted first: a stopped pod can show its old runtime for a while. */
export function stateOf(pod: Pick<FleetPod, 'status' | 'reporting' | 'reported'>): PodState {
  const state = STATES.get(pod.status) ?? 'other';
  return state === 'up' && !pod.reporting && !pod.reported ? 'coming' : state;
}

/**
 * Whether RunPod's `cost` is what the pod bills now. It says nothing of a pod that is stopped; in a state that we do not know,
 * and in ERROR, what costs something bills.
 */
export function isBilling(pod: Pick<FleetPod, 'status' | 'reporting' | 'reported' | 'microUsdPerHour'>): boolean {
  const state = stateOf(pod);
  if (state === 'up' || state === 'coming') return true;
  const unknown = state === 'error' || (state === 'other' && !OURS.has(pod.status));
  return unknown && pod.microUsdPerHour > 0;
}

/** True for a pod that RunPod calls running although it came back without its GPU. */
export function lacksGpu(pod: FleetPod): boolean {
  return pod.status === 'RUNNING' && pod.gpuCount === 0;
}

const STATUS_TEXT: Record<Exclude<PodState, 'other'>, string> = {
  up: 'Running',
  coming: 'Starting',
  stopped: 'Stopped',
  error: 'Error',
  gone: 'Terminated',
};

/** Launches without a pod stand in lists too, under these words of our own. */
const OURS = new Map([
  ['QUEUED', 'Queued'],
  ['LAUNCHING', 'Launching'],
  ['CHECKING', 'Checking'],
]);

/** A launch that has no pod yet: nothing of it bills. */
export const isLaunching = ({ status }: Pick<FleetPod, 'status'>): boolean => OURS.has(status);

const LONGEST_WORD = 30;

/** A status that we do not know, as RunPod writes it: text from outside, for one cell of a table. */
function runpodsWord(status: string): string {
  const word = status.replace(/\s+/g, ' ').trim().slice(0, LONGEST_WORD);
  return word === '' ? 'Unknown' : word;
}

export function statusText(pod: FleetPod): string {
  const own = OURS.get(pod.status);
  if (own !== undefined) return own;
  if (lacksGpu(pod)) return 'Running without GPU';
  const state = stateOf(pod);
  if (state === 'up' && !pod.reporting) return 'Running, not reporting';
  return state === 'other' ? runpodsWord(pod.status) : STATUS_TEXT[state];
}
