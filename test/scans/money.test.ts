import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Facts, FactsOf } from '../../src/policy/findings/finding.ts';
import { formatUsd } from '../../src/policy/money.ts';
import { useRedis } from '../store/redis.ts';
import { BEGIN, place, type Stage, stage } from './stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const POLICY = `
timezone: UTC
rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "800000000000000001" } } }
people:
  alice: { name: alice, slack: T0PODW/U0ALICE, discord: "700000000000000001" }
warnings: { quiet_hours: { from: 0, to: 0 }, balance_below: [1000000] }
`;

const redis = useRedis();
let s: Stage;
beforeEach(async () => {
  s = await stage(redis.path(), POLICY, 100_000);
}, 60_000);
afterEach(async () => {
  await s?.close();
});

const usd = (amount: number) => formatUsd(Math.round(amount * 1e6));
const billed = (id: string, part: 'gpu' | 'disk' | 'volume') =>
  part === 'volume'
    ? (s.account.book.total('network-volumes', id).standard ?? 0)
    : (s.account.book.total('pods', id)[part] ?? 0);

async function facts<R extends Facts['rule']>(rule: R): Promise<FactsOf<R>> {
  const found = (await s.context.findings.open()).find((finding) => finding.rule === rule);
  if (!found) throw new Error(`no ${rule}`);
  return found.facts as FactsOf<R>;
}

describe('money in the texts', () => {
  it('is what the account was charged, to the cent, for every rule that names money', {
    timeout: 120_000,
  }, async () => {
    s.account.volumes.set('lone', { id: 'lone', name: 'lone', size: 1700, dataCenter: 'EU-RO-1' });
    s.account.volumes.set('nv', { id: 'nv', name: 'nv', size: 100, dataCenter: 'EU-RO-1' });
    place(s, { id: 'idle', name: 'alice-idle-k3f9t2', gpu: 'H100 SXM', gpuCount: 3, networkVolume: 'nv' });
    await s.scan();
    // Past the first three days, in which what was there is no news.
    await s.until(BEGIN + 4 * DAY, HOUR);
    place(s, { id: 'off', name: 'alice-off-k3f9t2', volumeDiskGb: 137 });
    await s.until(BEGIN + 4 * DAY + HOUR, HOUR);
    s.account.stop(s.account.pods.get('off') as never, 'Exited by user');
    const stoppedAt = s.time.now;
    const disk = billed('off', 'disk');
    Object.assign(s.account.pods.get('idle') as never, { util: 0 });
    await s.scan();
    const gpu = billed('idle', 'gpu');
    const lone = billed('lone', 'volume');
    await s.until(stoppedAt + HOUR, HOUR / 2);
    const idle = await facts('idle');
    expect(formatUsd(idle.cost)).toBe(usd(billed('idle', 'gpu') - gpu));
    await s.until(stoppedAt + 3 * DAY, HOUR);
    // Reminded after three days, with the sum of that moment.
    const stopped = await facts('stopped-double');
    expect(formatUsd(stopped.sinceStop)).toBe(usd(billed('off', 'disk') - disk));
    expect(formatUsd(stopped.perDay)).toBe(usd((billed('off', 'disk') - disk) / 3));
    await s.until(BEGIN + 8 * DAY, HOUR);
    const orphan = await facts('orphan-volume');
    const since = orphan.since;
    expect(since).toBe(BEGIN);
    // It was raised after seven days.
    expect(formatUsd(orphan.sinceCost)).toBe(usd(((1000 * 0.07 + 700 * 0.05) / 730) * 7 * 24));
    expect(billed('lone', 'volume') - lone).toBeCloseTo(
      (((1000 * 0.07 + 700 * 0.05) / 730) * (s.time.now - stoppedAt)) / HOUR,
      6,
    );
    const low = await facts('low-balance');
    expect(formatUsd(low.perHour)).toBe(usd(s.account.burnPerHour()));
  });
});

describe('the runway', () => {
  it('said 72 hours before is right to 5 %, and names exactly what ends', { timeout: 240_000 }, async () => {
    s.account.volumes.set('nv', { id: 'nv', name: 'nv', size: 2000, dataCenter: 'EU-RO-1' });
    place(s, { id: 'bare', name: 'alice-bare-k3f9t2', gpu: 'H100 SXM', volumeDiskGb: 50 });
    place(s, { id: 'asleep', name: 'alice-asleep-k3f9t2', volumeDiskGb: 500, up: false });
    place(s, { id: 'safe', name: 'alice-safe-k3f9t2', gpu: 'RTX 4090', networkVolume: 'nv' });
    place(s, { id: 'safe-off', name: 'alice-safeoff-k3f9t2', networkVolume: 'nv', up: false });
    s.account.setBalance(s.account.burnPerHour() * 24 * 7);
    await s.scan();
    // The scan at 72 hours, or the next.
    await s.until(BEGIN + 4 * DAY + HOUR, HOUR);
    const said = await facts('runway');
    const saidAt = s.time.now;
    expect(Math.round((said.zeroAt - saidAt) / HOUR)).toBe(71);
    const before = new Map(s.account.pods);
    let endedAt = 0;
    while (endedAt === 0 && s.time.now < BEGIN + 10 * DAY) {
      s.time.now += 60_000;
      s.account.settle();
      if (!s.account.pods.has('bare')) endedAt = s.time.now;
    }
    expect(Math.abs(said.zeroAt - endedAt) / (endedAt - saidAt)).toBeLessThan(0.05);
    const terminated = [...before.keys()].filter((id) => !s.account.pods.has(id)).sort();
    expect(said.terminated.map(({ id }) => id).sort()).toEqual(terminated);
    expect(said.stopped.map(({ id }) => id)).toEqual(['safe']);
    expect(s.account.pods.get('safe')?.status).toBe('EXITED');
  });

  it('says nothing of a postpaid account', { timeout: 60_000 }, async () => {
    place(s, { id: 'bare', name: 'alice-bare-k3f9t2', gpu: 'H100 SXM', volumeDiskGb: 50 });
    s.account.billingMode = 'POSTPAID';
    s.runpod.faults.balanceApi = true;
    s.account.setBalance(5);
    await s.until(BEGIN + 5 * DAY, 6 * HOUR);
    const rules = (await s.context.findings.open()).map(({ rule }) => rule);
    expect(rules).not.toContain('runway');
    expect(rules).not.toContain('low-balance');
  });
});

describe('when a pod stopped', () => {
  it.each([
    ['RunPod’s own sentence', null, 'runpod', 0],
    ['the bill, where GraphQL is gone', 'gone', 'bill', HOUR],
  ] as const)(
    'is known from %s, although nobody looked then',
    { timeout: 60_000 },
    async (_, graphql, source, within) => {
      place(s, { id: 'off', name: 'alice-off-k3f9t2', volumeDiskGb: 100 });
      s.time.now += 5 * HOUR + 20 * 60_000;
      s.account.settle();
      s.account.stop(s.account.pods.get('off') as never, 'Exited by user');
      const stoppedAt = s.time.now;
      s.time.now += 2 * DAY;
      s.runpod.faults.graphql = graphql;
      await s.scan();
      const known = (await s.context.findings.memory())?.pods.off;
      expect(known?.source).toBe(source);
      expect(Math.abs((known?.since ?? 0) - stoppedAt)).toBeLessThanOrEqual(within);
      expect(s.runpod.violations).toEqual([]);
    },
  );
});
