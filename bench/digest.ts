import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawCostChart } from '../src/bot/chart/cost-chart.ts';
import { digestCard } from '../src/bot/views/costs/digest.ts';
import { cutOf, type Day, daysFrom, plusDays } from '../src/policy/costs/days.ts';
import { factsFor } from '../src/policy/costs/digest.ts';
import { forecast } from '../src/policy/costs/forecast.ts';
import { type BilledHour, HOUR_MS } from '../src/policy/costs/hours.ts';
import { grouped } from '../src/policy/costs/report.ts';
import { rollUp } from '../src/policy/costs/rollup.ts';
import { connect, ready } from '../src/store/connect.ts';
import { Costs } from '../src/store/costs.ts';
import { startEmbeddedRedis } from '../src/store/embedded-redis.ts';

/**
 * What a digest costs for 2,000 pods over 90 days. The baseline of each step, in the same run, is the least that it could
 * be: parsing the same JSON, adding the same numbers up.
 */
const PODS = 2000;
const DAYS = 90;
const ZONE = 'Europe/Berlin';
const LAST: Day = '2026-11-24';

const ids = Array.from({ length: PODS }, (_, i) => `pod${String(i).padStart(11, '0')}`);

function hourOf(start: number): BilledHour {
  const parts: BilledHour['parts'] = ids.map((id, i) => ['pods', id, { gpu: 0.2 + (i % 50) / 40, disk: 0.0123 }]);
  const gpu = parts.reduce((sum, [, , usd]) => sum + (usd.gpu ?? 0), 0);
  const disk = PODS * 0.0123;
  return { readAt: start + 96 * HOUR_MS, total: gpu + disk, products: { pods: { gpu, disk } }, parts };
}

function rolled(day: Day) {
  const cut = cutOf(day, ZONE);
  const hours = new Map<number, BilledHour>();
  for (let start = cut.from; start < cut.to; start += HOUR_MS) hours.set(start, hourOf(start));
  return () =>
    rollUp({
      day,
      zone: ZONE,
      cut,
      now: cut.to + 96 * HOUR_MS,
      billed: (start) => hours.get(start) ?? null,
      metered: () => null,
      known: (_, id) => ({
        name: `person${Number(id.slice(3)) % 40}-job${id.slice(-4)}-k3f9t2`,
        owner: null,
        project: null,
        gpu: 'RTX 4090',
        orphan: false,
        spot: null,
      }),
      endings: [],
    });
}

async function timed<T>(run: () => Promise<T> | T): Promise<{ ms: number; mb: number; value: T }> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const from = performance.now();
  const value = await run();
  const ms = performance.now() - from;
  const mb = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  return { ms, mb, value };
}

const folder = mkdtempSync(join(tmpdir(), 'podwarden-bench-'));
const redis = await startEmbeddedRedis(folder);
const client = connect({ kind: 'socket', path: redis.socketPath, db: 0, auth: {} }, 'worker', () => {});
await ready(client, 10_000);
const costs = new Costs(client);

console.log(`digest of ${PODS} pods over ${DAYS} days\n`);
console.log('step                          ms      MB   against');
const line = (step: string, { ms, mb }: { ms: number; mb: number }, against = '') =>
  console.log(`${step.padEnd(26)} ${ms.toFixed(0).padStart(6)} ${mb.toFixed(0).padStart(7)}   ${against}`);
const times = (a: { ms: number }, b: { ms: number }, what: string) => `${(a.ms / b.ms).toFixed(1)}x ${what}`;

const one = rolled(LAST);
const adding = await timed(() => {
  let sum = 0;
  for (let hour = 0; hour < 24; hour++) for (let i = 0; i < PODS; i++) sum += 0.2 + (i % 50) / 40;
  return sum;
});
const roll = await timed(one);
line('roll up a day', roll, times(roll, adding, 'adding its numbers up'));

const days = daysFrom(plusDays(LAST, 1 - DAYS), LAST);
for (const day of days) await costs.saveDay(rolled(day)());

const raw = await timed(async () => JSON.parse(JSON.stringify(roll.value)) as object);
const needed = [...daysFrom(plusDays(LAST, -14), LAST), plusDays(LAST, -21), plusDays(LAST, -28)];
const read = await timed(() => costs.days(ZONE, needed));
line(`read ${needed.length} days`, read, times(read, { ms: raw.ms * needed.length }, 'JSON alone'));
const quarter = await timed(() => costs.days(ZONE, days));
line(`read ${DAYS} days`, quarter, times(quarter, { ms: raw.ms * DAYS }, 'JSON alone'));
const byPod = await timed(() => grouped([...quarter.value.values()], 'pod'));
line(`group ${DAYS} days by pod`, byPod, times(byPod, quarter, 'reading them'));

const sums = await costs.sums(ZONE);
const facts = await timed(() =>
  factsFor({
    window: { kind: 'daily', first: LAST, last: LAST, dueAt: 0 },
    now: cutOf(LAST, ZONE).to + 9 * HOUR_MS,
    days: read.value,
    sums,
    memory: null,
    autoPay: null,
    month: forecast({ day: plusDays(LAST, 1), soFar: 0 }, new Map([...sums].map(([day, { total }]) => [day, total]))),
    budgets: [],
    dayBudget: 40_000_000_000,
    audit: { n: 1, mac: '0'.repeat(64) },
  }),
);
line('facts of a digest', facts, times(facts, read, 'reading its days'));
const empty = await timed(() => drawCostChart({ days: [], budget: null }));
const chart = await timed(() => drawCostChart({ days: facts.value.chart, budget: facts.value.dayBudget }));
line('chart', chart, times(chart, empty, 'an empty one (which loads the font)'));
const digest = {
  id: 'd',
  rev: 1,
  shown: 1,
  room: 'gpu',
  kind: 'daily' as const,
  zone: ZONE,
  first: LAST,
  last: LAST,
  dueAt: 0,
  createdAt: 0,
  facts: facts.value,
};
const card = await timed(() => digestCard(digest, { png: chart.value.toString('base64'), late: false }));
line('card', card);
console.log(
  `\nPNG ${(chart.value.length / 1024).toFixed(0)} KB; peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
);

client.disconnect();
await redis.close();
rmSync(folder, { recursive: true, force: true });
