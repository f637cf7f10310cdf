import { z } from 'zod';
import { fingerprint } from './fingerprint.ts';
import { accountId, personRef } from './identity.ts';
import { podFacts } from './ledger.ts';

/**
 * One record for each pod that somebody asked to terminate. The record, not a button, a message or a job, says who asked,
 * who approved and for what; everything that runs is judged from it anew. Times are milliseconds since 1970 on
 * Podwarden's clock unless they say "real".
 */
export const approvalStatus = z.enum([
  'requested',
  'approved',
  'held',
  'executing',
  'done',
  'denied',
  'expired',
  'cancelled',
  'void',
  'failed',
]);
export type ApprovalStatus = z.infer<typeof approvalStatus>;

/** Every move there is; anything else is illegal. */
export const NEXT: Record<ApprovalStatus, readonly ApprovalStatus[]> = {
  requested: ['approved', 'denied', 'expired', 'cancelled', 'void'],
  approved: ['executing', 'held', 'denied', 'cancelled', 'expired', 'void'],
  held: ['executing', 'denied', 'cancelled', 'expired', 'void'],
  executing: ['done', 'failed', 'void'],
  done: [],
  denied: [],
  expired: [],
  cancelled: [],
  void: [],
  failed: [],
};

/** Nothing has been sent yet: it can still be stopped by anybody who may. */
export const UNDECIDED: readonly ApprovalStatus[] = ['requested', 'approved', 'held'];
export const isOpen = (status: ApprovalStatus): boolean => NEXT[status].length > 0;

/** What the requester says of the data. Null where the pod has no volume disk, so that nothing was asked. */
export const dataStatement = z.enum(['nothing', 'local', 'network-volume']);
export type DataStatement = z.infer<typeof dataStatement>;

export const vote = z.object({
  by: personRef,
  at: z.number(),
  /** All accounts that counted as this person then, without workspaces. */
  accounts: z.array(accountId),
  /** As it was given, signed by the process that read the voter. */
  signed: z.object({ accounts: z.array(accountId), fingerprint, mac: z.string() }).optional(),
});
export type Vote = z.infer<typeof vote>;

/** What the card says of the pod, as of the request. Money in micro-dollars. */
const requestFacts = podFacts.extend({
  createdAt: z.number(),
  /** Percent, as of the snapshot; empty where nothing reported. */
  gpuUtil: z.array(z.number()),
  networkVolumeGb: z.number().nullable(),
  /** When the fleet was read that the request was made from. */
  readAt: z.number().default(0),
});

export const approval = z.object({
  id: z.string(),
  rev: z.int(),
  /** Requests of one form share a card, and a click decides all that are still open. */
  batch: z.string(),
  podId: z.string(),
  /** The ledger's row of the pod. */
  row: z.string(),
  status: approvalStatus,
  since: z.number(),
  by: personRef,
  /** Accounts that count as the requester, joined at any time while this is open; without workspaces. Only grows. */
  self: z.array(accountId),
  owner: personRef.nullable(),
  reason: z.string().nullable(),
  data: dataStatement.nullable(),
  where: z.string().nullable(),
  fingerprint,
  facts: requestFacts,
  locked: z.boolean(),
  room: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  quorum: z.int().min(1),
  votes: z.array(vote),
  /** When it may run, from the moment of approval. */
  dueAt: z.number().nullable(),
  /** Why it waits though it is approved. */
  hold: z.enum(['owner', 'breaker']).nullable(),
  released: personRef.nullable(),
  /** Why it is not executing though it was due a minute ago. */
  overdue: z.string().nullable().default(null),
  /** The pod stopped after the request; noted on the card. */
  stoppedAt: z.number().nullable(),
  /** `sending`: a DELETE may be on its way. Real ms. */
  attempt: z.object({ number: z.int(), state: z.enum(['sending', 'ended']), at: z.number() }).nullable(),
  /** How often the other approvers were mentioned, and when next. */
  reminded: z.int(),
  remindAt: z.number().nullable(),
  end: z.object({ at: z.number(), by: personRef.nullable(), text: z.string() }).nullable(),
  /** Somebody changed it outside of Podwarden, or nothing proves that nobody did: what it says is not known to be true. */
  altered: z.enum(['unsigned', 'altered', 'rolled-back', 'unlogged']).optional(),
});
export type Approval = z.infer<typeof approval>;

/** An approval that is not carried out within this of being due lapses: a worker back in the morning terminates nothing. */
export const LAPSE_MS = 30 * 60_000;

/** How terminations are decided, from the policy file. */
export interface ApprovalRules {
  /** Different persons that must approve. */
  quorum: number;
  /** How long a pod's owner, who neither asked nor approved, can still deny, ms. */
  ownerWaitMs: number;
  /** Guests may approve where a rule grants it to them. */
  guests: boolean;
  /** At most `requests` DELETEs in `windowMs` outside of one approved batch. */
  breaker: { requests: number; windowMs: number };
}

/** An open request expires after this many working hours of its room, at most after this many hours. */
export const EXPIRY = { workingHours: 8, atMostHours: 96 };
/** The other approvers are mentioned after 1, 3 and 7 working hours, and then no more. */
export const REMIND_AFTER_WORKING_HOURS = [1, 3, 7] as const;
