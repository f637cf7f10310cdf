import { z } from 'zod';
import { type PersonRef, personRef } from '../identity.ts';
import { change, stopSource } from '../scan/memory.ts';
import { RULES } from './thresholds.ts';

/**
 * A finding: what a rule found of a subject, from the first time until it no longer holds. Raised once, reminded on a
 * schedule that slows, escalated, snoozed, resolved. Times are milliseconds since 1970 on Podwarden's clock, money is
 * micro-dollars.
 */

/** `note` and `warn` wait for the morning; `urgent` does not; `critical` is also told to whoever keeps watch. */
export const severity = z.enum(['note', 'warn', 'urgent', 'critical']);
export type Severity = z.infer<typeof severity>;

/** A pod as a card names it. `rate` is what it costs an hour now, in whatever state it is. */
const pod = z.object({ id: z.string(), name: z.string(), gpu: z.string(), rate: z.int() });
export type PodBrief = z.infer<typeof pod>;
const owned = pod.extend({ owner: personRef.nullable() });
export type OwnedPod = z.infer<typeof owned>;
const volume = z.object({ id: z.string(), name: z.string(), sizeGb: z.number(), dataCenter: z.string() });

const stop = { pod, stoppedAt: z.number(), source: stopSource };

export const facts = z.discriminatedUnion('rule', [
  z.object({
    rule: z.literal('stopped-double'),
    ...stop,
    sizeGb: z.number(),
    perDay: z.int(),
    sinceStop: z.int(),
    onNetworkVolumePerDay: z.int(),
  }),
  z.object({
    rule: z.literal('runway'),
    balance: z.int(),
    /** The balance could not be read: last known minus metered spend. */
    estimated: z.boolean(),
    perHour: z.int(),
    zeroAt: z.number(),
    terminated: z.array(owned),
    stopped: z.array(owned),
    volumes: z.int(),
  }),
  z.object({
    rule: z.literal('low-balance'),
    balance: z.int(),
    estimated: z.boolean(),
    below: z.int(),
    perHour: z.int(),
  }),
  z.object({
    rule: z.literal('auto-pay'),
    why: z.enum(['below', 'burn']),
    balance: z.int(),
    lowest: z.int(),
    topUp: z.int(),
    perHour: z.int(),
  }),
  z.object({
    rule: z.literal('burn-jump'),
    perHour: z.int(),
    /** The peak of 14 days; null where the team's own bound was passed. */
    peak: z.int().nullable(),
    limit: z.int().nullable(),
    pods: z.array(owned),
  }),
  z.object({
    rule: z.literal('budget'),
    /** Whose, as people say it: `the team`, `dana`, `project vision`. */
    of: z.string(),
    window: z.enum(['day', 'month']),
    spent: z.int(),
    budget: z.int(),
    /** Days that count, both ends included. */
    first: z.string(),
    last: z.string(),
  }),
  z.object({ rule: z.literal('stale'), ...stop, removedAt: z.number(), losesGb: z.number() }),
  z.object({ rule: z.literal('zero-gpu'), pod, since: z.number() }),
  z.object({
    rule: z.literal('idle'),
    pod,
    since: z.number(),
    cost: z.int(),
    below: z.number(),
    /** Where only some of its GPUs are: how many, and what these cost an hour. */
    gpus: z.object({ idle: z.int(), of: z.int(), perHour: z.int() }).optional(),
  }),
  z.object({
    rule: z.literal('evicted'),
    pod,
    at: z.number(),
    row: z.string(),
    volumeDiskGb: z.number(),
    networkVolume: z.boolean(),
    wasPerHour: z.int(),
    outbid: z.boolean(),
  }),
  z.object({ rule: z.literal('changed-outside'), changes: z.array(change) }),
  z.object({ rule: z.literal('unowned'), pod, up: z.boolean() }),
  z.object({ rule: z.literal('duplicate'), pod, first: z.string() }),
  z.object({
    rule: z.literal('stuck'),
    pod,
    state: z.enum(['coming', 'no-runtime', 'silent', 'error']),
    since: z.number(),
  }),
  z.object({
    rule: z.literal('not-durable'),
    pod,
    spot: z.boolean(),
    since: z.number(),
    volumeDiskGb: z.number(),
  }),
  z.object({
    rule: z.literal('orphan-volume'),
    volume,
    since: z.number(),
    exact: z.boolean(),
    perMonth: z.int(),
    sinceCost: z.int(),
  }),
  z.object({ rule: z.literal('two-writers'), volume, pods: z.array(owned) }),
  z.object({
    rule: z.literal('blind'),
    what: z.enum([
      'failing',
      'key',
      'held',
      'balance',
      'retired',
      'sunset',
      'redis',
      'worker',
      'bot',
      'channel',
      'chat',
      'catalog',
      'presets',
      'emptied',
      'rolled-back',
      'connection',
      'posts',
    ]),
    since: z.number(),
    detail: z.string(),
  }),
  z.object({
    rule: z.literal('first-look'),
    pods: z.int(),
    up: z.int(),
    stopped: z.int(),
    unowned: z.int(),
    volumes: z.int(),
    perDay: z.int(),
    quietUntil: z.number(),
  }),
]);
export type Facts = z.infer<typeof facts>;
export type FactsOf<R extends Facts['rule']> = Extract<Facts, { rule: R }>;

const snooze = z.object({
  by: personRef,
  at: z.number(),
  /** Null: until it changes. */
  until: z.number().nullable(),
  /** Somebody said that money is on its way. */
  topUp: z.boolean(),
});

/** What was said after the card, each once: a line in its thread. */
const said = z.object({ kind: z.enum(['reminder', 'worse', 'ops', 'back']), at: z.number() });
export type Said = z.infer<typeof said>;

const pageState = z.enum(['none', 'open', 'over']);

export const finding = z.object({
  id: z.string(),
  rev: z.int(),
  /** Goes up where what people read changes: cards are edited to it. */
  shown: z.int(),
  rule: z.enum(RULES),
  subject: z.string(),
  /** Findings that were raised together share a card; else it is the finding's own id. */
  card: z.string(),
  status: z.enum(['open', 'resolved']),
  /** 1 and up: how bad, where a rule has steps. */
  level: z.int(),
  severity,
  facts,
  /** What "until it changes" is measured by. */
  mark: z.string(),
  owner: personRef.nullable(),
  room: z.string(),
  raisedAt: z.number(),
  /** When the present level was reached. */
  levelAt: z.number(),
  /** From when it may be told: after a night, for what can wait. */
  tellAt: z.number(),
  told: z.boolean(),
  remindAt: z.number().nullable(),
  escalated: z.int(),
  escalateAt: z.number().nullable(),
  /** What the critical webhook is owed, and what it was told. */
  page: pageState,
  paged: pageState,
  snooze: snooze.nullable(),
  resolvedAt: z.number().nullable(),
  /** `gone`: what it was about is no more. */
  resolvedAs: z.enum(['over', 'gone']).nullable(),
  /** Why, as people read it; absent where what it says is simply no longer so. */
  resolvedWhy: z.string().optional(),
  said: z.array(said),
});
export type Finding = z.infer<typeof finding>;

/** What a rule finds now. */
export interface Hit {
  rule: Facts['rule'];
  /** A pod's id, a volume's, or `account`. */
  subject: string;
  level: number;
  severity: Severity;
  mark: string;
  facts: Facts;
  /** What reminders count from: the moment that the text speaks of. */
  anchor: number;
  owner: z.infer<typeof personRef> | null;
  room: string;
}

export const keyOf = ({ rule, subject }: Pick<Hit, 'rule' | 'subject'>): string => `${rule} ${subject}`;

/** All whom it concerns: where several people's pods are in it, each of them. */
export function concerned({ facts, owner, severity }: Pick<Finding, 'facts' | 'owner' | 'severity'>): PersonRef[] {
  const others =
    facts.rule === 'two-writers' || facts.rule === 'burn-jump'
      ? facts.pods.map((one) => one.owner)
      : facts.rule === 'changed-outside'
        ? facts.changes.map((one) => one.owner)
        : facts.rule === 'runway' && severity === 'critical'
          ? facts.terminated.map((one) => one.owner)
          : [];
  const all = [owner, ...others].filter((one) => one !== null);
  return [...new Map(all.map((one) => [one.person ?? one.account, one])).values()];
}

/** What people call the subject; for sorting and for lists. */
export function subjectName({ facts, subject }: Pick<Finding, 'facts' | 'subject'>): string {
  if ('pod' in facts) return facts.pod.name;
  return 'volume' in facts ? facts.volume.name : subject;
}
