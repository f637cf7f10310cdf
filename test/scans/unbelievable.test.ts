import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_FAULTS } from '../../emulators/runpod/faults.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { stopPod } from '../../src/jobs/stop-pod.ts';
import { factsOf } from '../../src/policy/facts.ts';
import { fingerprintOf } from '../../src/policy/fingerprint.ts';
import * as moves from '../../src/policy/ledger-moves.ts';
import { newApproval } from '../policy/requests.ts';
import { newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { BEGIN, place, type Stage, stage, Watcher } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const POLICY = `
timezone: UTC
rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "800000000000000001" } } }
people:
  alice: { name: alice, slack: T0PODW/U0ALICE, discord: "700000000000000001" }
roles:
  ops: { people: [alice] }
warnings: { quiet_hours: { from: 0, to: 0 } }
`;

const redis = useRedis();
let s: Stage;
const signal = new AbortController().signal;
const by = { account: 'slack:T0PODW/U0ALICE', person: 'alice', name: 'alice' };

/** Twenty pods that keep their data, watched for four days; two of them in the ledger, one asked to terminate. */
beforeEach(async () => {
  s = await stage(redis.path(), POLICY, 50_000);
  for (let i = 1; i <= 20; i++) {
    s.account.volumes.set(`nv${i}`, { id: `nv${i}`, name: `nv${i}`, size: 100, dataCenter: 'EU-RO-1' });
    place(s, { id: `pod${i}`, name: `alice-run${i}-k3f9t2`, networkVolume: `nv${i}` });
  }
  await s.scan();
  await s.until(BEGIN + 4 * DAY, 6 * HOUR);
  const [listed] = (await s.context.provider.list(signal)).pods.filter(({ id }) => id === 'pod1');
  if (!listed) throw new Error('no pod1');
  const row = (id: string, podId: string) =>
    newRow({
      id,
      status: 'running',
      podId,
      by,
      home: { chat: 'slack', channel: 'C0GPU' },
      facts: factsOf(listed, null),
    });
  await s.context.ledger.add(row('prow1', 'pod1'), () => null);
  await s.context.ledger.add(row('prow2', 'pod2'), () => null);
  const { guard } = await s.context.links.guarded();
  const record = newApproval({
    id: 'r1',
    podId: 'pod1',
    row: 'prow1',
    createdAt: s.time.now,
    since: s.time.now,
    expiresAt: s.time.now + DAY,
    remindAt: null,
    fingerprint: fingerprintOf(listed, 'alice'),
  });
  await s.context.approvals.add([record], guard, () => []);
  s.time.now += 5 * MINUTE;
  await s.scan();
}, 90_000);
afterEach(async () => {
  await s?.close();
});

const fault = (more: Partial<typeof NO_FAULTS>) => Object.assign(s.runpod.faults, NO_FAULTS, more);

describe('forty minutes of nonsense', () => {
  it.each([
    ['of every kind', [{ list: 'empty' }, { list: 'half' }, { balanceSaid: 0 }, { api: { kind: 'down' } }]],
    ['empty lists alone', [{ list: 'empty' }]],
    ['half lists alone', [{ list: 'half' }]],
    ['zero balances alone', [{ balanceSaid: 0 }]],
    ['500s alone', [{ api: { kind: 'down' } }]],
  ] as [string, Partial<typeof NO_FAULTS>[]][])(
    '%s: one card, no finding, nothing acted on, nothing void',
    { timeout: 240_000 },
    async (_, faults) => {
      const watch = { slack: new Watcher(), discord: new Watcher() };
      for (const chat of ['slack', 'discord'] as const) watch[chat].look(s[chat], s.time.now);
      const before = { slack: watch.slack.posts.length, discord: watch.discord.posts.length };
      const findings = (await s.context.findings.open()).map(({ id }) => id).sort();
      const began = s.time.now;
      for (let i = 0; s.time.now < began + 40 * MINUTE; i++) {
        fault(faults[i % faults.length] ?? {});
        s.time.now += 5 * MINUTE;
        await s.scan();
        await reviewRequests.handle({}, s.context, signal).catch(() => {});
      }
      const blind = (await s.context.findings.open()).filter(({ rule }) => rule === 'blind');
      expect(blind.map(({ subject }) => subject)).toEqual(['scan']);
      for (const chat of ['slack', 'discord'] as const) {
        watch[chat].look(s[chat], s.time.now);
        const posts = watch[chat].posts.slice(before[chat]);
        const cards = posts.filter(({ where }) => where === 'channel');
        expect(cards.map(({ text }) => text.split('\n')[0])).toEqual([
          expect.stringMatching(/not believable|cannot read RunPod/),
        ]);
        // Half an hour later whoever keeps watch hears of it, in its thread.
        expect(
          posts
            .filter(({ where }) => where === 'thread')
            .map(({ text }) => text)
            .join('\n'),
        ).toMatch(/@alice/);
      }
      fault({});
      expect((await s.context.approvals.get('r1'))?.status).toBe('requested');
      expect((await s.context.ledger.get('prow1'))?.status).toBe('running');
      expect((await s.context.snapshots.fleet())?.pods).toHaveLength(20);
      s.time.now += 5 * MINUTE;
      await s.scan();
      expect((await s.context.findings.open()).map(({ id }) => id).sort()).toEqual(findings);
      expect(s.account.deletedByApi).toBe(0);
    },
  );

  it('Stop still works', async () => {
    fault({ list: 'empty', balanceSaid: 0 });
    s.time.now += 5 * MINUTE;
    await s.scan();
    const task = { id: 't1', kind: 'stop' as const, by, at: s.time.now, asOnDemand: false, reply: null, unlock: false };
    await s.context.ledger.move('prow2', moves.ask(task, s.time.now));
    await stopPod.handle({ row: 'prow2' }, s.context, signal);
    expect((await s.context.ledger.get('prow2'))?.status).toBe('stopped');
    expect(s.account.pods.get('pod2')?.status).toBe('EXITED');
  });
});

describe('at most one card', () => {
  it('for any number of scans at once, and of restarts', { timeout: 120_000 }, async () => {
    const watch = new Watcher();
    watch.look(s.slack, s.time.now);
    const before = watch.posts.length;
    Object.assign(s.account.pods.get('pod7') as never, { gpuCount: 0, rate: 0 });
    for (let round = 0; round < 5; round++) {
      s.time.now += 5 * MINUTE;
      const many = Array.from({ length: 6 }, () => readFleet.handle({}, s.context, signal));
      await Promise.all(many);
      await s.quiet();
    }
    watch.look(s.slack, s.time.now);
    const cards = watch.posts.slice(before).filter(({ text }) => /run7 runs without a GPU/.test(text));
    expect(cards).toHaveLength(1);
    expect((await s.context.findings.open()).filter(({ rule }) => rule === 'zero-gpu')).toHaveLength(1);
  });
});
