import { afterEach, describe, expect, it } from 'vitest';
import { type RunpodEmulator, startRunpodEmulator } from '../../emulators/runpod/server.ts';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import type { GovernedContext } from '../../src/jobs/approvals.ts';
import { readBilling } from '../../src/jobs/read-billing.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import type { CostDay } from '../../src/policy/costs/day.ts';
import { daysFrom, monthEnd } from '../../src/policy/costs/days.ts';
import { type By, grouped, sumsOf } from '../../src/policy/costs/report.ts';
import { createRunpod, type Runpod } from '../../src/runpod/client.ts';
import { governed } from '../jobs/context.ts';
import { useRedis } from '../store/redis.ts';
import { mixedUse } from './mixed-use.ts';
import { beginOf, cents, dayAfter, spent, type Use } from './oracle.ts';

const HOUR = 3_600_000;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu'];
const redis = useRedis();
const open: (RunpodEmulator | Runpod)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function use(begin: number, days: number) {
  const time = { now: begin };
  const emulator = await startRunpodEmulator({
    clock: () => time.now,
    apiKey: 'rpa_t',
    balance: 1e7,
    quotaPerMinute: 1e9,
    delays: { provisioning: 0, starting: 0, reporting: 0 },
  });
  const client = createRunpod({ apiKey: 'rpa_t', baseUrl: emulator.url, userAgent: 'test' });
  open.push(client, emulator);
  const base = governed(redis.client());
  const context: GovernedContext = {
    ...base.context,
    provider: runpodPort(client),
    clocks: { ...base.context.clocks, now: () => time.now },
    governance: {
      ...base.context.governance,
      rooms: ZONES.map((timezone) => ({ name: timezone, timezone, channels: [{ chat: 'slack' }], digest: [] })),
      projects: [
        { name: 'vision', pods: ['vision'], resources: ['datasets'] },
        { name: 'sweeps', pods: ['bob-sweep'], resources: [] },
      ],
    },
  };
  const signal = new AbortController().signal;
  // Pods carry ids of GPU types; their names are the catalogue’s.
  await context.provider.catalogue(signal);
  const { uses, acts, end } = mixedUse(begin, days);
  const reads: number[] = [];
  for (let at = begin + 5 * HOUR; at < end; at += 24 * HOUR) reads.push(at);
  // Once more after the last day is final.
  reads.push(end, end + 4 * 24 * HOUR);
  const steps = [...acts, ...reads.map((at) => ({ at, run: null }))].sort((a, b) => a.at - b.at);
  for (const { at, run } of steps) {
    time.now = Math.max(time.now, at);
    if (run) {
      run(emulator.account);
      time.now += 1;
      await readFleet.handle({}, context, signal);
    } else await readBilling.handle({}, context, signal);
  }
  return { context, uses, emulator };
}

/** Rounding once a line and a day may move a total by so much, micro-dollars. */
const ROUNDING = 50;

/** To the cent, unless the true amount lies on the edge between two. */
function expectCents(micros: number, usd: number, what = 'total'): void {
  expect(Math.abs(micros - usd * 1e6), what).toBeLessThan(ROUNDING);
  const edge = Math.abs(((usd * 100) % 1) - 0.5) * 1e4 < ROUNDING;
  if (!edge) expect(cents(micros / 1e6)).toBe(cents(usd));
}

/** Uses by what a group is called. */
const LABEL: Record<By, (use: Use) => string> = {
  person: (use) => use.person ?? (use.product === 'pods' ? 'Pods of nobody' : PRODUCT[use.product]),
  project: (use) => use.project ?? (use.product === 'pods' ? 'Pods of no project' : PRODUCT[use.product]),
  gpu: (use) => use.gpu ?? (use.product === 'pods' ? 'CPU pods' : PRODUCT[use.product]),
  pod: (use) => use.id,
};
const PRODUCT = {
  pods: 'Pods',
  serverless: 'Serverless',
  endpoints: 'Public endpoints',
  volumes: 'Network volumes',
  clusters: 'Instant Clusters',
};

function expectGroups(days: CostDay[], uses: Use[], from: number, to: number, by: By): void {
  const groups = grouped(days, by);
  expect(groups.reduce((sum, { total }) => sum + total, 0)).toBe(sumsOf(days).total);
  const expected = new Map<string, number>();
  for (const use of uses) {
    const label = LABEL[by](use);
    expected.set(label, (expected.get(label) ?? 0) + spent([use], from, to));
  }
  for (const { label, total } of groups) {
    if (label !== 'Not attributed') expectCents(total, expected.get(label) ?? Number.NaN, `${by} ${label}`);
    // What is left over from rounding belongs to nobody.
    else expect(Math.abs(total)).toBeLessThan(ROUNDING * days.length);
  }
  const missing = [...expected].filter(([label, usd]) => usd > 0 && !groups.some((group) => group.label === label));
  expect(missing).toEqual([]);
}

describe.each([
  ['ninety', 'autumn', '2026-09-07T02:17:00Z', 90],
  ['forty', 'spring', '2027-02-26T02:17:00Z', 40],
])('%s days of mixed use in %s', (_, __, from, length) => {
  it('come to what an own ledger says, to the cent, in every timezone', { timeout: 240_000 }, async () => {
    const begin = Date.parse(from);
    const { context, uses, emulator } = await use(begin, length);
    expect(emulator.violations).toEqual([]);
    const first = new Date(begin + 2 * 24 * HOUR).toISOString().slice(0, 10);
    const last = new Date(begin + (length - 2) * 24 * HOUR).toISOString().slice(0, 10);
    for (const zone of ZONES) {
      const all = daysFrom(first, last);
      const days = await context.costs.days(zone, all);
      expect(days.size).toBe(all.length);
      for (const day of all) {
        const stored = days.get(day);
        if (!stored) throw new Error(`no ${day} in ${zone}`);
        const [a, b] = [beginOf(day, zone), beginOf(dayAfter(day), zone)];
        expect([day, stored.from, stored.to]).toEqual([day, a, b]);
        expect(stored).toMatchObject({ final: true, estimated: 0, unknown: 0, exact: zone !== 'Asia/Kathmandu' });
        const { total, compute, storage } = sumsOf([stored]);
        expectCents(total, spent(uses, a, b));
        expectCents(compute, spent(uses, a, b, 'compute'));
        expectCents(storage, spent(uses, a, b, 'storage'));
      }
      expectMonths(days, uses, zone, all);
    }
  });
});

function expectMonths(days: Map<string, CostDay>, uses: Use[], zone: string, all: string[]): void {
  const some = (from: string, to: string) => daysFrom(from, to).flatMap((day) => days.get(day) ?? []);
  const weeks = all
    .filter((_, i) => i % 7 === 0 && i + 6 < all.length)
    .map((day, i) => [day, all[i * 7 + 6] ?? day] as const);
  const months = [...new Set(all.map((day) => day.slice(0, 7)))]
    .map((month) => [`${month}-01`, monthEnd(`${month}-01`)] as const)
    .filter(([from, to]) => days.has(from) && days.has(to));
  expect(months.length).toBeGreaterThanOrEqual(1);
  for (const [from, to] of [...weeks, ...months]) {
    const part = some(from, to);
    const [a, b] = [beginOf(from, zone), beginOf(dayAfter(to), zone)];
    expectCents(sumsOf(part).total, spent(uses, a, b));
    for (const by of ['person', 'project', 'gpu'] as const) expectGroups(part, uses, a, b, by);
  }
}
