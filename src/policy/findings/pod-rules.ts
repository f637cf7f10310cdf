import { lacksGpu } from '../fleet.ts';
import { costOver } from '../money.ts';
import { outbid } from '../scan/said.ts';
import { type FactsOf, type Hit, keyOf } from './finding.ts';
import { brief, type KnownPod, onAccount, onPod, type Rule, type World } from './world.ts';

const DAY = 86_400_000;

/** It bills, rescues files, and computes nothing. */
export const zeroGpu: Rule = (world) =>
  world.pods
    .filter(({ pod }) => lacksGpu(pod))
    .map((known) =>
      onPod(known, {
        rule: 'zero-gpu',
        severity: 'urgent',
        anchor: known.memory.since,
        facts: { rule: 'zero-gpu', pod: brief(known), since: known.memory.since },
      }),
    );

/** One low reading is a checkpoint being written. */
const LEAST_READS = 3;

export const idle: Rule = (world) =>
  world.pods.flatMap((known): Hit[] => {
    const { idleSince, idleReads } = known.memory;
    const { idleMs, idleBelowPercent: below } = world.thresholds;
    if (idleSince === null || idleReads < LEAST_READS || world.now - idleSince < idleMs)
      return partlyIdle(world, known);
    const cost = costOver(known.pod.microUsdPerHour, world.now - idleSince);
    const facts = { rule: 'idle' as const, pod: brief(known), since: idleSince, cost, below };
    return [onPod(known, { rule: 'idle', severity: 'warn', anchor: idleSince, facts })];
  });

/** From half of a pod's GPUs on: fewer are work that is not spread evenly. */
function partlyIdle({ now, thresholds }: World, known: KnownPod): Hit[] {
  const { idleMs, idleBelowPercent: below } = thresholds;
  const gpus = known.memory.gpus ?? [];
  const quiet = gpus.flatMap((gpu) =>
    gpu !== null && gpu.reads >= LEAST_READS && now - gpu.idleSince >= idleMs ? [gpu.idleSince] : [],
  );
  if (quiet.length === 0 || quiet.length * 2 < gpus.length) return [];
  const perHour = Math.round((known.pod.microUsdPerHour * quiet.length) / gpus.length);
  const since = Math.min(...quiet);
  const cost = quiet.reduce((sum, at) => sum + costOver(known.pod.microUsdPerHour / gpus.length, now - at), 0);
  const part = { idle: quiet.length, of: gpus.length, perHour };
  const facts = { rule: 'idle' as const, pod: brief(known), since, cost, below, gpus: part };
  return [onPod(known, { rule: 'idle', severity: 'warn', anchor: since, mark: `${part.idle} of ${part.of}`, facts })];
}

/**
 * A spot pod that is off, and nobody here turned it off. v2 calls that EXITED like any stop; RunPod's sentence, where it
 * could be read, tells a person's stop from an eviction.
 */
export function isEvicted({ memory, row }: Pick<KnownPod, 'memory' | 'row'>, now: number): boolean {
  if (!row?.spot || memory.look.state !== 'stopped' || memory.source === 'own') return false;
  // RunPod is asked why; where it does not say for a while, it is taken for what usually ends a spot pod.
  if (memory.said === null) return now - memory.since >= UNSAID_MS;
  return outbid(memory.said) || !/\buser\b|balance|fund/i.test(memory.said);
}

const UNSAID_MS = 10 * 60_000;

export const evicted: Rule = (world) =>
  world.pods
    .filter((known) => isEvicted(known, world.now))
    .map((known) => {
      const { pod, memory, row } = known;
      return onPod(known, {
        rule: 'evicted',
        severity: 'urgent',
        anchor: memory.since,
        mark: `${memory.since}`,
        facts: {
          rule: 'evicted',
          pod: brief(known),
          at: memory.since,
          row: row?.id ?? '',
          volumeDiskGb: pod.volumeDisk?.sizeGb ?? 0,
          networkVolume: pod.networkVolume !== null,
          wasPerHour: memory.upRate,
          outbid: outbid(memory.said),
        },
      });
    });

/** Not yet known to be evicted, and not yet known to be anything else. */
const mayBe = ({ memory, row }: KnownPod, now: number): boolean =>
  row?.spot === true && memory.said === null && memory.source !== 'own' && now - memory.since < UNSAID_MS;

/** What one scan found changed by nobody here is one card; evictions have their own. */
export const changedOutside: Rule = (world) => {
  const byPod = new Map(world.pods.map((known) => [known.pod.id, known]));
  const gone = (podId: string) => {
    const known = byPod.get(podId);
    return known !== undefined && (isEvicted(known, world.now) || mayBe(known, world.now));
  };
  const moments = new Map<number, typeof world.memory.changes>();
  for (const change of world.memory.changes) {
    const open = world.open.get(keyOf({ rule: 'changed-outside', subject: `changes-${change.at}` }));
    // A day's news, and no older than when it could first be said.
    if (world.now - change.at >= DAY && (!open || open.told)) continue;
    if (change.what === 'stopped' && (outbid(change.said) || gone(change.podId))) continue;
    moments.set(change.at, [...(moments.get(change.at) ?? []), change]);
  }
  return [...moments].map(([at, changes]) => {
    const [first] = changes;
    const same = changes.every(({ owner }) => owner?.account === first?.owner?.account);
    const together = changes.every(({ room }) => room === first?.room) && first?.room !== '';
    const severity = changes.some(({ what }) => what === 'terminated' || what === 'removed by RunPod')
      ? 'urgent'
      : 'warn';
    const facts = { rule: 'changed-outside' as const, changes };
    const hit = onAccount(world, { rule: 'changed-outside', level: 1, severity, mark: '', facts, anchor: at });
    const room = together ? (first?.room ?? hit.room) : hit.room;
    return { ...hit, subject: `changes-${at}`, owner: same ? (first?.owner ?? null) : null, room };
  });
};

export const unowned: Rule = (world) =>
  world.pods
    .filter(({ owner, memory }) => owner === null && world.now - memory.firstSeenAt >= world.thresholds.unownedMs)
    .map((known) => {
      const state = known.memory.look.state;
      const up = state === 'up' || state === 'coming';
      return onPod(known, {
        rule: 'unowned',
        severity: 'note',
        anchor: known.memory.firstSeenAt,
        mark: up ? 'up' : 'off',
        facts: { rule: 'unowned', pod: brief(known), up },
      });
    });

/** Two pods for one launch bill twice. */
export const duplicate: Rule = (world) =>
  world.pods.flatMap((known): Hit[] => {
    if (known.twinOf === null) return [];
    const facts = { rule: 'duplicate' as const, pod: brief(known), first: known.twinOf };
    return [onPod(known, { rule: 'duplicate', severity: 'urgent', anchor: known.memory.firstSeenAt, facts })];
  });

type StuckState = FactsOf<'stuck'>['state'];

/** What is wrong with a pod that should run, and since when; null where nothing is. */
function whatHolds({ pod, memory }: KnownPod): { state: StuckState; since: number } | null {
  const { look, since, reports } = memory;
  if (look.state === 'error') return { state: 'error', since };
  if (look.zeroGpu) return null;
  if (look.state === 'coming') return { state: pod.status === 'RUNNING' ? 'no-runtime' : 'coming', since };
  const silentSince = reports?.silentSince ?? null;
  return look.state === 'up' && silentSince !== null ? { state: 'silent', since: silentSince } : null;
}

export const stuck: Rule = (world) =>
  world.pods.flatMap((known): Hit[] => {
    const held = whatHolds(known);
    if (!held || (held.state !== 'error' && world.now - held.since < world.thresholds.stuckMs)) return [];
    const { state, since } = held;
    const facts = { rule: 'stuck' as const, pod: brief(known), state, since };
    return [onPod(known, { rule: 'stuck', severity: 'urgent', anchor: since, mark: state, facts })];
  });
