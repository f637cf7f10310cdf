import type { Account } from '../../emulators/runpod/account.ts';
import { cutOf, dayOf, daysFrom, plusDays } from '../../src/policy/costs/days.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Costs } from '../../src/store/costs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** RunPod tells what was billed, and Podwarden asks for so many days. */
const DAYS = 40;
/** USD an hour for each GB. Source: docs.runpod.io, pods/pricing. */
const DISK = 0.1 / 730;

interface Past {
  id: string;
  name: string;
  gpu: string;
  /** USD an hour, and GB of disks. */
  rate: number;
  disk: number;
  /** Whether it was up in an hour of a day, counted back from today. */
  up: (daysAgo: number, hour: number, weekday: number) => boolean;
}

const workday = (weekday: number) => weekday >= 1 && weekday <= 5;

const PAST: Past[] = [
  {
    id: 'past0carol0000',
    name: 'carol-train-b4d6f8',
    gpu: 'RTX 4090',
    rate: 1.38,
    disk: 120,
    up: (_, hour, weekday) => workday(weekday) && hour >= 8 && hour < 18,
  },
  {
    id: 'past0alice0000',
    name: 'alice-notebook-g2h4j6',
    gpu: 'RTX A5000',
    rate: 0.27,
    disk: 70,
    up: (daysAgo, hour, weekday) => workday(weekday) && hour >= 9 && hour < 17 && daysAgo > 1,
  },
  {
    id: 'past0bobsweep0',
    name: 'bob-sweep-3-k5m7n9',
    gpu: 'H100 SXM',
    rate: 11.96,
    disk: 300,
    up: (daysAgo, hour) => daysAgo === 7 && hour < 20,
  },
  {
    id: 'past0bobnight0',
    name: 'bob-nightly-p3q5r7',
    gpu: 'L40S',
    rate: 0.86,
    disk: 100,
    up: (_, hour) => hour < 5,
  },
];

/** Weeks of use before the demo begins, as RunPod's billing remembers it. */
export function seedBilling(account: Account, now: number): void {
  const { book } = account;
  const today = now - (now % DAY);
  for (let start = today - DAYS * DAY; start < now; start += HOUR) {
    const end = Math.min(start + HOUR, now);
    const daysAgo = Math.ceil((today - start) / DAY);
    const hour = (start % DAY) / HOUR;
    const weekday = new Date(start).getUTCDay();
    for (const { id, rate, disk, up } of PAST) {
      if (up(daysAgo, hour, weekday)) book.note('pods', id, { gpu: rate, disk: disk * DISK }, start, end);
    }
    book.note('network-volumes', 'nv0shared01', { standard: (100 * 0.07) / 730 }, start, end);
    book.note('serverless', 'sls0whisper', { gpu: 0.04 + (hour % 6) * 0.01, fee: 0.002 }, start, end);
  }
  const named = (ending: string) => [...account.pods.values()].find(({ name }) => name.includes(ending));
  const [vision, old] = [named('-vision-'), named('-old-')];
  if (vision) book.note('pods', vision.id, { gpu: 0.69, disk: 70 * DISK }, now - 2 * DAY, now);
  if (!old) return;
  book.note('pods', old.id, { gpu: 0.27, disk: 150 * DISK }, now - 9 * DAY, now - 3 * DAY);
  book.note('pods', old.id, { gpu: 0, disk: 200 * DISK }, now - 3 * DAY, now);
}

/** Pods that are gone are known by name, as after weeks of scans. */
export async function seedKnownPods(redis: RedisClient, at: number): Promise<void> {
  await new Costs(redis).see(new Map(PAST.map(({ id, name, gpu }) => [id, { name, gpu, at }])));
}

/** An account that was read for weeks, and in which nothing was spent. */
export async function seedNoBills(redis: RedisClient, now: number): Promise<void> {
  const costs = new Costs(redis);
  const today = dayOf(now, 'UTC');
  for (const day of daysFrom(plusDays(today, -DAYS), plusDays(today, -1))) {
    await costs.saveDay({
      zone: 'UTC',
      day,
      ...cutOf(day, 'UTC'),
      readAt: now,
      final: true,
      hours: 24,
      estimated: 0,
      unknown: 0,
      total: 0,
      lines: [],
      saved: { stops: 0, terminations: 0 },
    });
  }
}
