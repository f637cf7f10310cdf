import { shareOf, WARN_AT } from '../costs/budgets.ts';
import { balanceAt, billedAfterwards, paysItself, peakOf } from '../scan/account.ts';
import type { AccountMemory } from '../scan/memory.ts';
import { type Finding, keyOf, type Severity } from './finding.ts';
import {
  type KnownPod,
  MARGIN,
  onAccount,
  owned,
  presentLevel,
  type Rule,
  stepsAbove,
  stepsBelow,
  type World,
} from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A balance that was not read for this long is an estimate. */
const FRESH_MS = 15 * 60_000;

function balanceNow(world: World, account: AccountMemory) {
  const estimated = world.now - account.readAt > FRESH_MS;
  return { balance: balanceAt(account, world.burn.total, world.now), estimated };
}

/** An account that tops itself up does not run dry by the clock; one that was never seen to do it is not trusted to. */
function stepsFor(world: World, account: AccountMemory): readonly number[] {
  const { runwayHours, autoPay } = world.thresholds;
  if (!paysItself(account, autoPay)) return runwayHours;
  // What is only inferred, or was never seen to work, is not trusted with the last hours.
  return autoPay === true && account.topUps.length > 0 ? [] : runwayHours.slice(-1);
}

/** The hour at which the balance reaches $0, and what ends then. Source: docs.runpod.io, accounts-billing/billing. */
export const runway: Rule = (world) => {
  const { account } = world.memory;
  const perHour = world.burn.total;
  if (!account || billedAfterwards(account) || perHour <= 0) return [];
  const { balance, estimated } = balanceNow(world, account);
  const hours = Math.max(0, balance) / perHour;
  const all = world.thresholds.runwayHours;
  const steps = stepsFor(world, account);
  const present = presentLevel(world, 'runway', 'account');
  const skipped = all.length - steps.length;
  const passed = stepsBelow(hours, steps, Math.max(0, present - skipped));
  if (passed === 0) return [];
  const level = passed + skipped;
  const ends = world.pods.filter(({ memory }) => memory.look.state !== 'gone');
  const terminated = ends.filter(({ pod }) => pod.networkVolume === null).map(owned);
  const stopped = ends
    .filter(({ pod, memory }) => pod.networkVolume !== null && memory.look.state !== 'stopped')
    .map(owned);
  const open = world.open.get(keyOf({ rule: 'runway', subject: 'account' }));
  const severity: Severity = hours <= 24 * (open?.severity === 'critical' ? MARGIN : 1) ? 'critical' : 'warn';
  // At $0 they are gone: who they were is what is left to say.
  const before = open?.facts.rule === 'runway' ? open.facts : null;
  if (open && before && balance <= 0) {
    const facts = { ...before, balance, estimated };
    return [
      onAccount(world, {
        rule: 'runway',
        level,
        severity: 'critical',
        mark: `0 ${open.mark.split(' ').slice(1).join(' ')}`,
        facts,
      }),
    ];
  }
  const victims = [...terminated, ...stopped].map(({ id }) => id).sort();
  return [
    onAccount(world, {
      rule: 'runway',
      level,
      severity,
      // Who ends and when are what the card is for: it is edited where they change, not as time passes.
      mark: `${markedBurn(open, perHour)} ${victims.join(' ')}`,
      facts: {
        rule: 'runway',
        balance,
        estimated,
        perHour,
        zeroAt: world.now + hours * HOUR,
        terminated,
        stopped,
        volumes: Object.keys(world.memory.volumes).length,
      },
    }),
  ];
};

/** The burn that the card was made from, until it has changed by a twentieth. */
function markedBurn(open: Finding | undefined, perHour: number): number {
  const before = Number(open?.mark.split(' ')[0]);
  return before > 0 && Math.abs(perHour / before - 1) < 0.05 ? before : perHour;
}

export const lowBalance: Rule = (world) => {
  const { account } = world.memory;
  if (!account || billedAfterwards(account)) return [];
  const { balance, estimated } = balanceNow(world, account);
  const steps = [...world.thresholds.balanceBelow].sort((a, b) => b - a);
  const level = stepsBelow(balance, steps, presentLevel(world, 'low-balance', 'account'));
  const below = steps[level - 1];
  if (below === undefined) return [];
  const facts = { rule: 'low-balance' as const, balance, estimated, below, perHour: world.burn.total };
  return [onAccount(world, { rule: 'low-balance', level, severity: 'warn', mark: '', facts })];
};

/** Auto-pay that should have come and did not, or that cannot keep up: it runs at most once an hour. */
export const autoPay: Rule = (world) => {
  const { account } = world.memory;
  if (!account || billedAfterwards(account) || account.topUps.length === 0) return [];
  if (!paysItself(account, world.thresholds.autoPay)) return [];
  const { balance } = balanceNow(world, account);
  const lowest = Math.min(...account.topUps.map(({ from }) => from));
  const topUp = Math.max(...account.topUps.map(({ amount }) => amount));
  const perHour = world.burn.total;
  const why = balance < lowest - 1_000_000 ? 'below' : perHour > topUp ? 'burn' : null;
  if (why === null) return [];
  const facts = { rule: 'auto-pay' as const, why, balance, lowest, topUp, perHour } as const;
  // Inferred from two rises alone it is a guess, and guesses wake nobody.
  const severity = world.thresholds.autoPay === true ? 'critical' : 'warn';
  return [onAccount(world, { rule: 'auto-pay', level: 1, severity, mark: why, facts })];
};

/** Once at 80 %, and once more when it is used up; a new day or month begins anew. */
export const budgetUsed: Rule = (world) =>
  world.budgets.flatMap(({ scope, window, spent, budget, of, owner, first, last }) => {
    const level = stepsAbove(shareOf({ spent, budget }), WARN_AT);
    if (level === 0) return [];
    const facts = { rule: 'budget' as const, of, window, spent, budget, first, last };
    // A day is over by the time at which what can wait is said.
    const severity = level === WARN_AT.length || window === 'day' ? 'urgent' : 'warn';
    return [
      onAccount(world, {
        rule: 'budget',
        subject: `${scope} ${window} ${first}`,
        level,
        severity,
        mark: '',
        owner,
        facts,
      }),
    ];
  });

/** What was launched this long before a jump is taken for its cause. */
const CAUSE_MS = 2 * HOUR;
const MAX_CAUSES = 8;
/** Pods that go off and on again are no new jump within this. */
const KNOWN_MS = HOUR;
const KNOWN_MARGIN = 1.05;
/** After this long the new rate is the usual one. */
const USUAL_AFTER_MS = DAY;

/** Burn far above what it was in 14 days, or above what the team allows itself. */
export const burnJump: Rule = (world) => {
  const { total } = world.burn;
  const { burnJumpTimes, burnJumpAtLeast, maxRate } = world.thresholds;
  const open = world.open.get(keyOf({ rule: 'burn-jump', subject: 'account' }));
  const peak = peakBefore(world, open?.raisedAt ?? world.now);
  // What is open stays so until the rate is clearly lower.
  const ease = open ? 0.9 : 1;
  const jumped = peak !== null && total > peak * burnJumpTimes * ease && total - peak >= burnJumpAtLeast * ease;
  const usual = open !== undefined && world.now - open.raisedAt > USUAL_AFTER_MS;
  const over = maxRate !== null && total > maxRate * (open ? 0.98 : 1);
  if (!over && (!jumped || usual)) return [];
  const { jumped: last } = world.memory;
  if (!open && last && world.now - last.at < KNOWN_MS && total <= last.perHour * KNOWN_MARGIN) return [];
  const launched = causes(world).map(owned);
  // What caused it stays what caused it, hours later.
  const kept = open?.facts.rule === 'burn-jump' ? { pods: open.facts.pods, owner: open.owner } : null;
  return [
    onAccount(world, {
      rule: 'burn-jump',
      level: 1,
      severity: 'urgent',
      mark: '',
      owner: kept ? kept.owner : (launched[0]?.owner ?? null),
      facts: {
        rule: 'burn-jump',
        perHour: total,
        peak: jumped ? peak : null,
        limit: over ? maxRate : null,
        pods: kept ? kept.pods : launched,
      },
    }),
  ];
};

/**
 * The highest burn of the days before: what rose today, however slowly, is not yet what is usual. Null without a whole day
 * before.
 */
function peakBefore({ memory }: World, at: number): number | null {
  const today = at - (at % DAY);
  return peakOf(Object.fromEntries(Object.entries(memory.peaks).filter(([day]) => Number(day) < today)));
}

function causes(world: World): KnownPod[] {
  return world.pods
    .filter(({ memory }) => memory.look.rate > 0 && world.now - memory.since <= CAUSE_MS)
    .sort((a, b) => b.memory.since - a.memory.since || b.pod.microUsdPerHour - a.pod.microUsdPerHour)
    .slice(0, MAX_CAUSES);
}
