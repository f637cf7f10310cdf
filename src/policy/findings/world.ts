import type { BudgetState } from '../costs/budgets.ts';
import type { FleetPod } from '../fleet.ts';
import type { PersonRef } from '../identity.ts';
import { spokenName } from '../pod-names.ts';
import type { Burn } from '../scan/burn.ts';
import type { PodMemory, ScanMemory } from '../scan/memory.ts';
import { rateNow } from '../storage.ts';
import { type Finding, type Hit, keyOf, type OwnedPod, type PodBrief } from './finding.ts';
import type { RuleName, Thresholds } from './thresholds.ts';

/** A pod with everything that is known of it. */
export interface KnownPod {
  pod: FleetPod;
  memory: PodMemory;
  owner: PersonRef | null;
  room: string;
  /** Its row in the ledger, where there is one. */
  row: { id: string; launched: boolean; spot: boolean } | null;
  /** The launch that it is a second pod of, by what people call it. */
  twinOf: string | null;
}

/** A budget as it stands, and whom it is of. */
export interface WatchedBudget extends BudgetState {
  of: string;
  owner: PersonRef | null;
  first: string;
  last: string;
}

/** All that rules judge. Nothing in it rests on a single read. */
export interface World {
  now: number;
  pods: readonly KnownPod[];
  memory: ScanMemory;
  burn: Burn;
  thresholds: Thresholds;
  budgets: readonly WatchedBudget[];
  /** Open findings by `keyOf`: what is open already has a margin before it changes again. */
  open: ReadonlyMap<string, Finding>;
  defaultRoom: string;
}

export type Rule = (world: World) => Hit[];

export const presentLevel = (world: World, rule: Hit['rule'], subject: string): number =>
  world.open.get(keyOf({ rule, subject }))?.level ?? 0;

export function brief({ pod }: Pick<KnownPod, 'pod'>): PodBrief {
  const count = pod.gpuCount ?? 0;
  const gpu =
    pod.gpuCount === null ? 'CPU' : count === 0 ? 'no GPU' : count === 1 ? pod.gpuName : `${count}x ${pod.gpuName}`;
  return { id: pod.id, name: spokenName(pod.name), gpu, rate: rateNow(pod) };
}

export const owned = (known: KnownPod): OwnedPod => ({ ...brief(known), owner: known.owner });

/** A hit on one pod: told where the pod is at home, to whom it belongs. */
export function onPod(
  known: KnownPod,
  hit: Pick<Hit, 'rule' | 'severity' | 'facts' | 'anchor'> & Partial<Pick<Hit, 'level' | 'mark'>>,
): Hit {
  return { level: 1, mark: '', subject: known.pod.id, owner: known.owner, room: known.room, ...hit };
}

export function onAccount(
  world: World,
  hit: Pick<Hit, 'rule' | 'severity' | 'facts' | 'level' | 'mark'> & Partial<Pick<Hit, 'subject' | 'owner' | 'anchor'>>,
): Hit {
  return { subject: 'account', owner: null, room: world.defaultRoom, anchor: world.now, ...hit };
}

/** What was passed counts until the value is this far above it again. */
export const MARGIN = 1.15;

/**
 * How many of `steps` (farthest first) a falling value has passed. One that was passed counts until the value is clearly
 * above it again, so that nothing flaps at a threshold.
 */
export function stepsBelow(value: number, steps: readonly number[], present: number): number {
  return steps.reduce(
    (level, step, i) => (value <= step || (i < present && value <= step * MARGIN) ? i + 1 : level),
    0,
  );
}

/** The same for a value that rises; steps are nearest first. */
export function stepsAbove(value: number, steps: readonly number[]): number {
  return steps.filter((step) => value >= step).length;
}

export const speaks = (world: World, rule: RuleName): boolean => !world.thresholds.off.includes(rule);
