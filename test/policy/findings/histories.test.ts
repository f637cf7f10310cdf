import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Finding, keyOf } from '../../../src/policy/findings/finding.ts';
import { findHits } from '../../../src/policy/findings/rules.ts';
import { settle } from '../../../src/policy/findings/settle.ts';
import type { FleetPod } from '../../../src/policy/fleet.ts';
import { believeBalance, withPeak } from '../../../src/policy/scan/account.ts';
import { believedPods, believePods, differences, hold, surprising } from '../../../src/policy/scan/believe.ts';
import { burnOf } from '../../../src/policy/scan/burn.ts';
import { blank, lookOf, type ScanMemory, sameLook } from '../../../src/policy/scan/memory.ts';
import { DAY, HOUR, known, NOW, off, pod, world } from '../scan/scans.ts';

/** Everything between RunPod's answers and what is said: belief, rules, findings, scan after scan. */
class Account {
  memory: ScanMemory = { ...blank(NOW - 40 * DAY) };
  pods: FleetPod[] = [];
  readonly findings = new Map<string, Finding>();
  private ids = 0;

  scan(now: number, listed: FleetPod[], truth: FleetPod[], balanceUsd: number): void {
    const read = { at: now, pods: listed, said: new Map() };
    const found = differences(this.memory, read, new Map());
    const held = hold(this.memory, found, read);
    if (held) {
      this.memory = { ...this.memory, held };
      return;
    }
    const agreed = this.memory.held !== null && surprising(found.length, this.memory.held.of);
    const real = new Map(truth.map((one) => [one.id, one]));
    const confirmed = found.flatMap(({ podId, look }) => {
      const there = real.get(podId);
      return found.length <= 5 && look && there && sameLook(look, lookOf(there)) ? [podId] : [];
    });
    const gone = found.flatMap(({ podId, look }) => (look === null && !real.has(podId) ? [podId] : []));
    const proofs = { confirmed: new Set(confirmed), gone: new Set(gone), agreed };
    const believed = believePods(this.memory, read, new Map(), proofs, 5);
    this.pods = believedPods(believed, read, this.pods);
    const burn = burnOf(this.pods, [], 0);
    const rates = {
      before: this.memory.lastAt === 0 ? burn.total : this.memory.lastBurn,
      now: burn.total,
      compute: burn.compute,
    };
    const account = believeBalance(
      this.memory.account,
      { balance: Math.round(balanceUsd * 1e6), postpaid: false },
      rates,
      now,
    );
    const peaks = withPeak(this.memory.peaks, burn.total, now);
    this.memory = { ...this.memory, ...believed, account, peaks, lastAt: now, lastBurn: burn.total, held: null };
    const open = this.open();
    const all = this.pods.flatMap((one) => {
      const memory = this.memory.pods[one.id];
      return memory ? [{ ...known(one, { row: null }), memory }] : [];
    });
    const hits = findHits(world(all, { memory: { ...this.memory, begunAt: NOW - 40 * DAY }, open, now }));
    const when = { now, awake: () => now, newId: () => `f${++this.ids}` };
    for (const finding of settle(open, hits, when)) this.findings.set(finding.id, finding);
  }

  open(): Finding[] {
    return [...this.findings.values()].filter(({ status }) => status === 'open');
  }

  raised(): string[] {
    return [...this.findings.values()].map((finding) => `${keyOf(finding)} ${finding.raisedAt}`).sort();
  }
}

/** A fleet of twelve, of which some turn on, off or idle at each scan, an hour apart. */
const steps = fc.array(
  fc.array(fc.record({ pod: fc.integer({ min: 0, max: 11 }), to: fc.constantFrom('up', 'off', 'idle') }), {
    maxLength: 2,
  }),
  { minLength: 10, maxLength: 60 },
);

function* fleets(script: readonly (readonly { pod: number; to: string }[])[]): Generator<FleetPod[]> {
  const states: string[] = Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 'off' : 'up'));
  for (const moves of script) {
    for (const { pod: i, to } of moves) states[i] = to;
    yield states.map((state, i) => {
      const id = `p${i}`;
      return state === 'off' ? off({ id }) : pod({ id, gpuUtil: [state === 'idle' ? 0 : 71] });
    });
  }
}

function run(
  script: Parameters<typeof fleets>[0],
  lie?: { at: number; list: (truth: FleetPod[]) => FleetPod[]; balance: number | null },
) {
  const account = new Account();
  let balance = 400;
  let at = NOW;
  let i = 0;
  for (const truth of fleets(script)) {
    const lied = lie !== undefined && i++ === lie.at;
    account.scan(at, lied ? lie.list(truth) : truth, truth, lied && lie.balance !== null ? lie.balance : balance);
    const open = account.open();
    expect(new Set(open.map(keyOf)).size).toBe(open.length);
    balance -= burnOf(truth, [], 0).total / 1e6;
    at += HOUR;
  }
  return account;
}

const LIES: Record<string, (truth: FleetPod[]) => FleetPod[]> = {
  empty: () => [],
  half: (truth) => truth.filter((_, i) => i % 2 === 0),
  'all off': (truth) => truth.map(({ id }) => off({ id })),
  'a thousandfold': (truth) => truth.map((one) => ({ ...one, microUsdPerHour: one.microUsdPerHour * 1000 })),
  'without GPUs': (truth) => truth.map((one) => (one.status === 'RUNNING' ? { ...one, gpuCount: 0 } : one)),
};

it('whatever one read shows, the same is raised in the end, and nothing of what it showed', () => {
  fc.assert(
    fc.property(
      steps,
      fc.constantFrom(...Object.keys(LIES)),
      fc.option(fc.constantFrom(0, -50, 5000)),
      fc.integer({ min: 1, max: 59 }),
      (script, kind, balance, when) => {
        const at = Math.min(when, script.length - 1);
        const honest = run(script);
        const lied = run(script, { at, list: LIES[kind] as never, balance });
        const keys = (account: Account) => new Set([...account.findings.values()].map(keyOf));
        // A pod that turned off and on again behind the lie was never seen off: that it ran through is what was seen.
        const unseen = new Set(script[at]?.map(({ pod: i }) => `p${i}`));
        const lie = [...keys(lied)]
          .filter((key) => !keys(honest).has(key))
          .filter((key) => !unseen.has(key.split(' ')[1] ?? ''));
        // Late by the scans that were doubted at most; never more than the truth would have raised.
        const later = run([...script, [], [], [], []]);
        expect(lie.filter((key) => !keys(later).has(key) && !key.startsWith('changed-outside'))).toEqual([]);
        expect([...lied.findings.values()].filter(({ rule }) => rule === 'zero-gpu')).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

it('a balance that hovers around a threshold is said once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.97, max: 1.03, noNaN: true }), { minLength: 5, maxLength: 60 }),
      (noise) => {
        const account = new Account();
        const fleet = [pod({ id: 'p1', microUsdPerHour: 1e6, containerDiskGb: 0, volumeDisk: null })];
        noise.forEach((factor, i) => {
          account.scan(NOW + i * HOUR, fleet, fleet, 72 * factor);
        });
        const runways = [...account.findings.values()].filter(({ rule }) => rule === 'runway');
        expect(runways.length).toBeLessThanOrEqual(1);
        expect(runways.flatMap(({ said }) => said)).toEqual([]);
      },
    ),
  );
});
