import { describe, expect, it } from 'vitest';
import { tellLostRequests } from '../../src/bot/lost-requests.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import { StoreWatch } from '../../src/jobs/watch-store.ts';
import type { Approval } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { bare } from '../../src/policy/identity.ts';
import { LOSS_SHOWN_MS, type Loss } from '../../src/policy/store-loss.ts';
import { AccountMismatch, AccountPin } from '../../src/store/account-pin.ts';
import { Audit, AuditKeyMismatch } from '../../src/store/audit.ts';
import { StoreWitness } from '../../src/store/witness.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { backup } from '../store/backup.ts';
import { useRedis } from '../store/redis.ts';
import { governed, KEY, PEOPLE } from './context.ts';

const redis = useRedis();
const MEMBER = { name: 'x', membership: 'member' as const, groups: [] };

/** One process: a worker or a bot with its own memory, over the shared Redis. */
function processOf(name: string) {
  const { provider, time, context, enqueued, approvals, signal } = governed(redis.client());
  let ids = 0;
  context.newId = () => `i${name}${++ids}`;
  const noticed: Loss[] = [];
  const witness = new StoreWitness(redis.client(), context.audit, context.newId);
  const watch = new StoreWatch({ ...context, witness, noticed: async (loss) => void noticed.push(loss) });
  const stored = async () => (await context.findings.open()).filter(({ subject }) => subject === 'store');
  return { name, provider, time, context, enqueued, approvals, signal, noticed, witness, watch, stored };
}
type Process = ReturnType<typeof processOf>;

async function askToTerminate({ context, approvals, provider }: Process, more: Partial<Approval> = {}) {
  provider.add('pod1', FACTS.name, { gpuId: 'NVIDIA RTX A6000' });
  const accounts = new Map(PEOPLE.map(({ accounts: [account = ''] }) => [account, { ...MEMBER, account }]));
  await context.snapshots.saveMembers('slack', accounts, await context.snapshots.beginRead(NOW));
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  await approvals.add([newApproval(more)], (await context.links.guarded()).guard, () => []);
}

const approve = ({ approvals, time }: Process) =>
  approvals.move('r1', moves.approve({ by: BOB, at: time.now, accounts: [bare(BOB.account)] }, 0), () => []);

describe('a store that is emptied while bot and worker run', () => {
  it('is said once by one of them, with the requests and launches that are lost', async () => {
    const [worker, bot] = [processOf('w'), processOf('b')];
    await askToTerminate(worker);
    await worker.context.ledger.add(newRow({ id: 'p2', status: 'launching' }), () => null);
    for (const one of [worker, bot]) await one.watch.look();
    await redis.client().flushall();
    for (let i = 0; i < 3; i++) await Promise.all([worker.watch.look(), bot.watch.look()]);
    expect(await bot.stored()).toMatchObject([
      {
        severity: 'critical',
        told: true,
        facts: { what: 'emptied', detail: expect.stringMatching(/terminate run7 \(Alice asked\).*under way: run7/) },
        said: [{ kind: 'ops' }],
      },
    ]);
    const cards = [...worker.enqueued, ...bot.enqueued].filter(({ name }) => name === 'announce-finding');
    expect(cards).toHaveLength(1);
    const pages = [...worker.enqueued, ...bot.enqueued].filter(({ name }) => name.startsWith('page-out'));
    expect(pages).toHaveLength(1);
    // Whatever a process has to begin again, each begins.
    expect(worker.noticed).toHaveLength(1);
    expect(bot.noticed).toHaveLength(1);
  });

  it('is a new one for whoever comes later, and the loss is shown for a day', async () => {
    const worker = processOf('w');
    await worker.context.audit.append({ at: NOW, kind: 'x', actor: null, subject: null, facts: {} });
    await worker.watch.look();
    await redis.client().flushall();
    await worker.watch.look();
    const late = processOf('l');
    await late.watch.look();
    expect(late.noticed).toEqual([]);
    expect(await late.witness.loss(late.time.now)).toMatchObject({ kind: 'emptied', entryBefore: 1 });
    for (const one of [worker, late]) one.time.now += LOSS_SHOWN_MS;
    await worker.watch.look();
    expect(await worker.stored()).toEqual([]);
    expect(await late.witness.loss(late.time.now)).toBeNull();
  });

  it('gets claims, links, budgets, choices, the key of its log and its RunPod account back, and no request', async () => {
    const worker = processOf('w');
    const { owners, choices, audit, approvals } = worker.context;
    const pin = new AccountPin(redis.client(), audit);
    await audit.claimKey();
    await pin.claim('account1', 'rpa_1');
    await askToTerminate(worker);
    await owners.change((pods) => ({ ...pods, pod1: { by: BOB, room: 'gpu', at: NOW } }), []);
    await choices.set('alice', { ...(await choices.of('alice')), direct: true });
    await worker.watch.look();
    await redis.client().flushall();
    await worker.watch.look();
    expect((await owners.of('pod1'))?.by).toEqual(BOB);
    expect(await choices.of('alice')).toMatchObject({ direct: true });
    await expect(new Audit(redis.client(), `${KEY}x`).claimKey()).rejects.toThrow(AuditKeyMismatch);
    await expect(pin.claim('account2', 'rpa_2')).rejects.toThrow(AccountMismatch);
    expect(await approvals.open()).toEqual([]);
    const [{ facts } = { facts: null }] = await worker.stored();
    expect(facts).toMatchObject({ detail: expect.stringContaining('Put back from memory: claims of pods') });
    expect((await audit.newest(1, ({ kind }) => kind === 'store-emptied')).entries).toHaveLength(1);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it('has whoever asked for a lost request hear it, once, also where several bots run', async () => {
    const [one, other] = [processOf('a'), processOf('b')];
    await askToTerminate(one);
    for (const bot of [one, other]) await bot.watch.look();
    await redis.client().flushall();
    const told: string[] = [];
    const tellPrivately = async (account: string, message: object) => {
      told.push(`${account} ${JSON.stringify(message)}`);
    };
    for (const bot of [one, other, one]) {
      await bot.watch.look();
      await tellLostRequests(bot.witness, { tellPrivately });
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^slack:.*request to terminate run7 is lost.*pod terminate run7/);
    expect(told[0]?.startsWith(ALICE.account)).toBe(true);
  });
});

describe('a request that only one process had seen when the store was emptied', () => {
  it('is said on the same card, and whoever asked hears it', async () => {
    const [worker, bot] = [processOf('w'), processOf('b')];
    await askToTerminate(worker);
    await worker.watch.look();
    await bot.approvals.add(
      [newApproval({ id: 'r2', batch: 'b2', podId: 'pod2', facts: { ...newApproval().facts, name: 'vision' } })],
      (await bot.context.links.guarded()).guard,
      () => [],
    );
    await bot.watch.look();
    await redis.client().flushall();
    for (const one of [worker, bot, worker]) await one.watch.look();
    const [{ facts } = { facts: null }] = await worker.stored();
    expect(facts).toMatchObject({ detail: expect.stringMatching(/terminate run7 .*terminate vision /) });
    const told: string[] = [];
    const tellPrivately = async (_: string, message: object) => void told.push(JSON.stringify(message));
    await tellLostRequests(bot.witness, { tellPrivately });
    expect(told).toHaveLength(2);
  });
});

describe('a store that is put back to an older state', () => {
  it('carries out no approval that it holds, though it was taken back since', async () => {
    const worker = processOf('w');
    await askToTerminate(worker);
    await approve(worker);
    await worker.watch.look();
    const putBack = await backup(redis.client());
    await worker.approvals.move('r1', moves.cancel(ALICE, NOW), () => []);
    await worker.watch.look();
    await putBack();
    // Before anybody looked: the worker has read the log beyond what is there now.
    await terminatePod.handle({ request: 'r1' }, worker.context, worker.signal).catch(() => {});
    expect(worker.provider.terminated).toEqual([]);
    expect((await worker.approvals.get('r1'))?.status).toBe('void');
  });

  it('carries none out either after it was written to again, nor in a process that starts afterwards', async () => {
    const worker = processOf('w');
    await askToTerminate(worker);
    await approve(worker);
    const putBack = await backup(redis.client());
    await worker.approvals.move('r1', moves.cancel(ALICE, NOW), () => []);
    await worker.watch.look();
    await putBack();
    for (let i = 0; i < 9; i++) {
      await new Audit(redis.client(), KEY).append({ at: NOW, kind: 'x', actor: null, subject: null, facts: {} });
    }
    await worker.watch.look();
    const [{ facts } = { facts: null }] = await worker.stored();
    expect(facts).toMatchObject({ what: 'rolled-back' });
    const late = processOf('l');
    late.provider.add('pod1', FACTS.name, { gpuId: 'NVIDIA RTX A6000' });
    await late.watch.look();
    await reviewRequests.handle({}, late.context, late.signal);
    await terminatePod.handle({ request: 'r1' }, late.context, late.signal).catch(() => {});
    expect([...worker.provider.terminated, ...late.provider.terminated]).toEqual([]);
    expect(await late.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'rolled-back' });
    expect(await late.approvals.untold()).toContain('b1');
  });

  it('is said once, and requests made afterwards are carried out', async () => {
    const [worker, bot] = [processOf('w'), processOf('b')];
    await worker.context.audit.append({ at: NOW, kind: 'x', actor: null, subject: null, facts: {} });
    for (const one of [worker, bot]) await one.watch.look();
    const putBack = await backup(redis.client());
    await worker.context.audit.append({ at: NOW, kind: 'y', actor: null, subject: null, facts: {} });
    for (const one of [worker, bot]) await one.watch.look();
    await putBack();
    for (let i = 0; i < 3; i++) await Promise.all([worker.watch.look(), bot.watch.look()]);
    expect(await bot.stored()).toMatchObject([{ facts: { what: 'rolled-back' }, said: [{ kind: 'ops' }] }]);
    const cards = [...worker.enqueued, ...bot.enqueued].filter(({ name }) => name === 'announce-finding');
    expect(cards).toHaveLength(1);
    await askToTerminate(worker);
    await approve(worker);
    await terminatePod.handle({ request: 'r1' }, worker.context, worker.signal);
    expect(worker.provider.terminated).toEqual(['pod1']);
  });
});

it('a store that only grows is never taken for another', async () => {
  const [worker, bot] = [processOf('w'), processOf('b')];
  for (let i = 0; i < 20; i++) {
    await Promise.all([
      worker.watch.look(),
      bot.context.audit.append({ at: NOW, kind: 'x', actor: null, subject: null, facts: {} }),
      bot.watch.look(),
    ]);
  }
  expect([...worker.noticed, ...bot.noticed]).toEqual([]);
  expect(await worker.witness.loss(NOW)).toBeNull();
});

it('an emptied Redis is told of also where a launch that was under way cannot be read', async () => {
  const one = processOf('a');
  await one.context.ledger.add(newRow({ id: 'r1' }), () => null);
  await one.watch.look();
  await redis.client().hset('{podwarden}:row:r1', 'json', '{"version":2}');
  await redis.client().del('{podwarden}:store', '{podwarden}:audit:entries', '{podwarden}:audit:head');
  await one.watch.look();
  expect(one.noticed.map(({ kind, launches }) => [kind, launches])).toEqual([['emptied', []]]);
});
