import { costOver } from '../money.ts';
import { stoppedOver, stoppedPerDay } from '../storage.ts';
import { networkVolumePerDay, networkVolumePerHour, networkVolumePerMonth } from '../survival.ts';
import type { Hit } from './finding.ts';
import { REMOVED_AFTER_DAYS } from './thresholds.ts';
import { brief, type KnownPod, onAccount, onPod, owned, type Rule, stepsAbove, type World } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const stopped = ({ memory }: KnownPod) => memory.look.state === 'stopped';
const up = ({ memory }: KnownPod) => memory.look.state === 'up';
const diskGb = ({ pod }: KnownPod) => pod.volumeDisk?.sizeGb ?? 0;

/** A volume disk bills double while its pod is off: no field of RunPod's shows it. Source: docs.runpod.io, pods/pricing. */
export const stoppedDouble: Rule = (world) =>
  world.pods
    .filter((known) => stopped(known) && diskGb(known) > 0)
    .filter(({ memory }) => world.now - memory.since >= world.thresholds.stoppedAfterMs)
    .map((known) => {
      const sizeGb = diskGb(known);
      const { since, source } = known.memory;
      return onPod(known, {
        rule: 'stopped-double',
        severity: 'warn',
        mark: `${sizeGb}`,
        anchor: since,
        facts: {
          rule: 'stopped-double',
          pod: brief(known),
          stoppedAt: since,
          source,
          sizeGb,
          perDay: stoppedPerDay(sizeGb),
          sinceStop: stoppedOver(sizeGb, world.now - since),
          onNetworkVolumePerDay: networkVolumePerDay(sizeGb),
        },
      });
    });

/** RunPod removes stopped pods after about 30 days, with their volume disks. */
export const stale: Rule = (world) =>
  world.pods.filter(stopped).flatMap((known): Hit[] => {
    const { since, source } = known.memory;
    const losesGb = diskGb(known);
    const passed = stepsAbove((world.now - since) / DAY, world.thresholds.staleDays);
    if (passed === 0) return [];
    const left = REMOVED_AFTER_DAYS - (world.now - since) / DAY;
    const severity = losesGb === 0 ? 'note' : left <= 1 ? 'critical' : left <= 2 ? 'urgent' : 'warn';
    const removedAt = since + REMOVED_AFTER_DAYS * DAY;
    const facts = { rule: 'stale' as const, pod: brief(known), stoppedAt: since, source, removedAt, losesGb };
    // Where nothing is lost, once is enough.
    return [onPod(known, { rule: 'stale', severity, level: losesGb === 0 ? 1 : passed, anchor: since, facts })];
  });

const SPOT_AFTER_MS = HOUR;

/** Spot can go at any moment, and a pod that runs for long will end one day: without a network volume its data ends too. */
export const notDurable: Rule = (world) =>
  world.pods
    .filter((known) => up(known) && known.pod.networkVolume === null)
    .flatMap((known): Hit[] => {
      const spot = known.row?.spot ?? false;
      const longEnough = spot ? SPOT_AFTER_MS : world.thresholds.longRunningMs;
      const { since } = known.memory;
      if (world.now - since < longEnough) return [];
      const facts = { rule: 'not-durable' as const, pod: brief(known), spot, since, volumeDiskGb: diskGb(known) };
      return [onPod(known, { rule: 'not-durable', severity: 'note', anchor: since, facts })];
    });

export const orphanVolume: Rule = (world) =>
  Object.entries(world.memory.volumes).flatMap(([id, { name, sizeGb, dataCenter, idleSince, exact }]): Hit[] => {
    if (idleSince === null || world.now - idleSince < world.thresholds.orphanMs) return [];
    return [
      onAccount(world, {
        rule: 'orphan-volume',
        subject: id,
        level: 1,
        severity: 'note',
        mark: `${sizeGb}`,
        anchor: idleSince,
        facts: {
          rule: 'orphan-volume',
          volume: { id, name, sizeGb, dataCenter },
          since: idleSince,
          exact,
          perMonth: networkVolumePerMonth(sizeGb),
          sinceCost: costOver(networkVolumePerHour(sizeGb), world.now - idleSince),
        },
      }),
    ];
  });

/** "Writing to the same volume from multiple workers simultaneously may cause data corruption" (docs.runpod.io, storage). */
export const twoWriters: Rule = (world) => {
  const writers = new Map<string, KnownPod[]>();
  // One that stopped reporting has not stopped writing.
  for (const known of world.pods.filter(({ pod }) => pod.status === 'RUNNING')) {
    const id = known.pod.networkVolume?.id;
    if (id !== undefined) writers.set(id, [...(writers.get(id) ?? []), known]);
  }
  return [...writers].flatMap(([id, pods]): Hit[] => {
    const [first] = pods;
    if (!first || pods.length < 2) return [];
    return [twoOn(world, id, pods, first)];
  });
};

function twoOn(world: World, id: string, pods: readonly KnownPod[], first: KnownPod): Hit {
  const { name = id, sizeGb = 0, dataCenter = first.pod.dataCenter ?? '' } = world.memory.volumes[id] ?? {};
  const named = pods.map(owned).sort((a, b) => a.name.localeCompare(b.name));
  return {
    ...onPod(first, {
      rule: 'two-writers',
      severity: 'warn',
      mark: named.map((pod) => pod.id).join(' '),
      anchor: world.now,
      facts: { rule: 'two-writers', volume: { id, name, sizeGb, dataCenter }, pods: named },
    }),
    subject: id,
  };
}
