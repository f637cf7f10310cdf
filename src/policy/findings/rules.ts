import { rateNow } from '../storage.ts';
import { type Hit, keyOf } from './finding.ts';
import { autoPay, budgetUsed, burnJump, lowBalance, runway } from './money-rules.ts';
import { changedOutside, duplicate, evicted, idle, stuck, unowned, zeroGpu } from './pod-rules.ts';
import { notDurable, orphanVolume, stale, stoppedDouble, twoWriters } from './storage-rules.ts';
import type { RuleName } from './thresholds.ts';
import { onAccount, type Rule, speaks, type World } from './world.ts';

const DAY = 86_400_000;
/** What was there before Podwarden came is no news for so long. */
export const QUIET_START_MS = 3 * DAY;

/** One card instead of the many that a first scan would find. */
const firstLook: Rule = (world) => {
  const { memory, now, pods } = world;
  const quietUntil = memory.begunAt + QUIET_START_MS;
  if (now >= quietUntil) return [];
  const up = pods.filter((known) => known.memory.look.rate > 0 || known.memory.look.state === 'up').length;
  return [
    onAccount(world, {
      rule: 'first-look',
      subject: `since-${memory.begunAt}`,
      level: 1,
      severity: 'note',
      mark: '',
      facts: {
        rule: 'first-look',
        pods: pods.length,
        up,
        stopped: pods.filter((known) => known.memory.look.state === 'stopped').length,
        unowned: pods.filter(({ owner }) => owner === null).length,
        volumes: Object.keys(memory.volumes).length,
        perDay: pods.reduce((sum, { pod }) => sum + rateNow(pod), 0) * 24,
        quietUntil,
      },
    }),
  ];
};

const RULES: Partial<Record<RuleName, Rule>> = {
  'stopped-double': stoppedDouble,
  runway,
  'low-balance': lowBalance,
  'auto-pay': autoPay,
  'burn-jump': burnJump,
  budget: budgetUsed,
  stale,
  'zero-gpu': zeroGpu,
  idle,
  evicted,
  'changed-outside': changedOutside,
  unowned,
  duplicate,
  stuck,
  'not-durable': notDurable,
  'orphan-volume': orphanVolume,
  'two-writers': twoWriters,
  'first-look': firstLook,
};

/** Everything that holds now and may be said. */
export function findHits(world: World): Hit[] {
  const hits = (Object.entries(RULES) as [RuleName, Rule][])
    .filter(([name]) => speaks(world, name))
    .flatMap(([, rule]) => rule(world));
  const quiet = world.now < world.memory.begunAt + QUIET_START_MS;
  return quiet ? hits.filter((hit) => saidFromTheStart(hit, world)) : hits;
}

/** Data that is about to be lost, and what befell our own launches since. What is open stays open. */
function saidFromTheStart(hit: Hit, world: World): boolean {
  if (world.open.has(keyOf(hit))) return true;
  switch (hit.facts.rule) {
    case 'first-look':
    case 'evicted':
    case 'duplicate':
    // A budget is what somebody asked to be told of.
    case 'budget':
      return true;
    case 'runway':
    case 'stale':
      return hit.severity === 'critical' || hit.severity === 'urgent';
    case 'changed-outside':
      return hit.facts.changes.some(({ ours }) => ours);
    default:
      return false;
  }
}
