import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { place, type Stage, stage } from '../scans/stage.ts';
import { useRedis } from '../store/redis.ts';
import { DAY, digestsIn, HOUR, live, turn } from './staged.ts';

const POLICY = `
timezone: Europe/Berlin
rooms:
  gpu:
    slack: { channel: C0GPU }
    discord: { channel: "800000000000000001", money: true }
people:
  alice: { name: alice, slack: T0PODW/U0ALICE, discord: "700000000000000001" }
  bob: { name: bob, slack: T0PODW/U0BOB }
budgets: { team: { day: 30 } }
warnings: { quiet_hours: { from: 0, to: 0 } }
`;

const redis = useRedis();
let s: Stage;
const begin = async (policy = POLICY) => {
  s = await stage(redis.path(), policy, 100_000);
};
beforeEach(async () => {
  await begin();
}, 60_000);
afterEach(async () => {
  await s?.close();
});

/** Tuesday, 24 November, 10:00 UTC; the digest is due at 08:00 UTC. */
const at = (text: string) => Date.parse(`${text}Z`);

/** Some days of use, up to shortly before a digest. */
async function someUse(): Promise<void> {
  s.account.volumes.set('lone', { id: 'lone', name: 'lone', size: 1700, dataCenter: 'EU-RO-1' });
  place(s, { id: 'vision', name: 'alice-vision-k3f9t2', gpu: 'RTX 4090', volumeDiskGb: 20 });
  place(s, { id: 'old', name: 'bob-old-m7q4w8', volumeDiskGb: 333, up: false });
  // Seen from its first day on, and read by Podwarden since this one.
  await s.scan();
  s.time.now = at('2026-11-30T07:00');
  await s.scan();
  await turn(s);
}

describe('the digest', () => {
  it('says how much, whether that is usual, by whom, and what to press', { timeout: 120_000 }, async () => {
    await someUse();
    for (const day of ['2026-11-30', '2026-12-01']) await live(s, at(`${day}T08:00`), DAY);
    await live(s, at('2026-12-01T10:00'), 2 * HOUR);
    place(s, { id: 'sweep', name: 'bob-sweep-3-m7q4w9', gpu: 'H100 SXM', gpuCount: 2 });
    for (const day of ['2026-12-02', '2026-12-03']) await live(s, at(`${day}T08:00`), DAY);
    for (const chat of ['slack', 'discord'] as const) {
      const newest = s[chat].visibleTo(null).filter(({ text }) => text.includes('Costs Wed 2 Dec'));
      expect(newest).toHaveLength(1);
      const [card] = newest;
      expect(card?.text).toContain('Costs Wed 2 Dec: $166.12');
      expect(card?.text).toMatch(/\$143\.68 above usual: sweep-3 \(bob\) \+\$143\.68\./);
      expect(card?.text).toContain('The day before $100.26 · Wed 25 Nov $22.43 · compute $160.08 · storage $6.04');
      expect(card?.text).toMatch(/Waste \$5\.64\n\$3\.45 lone: network volume.*\n\$2\.19 old \(bob\): stopped/);
      expect(card?.text).toMatch(/Costs of 30 days by kind.*The highest: \$166\.12 on Wed 2 Dec.*\$30\.00 a day/);
      expect(card?.text).not.toContain('Late');
      expect(card?.buttons.map(({ label }) => label)).toEqual(['Terminate old…', 'Details']);
    }
    const weekly = digestsIn(s, 'slack').filter((text) => text.includes('week of'));
    expect(weekly).toEqual([expect.stringContaining('Costs week of Mon 23 Nov to Sun 29 Nov: $124.31')]);
    expect(digestsIn(s, 'discord')).toHaveLength(digestsIn(s, 'slack').length);
    expect([...s.slack.violations, ...s.discord.violations]).toEqual([]);
  });

  it('is edited while RunPod corrects a day, and loses its mark when the day is final', {
    timeout: 120_000,
  }, async () => {
    await someUse();
    await live(s, at('2026-11-30T08:00'), HOUR);
    const shown = () => digestsIn(s, 'slack').find((text) => text.includes('Costs Sun 29 Nov'));
    expect(shown()).toMatch(/Costs Sun 29 Nov: \$22\.43[\s\S]*RunPod may correct a day for three days/);
    // RunPod adds what it forgot to bill.
    s.account.book.note('pods', 'vision', { gpu: 1 }, at('2026-11-29T10:00'), at('2026-11-29T20:00'));
    await live(s, at('2026-12-01T12:00'), 6 * HOUR);
    expect(shown()).toContain('Costs Sun 29 Nov: $32.43');
    await live(s, at('2026-12-03T08:00'), 12 * HOUR);
    expect(shown()).toContain('Costs Sun 29 Nov: $32.43');
    expect(shown()).not.toContain('may correct');
    expect(digestsIn(s, 'slack').filter((text) => text.includes('Costs Sun 29 Nov:'))).toHaveLength(1);
    expect(digestsIn(s, 'discord').find((text) => text.includes('Costs Sun 29 Nov:'))).toContain('$32.43');
  });

  it('stands on what scans saw where billing cannot be read, says so, and takes the bill when it comes', {
    timeout: 120_000,
  }, async () => {
    s.runpod.faults.billing = 'forbidden';
    place(s, { id: 'vision', name: 'alice-vision-k3f9t2', gpu: 'RTX 4090', volumeDiskGb: 20 });
    await live(s, at('2026-11-26T08:00'), HOUR);
    const shown = () => digestsIn(s, 'slack').find((text) => text.includes('Costs Wed 25 Nov'));
    expect(shown()).toMatch(/Costs Wed 25 Nov: \$16\.79[\s\S]*24 of 24 hours stand on what scans saw/);
    s.runpod.faults.billing = null;
    await live(s, at('2026-11-26T10:00'), HOUR);
    expect(shown()).toMatch(/Costs Wed 25 Nov: \$16\.79/);
    expect(shown()).not.toContain('Estimate');
  });

  it('is one line where nothing was spent', { timeout: 60_000 }, async () => {
    await live(s, at('2026-11-26T08:00'), 6 * HOUR);
    const lines = s.slack.visibleTo(null).filter(({ text }) => text.includes('Nothing was spent'));
    expect(lines.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Nothing was spent: Tue 24 Nov\./),
      'Nothing was spent: Wed 25 Nov.',
    ]);
    expect(lines.flatMap(({ buttons }) => buttons)).toEqual([]);
  });
});

describe('one digest a window and chat', () => {
  const once = (day: string) =>
    (['slack', 'discord'] as const).map(
      (chat) => digestsIn(s, chat).filter((text) => text.includes(`Costs ${day}:`)).length,
    );

  it('by three workers at once', { timeout: 120_000 }, async () => {
    await someUse();
    s.time.now = at('2026-11-30T08:00');
    await s.scan();
    await Promise.all([turn(s), turn(s), turn(s)]);
    await s.quiet();
    expect(once('Sun 29 Nov')).toEqual([1, 1]);
  });

  it('after two hours in which nothing ran, late and saying so', { timeout: 120_000 }, async () => {
    await someUse();
    s.time.now = at('2026-11-30T10:05');
    await s.scan();
    await turn(s);
    await s.quiet();
    expect(once('Sun 29 Nov')).toEqual([1, 1]);
    expect(digestsIn(s, 'slack').at(-1)).toContain('Late: it was due 2026-11-30 08:00');
    // The day is whole, though nothing was read in between.
    expect(digestsIn(s, 'slack').find((text) => text.includes('Costs Sun 29 Nov:'))).toContain('$22.43');
  });

  it('where the clock goes back over the hour', { timeout: 120_000 }, async () => {
    await someUse();
    await live(s, at('2026-11-30T09:00'), HOUR);
    s.time.now = at('2026-11-30T07:30');
    await live(s, at('2026-11-30T12:00'), HOUR / 2);
    expect(once('Sun 29 Nov')).toEqual([1, 1]);
  });

  it('in one chat while the other is away, and there when it is back', { timeout: 120_000 }, async () => {
    await someUse();
    s.discord.faults = { ...s.discord.faults, mode: { kind: 'down' } };
    s.time.now = at('2026-11-30T08:00');
    await s.scan().catch(() => {});
    await turn(s);
    await expect.poll(() => once('Sun 29 Nov'), { timeout: 20_000 }).toEqual([1, 0]);
    s.discord.faults = { ...s.discord.faults, mode: null };
    await expect.poll(() => once('Sun 29 Nov'), { timeout: 30_000 }).toEqual([1, 1]);
    await s.quiet();
    expect(once('Sun 29 Nov')).toEqual([1, 1]);
  });
});
