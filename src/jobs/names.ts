import { z } from 'zod';
import { DIGESTS } from '../policy/costs/windows.ts';
import type { Row } from '../policy/ledger.ts';
import type { JobName } from './define.ts';

/**
 * Every job by name and payload, for whoever enqueues one. Payloads hold ids and choices only: BullMQ keeps them in
 * clear.
 */
const retry = { attempts: 5, backoffMs: 1000 };
const none = z.object({});
const ofRow = z.object({ row: z.string() });

export const launchPod = { name: 'launch-pod', queue: 'pods', payload: ofRow, retry } as const satisfies JobName;
export const stopPod = { name: 'stop-pod', queue: 'pods', payload: ofRow, retry } as const satisfies JobName;
export const startPod = { name: 'start-pod', queue: 'pods', payload: ofRow, retry } as const satisfies JobName;
export const terminatePod = {
  name: 'terminate-pod',
  queue: 'pods',
  payload: z.object({ request: z.string() }),
  retry,
} as const satisfies JobName;
/** Looks after open requests: what expires, what is due, what changed, who has to be reminded. */
export const reviewRequests = {
  name: 'review-requests',
  queue: 'pods',
  payload: none,
  retry,
} as const satisfies JobName;
export const readPod = {
  name: 'read-pod',
  queue: 'pods',
  payload: z.object({ pod: z.string(), reply: z.string(), view: z.enum(['connect']) }),
  retry: { attempts: 2, backoffMs: 1000 },
} as const satisfies JobName;
/** When a scan was last begun, on Podwarden's clock; when one last came to an end, in real time. */
export const TRIED = 'read-fleet-tried';
export const SCAN_SEEN = 'scan';

/** Not repeated by the queue: the tick finds it due again. */
export const readFleet = {
  name: 'read-fleet',
  queue: 'pods',
  payload: none,
  retry: { attempts: 1, backoffMs: 1000 },
} as const satisfies JobName;
/** Not repeated by the queue: the tick finds it due again. */
export const readBilling = {
  name: 'read-billing',
  queue: 'pods',
  payload: none,
  retry: { attempts: 1, backoffMs: 1000 },
} as const satisfies JobName;
/** Not repeated by the queue: the tick finds the window due again. */
export const writeDigest = {
  name: 'write-digest',
  queue: 'pods',
  payload: z.object({ room: z.string(), kind: z.enum(DIGESTS), last: z.string() }),
  retry: { attempts: 1, backoffMs: 1000 },
} as const satisfies JobName;
export const refreshCatalogue = {
  name: 'refresh-catalogue',
  queue: 'pods',
  payload: none,
  retry,
} as const satisfies JobName;
export const reconcile = { name: 'reconcile', queue: 'pods', payload: none, retry } as const satisfies JobName;
export const tick = {
  name: 'tick',
  queue: 'pods',
  payload: none,
  retry: { attempts: 1, backoffMs: 1000 },
} as const satisfies JobName;
export const announce = { name: 'announce', queue: 'chat', payload: ofRow, retry } as const satisfies JobName;
export const announceRequest = {
  name: 'announce-request',
  queue: 'chat',
  payload: z.object({ batch: z.string() }),
  retry,
} as const satisfies JobName;
export const announceFinding = {
  name: 'announce-finding',
  queue: 'chat',
  payload: z.object({ card: z.string() }),
  retry,
} as const satisfies JobName;
export const announceDigest = {
  name: 'announce-digest',
  queue: 'chat',
  payload: z.object({ digest: z.string() }),
  retry,
} as const satisfies JobName;
/** Something that one person was told, for everybody in a channel. */
export const shareMessage = {
  name: 'share-message',
  queue: 'chat',
  payload: z.object({ share: z.string() }),
  retry,
} as const satisfies JobName;
/** Tells the critical webhook. */
export const pageOut = {
  name: 'page-out',
  queue: 'pods',
  payload: z.object({ finding: z.string() }),
  retry: { attempts: 8, backoffMs: 5000 },
} as const satisfies JobName;
export const pageOutByBot = { ...pageOut, name: 'page-out-by-bot', queue: 'chat' } as const satisfies JobName;
export const answer = {
  name: 'answer',
  queue: 'chat',
  payload: z.object({ reply: z.string() }),
  retry: { attempts: 3, backoffMs: 500 },
} as const satisfies JobName;
export const refreshPeople = { name: 'refresh-people', queue: 'chat', payload: none, retry } as const satisfies JobName;

/** The job that a row's state asks for; null where nothing is owed. */
export function jobFor(row: Row): JobName<typeof ofRow> | null {
  switch (row.status) {
    case 'requested':
    case 'launching':
    case 'settling':
      return launchPod;
    case 'starting':
      return row.task?.kind === 'start' && row.task.state === 'open' ? startPod : launchPod;
    case 'stopping':
      return stopPod;
    default:
      return null;
  }
}
