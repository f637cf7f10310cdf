import { readPolicy } from '../../src/config/load.ts';
import type { PodProvider } from '../../src/jobs/ports.ts';
import { burnIn, readBooks, settling, worldOf } from '../../src/jobs/scan-world.ts';
import { stepsFor } from '../../src/jobs/tell-findings.ts';
import { findHits } from '../../src/policy/findings/rules.ts';
import { costOver } from '../../src/policy/money.ts';
import { believePods } from '../../src/policy/scan/believe.ts';
import { blank, type ScanMemory } from '../../src/policy/scan/memory.ts';
import { readSaid } from '../../src/policy/scan/said.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Choices } from '../../src/store/choices.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Findings } from '../../src/store/findings.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Owners } from '../../src/store/owners.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * The demo's account looks as after a week of scans: what there is to say of its seeds has been said, and nothing is
 * posted for it.
 */
export async function seedScan(
  redis: RedisClient,
  provider: PodProvider,
  policyText: string,
  now: number,
): Promise<void> {
  const { policy } = readPolicy(policyText, ['slack', 'discord']);
  if (!policy) throw new Error('the demo’s policy does not parse');
  const audit = new Audit(redis, '');
  const findings = new Findings(redis);
  let ids = 0;
  const context = {
    ledger: new Ledger(redis),
    owners: new Owners(redis, audit),
    findings,
    approvals: new Approvals(redis, audit),
    choices: new Choices(redis),
    governance: policy,
    newId: () => `iseed${++ids}`,
  };
  const memory = await asAfterAWeek(provider, now);
  const signal = AbortSignal.timeout(MINUTE);
  const { pods } = await provider.list(signal);
  const books = await readBooks([], context);
  const hits = findHits(worldOf(now, memory, pods, books, context));
  const steps = stepsFor([], () => true, hits, await settling(now, context)).map((step) => ({
    ...step,
    after: { ...step.after, raisedAt: now - DAY, levelAt: now - DAY, told: true, tellAt: now - DAY },
  }));
  await findings.commit(null, memory, steps);
  for (const { after } of steps) await findings.told(after.card, after.shown);
}

async function asAfterAWeek(provider: PodProvider, now: number): Promise<ScanMemory> {
  const signal = AbortSignal.timeout(MINUTE);
  const begunAt = now - 7 * DAY;
  const at = now - 5 * MINUTE;
  const { pods } = await provider.list(signal);
  const others = await provider.otherList(signal);
  const said =
    others === 'retired'
      ? []
      : others.flatMap(({ id, said: text }) => (id && text ? [[id, readSaid(text)] as const] : []));
  const none = { confirmed: new Set<string>(), gone: new Set<string>(), agreed: false };
  const seen = believePods(blank(begunAt), { at, pods, said: new Map(said) }, new Map(), none, 5);
  const remembered = Object.entries(seen.pods).map(([id, pod]) => {
    const created = Date.parse(pods.find((one) => one.id === id)?.createdAt ?? '');
    return [id, { ...pod, firstSeenAt: Math.max(begunAt, created) }];
  });
  const volumes = Object.fromEntries(
    (await provider.networkVolumes(signal)).volumes.map(({ id, ...volume }) => [
      id,
      { ...volume, idleSince: begunAt, exact: false, missing: 0 },
    ]),
  );
  const burn = burnIn(pods, { volumes, otherPerHour: 0 }).total;
  const account = await provider.account(signal);
  const balance = account === 'retired' ? 0 : account.balance + costOver(burn, 5 * MINUTE);
  const days = [1, 2, 3, 4, 5, 6, 7].map((n) => now - (now % DAY) - n * DAY);
  return {
    ...blank(begunAt),
    lastAt: at,
    pods: Object.fromEntries(remembered),
    volumes,
    account: { balance, readAt: at, postpaid: false, source: 'graphql', doubt: null, topUps: [] },
    peaks: Object.fromEntries(days.map((day) => [day, burn])),
    lastBurn: burn,
    askedAt: at,
  };
}
