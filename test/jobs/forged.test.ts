import { describe, expect, it } from 'vitest';
import { TryLater } from '../../src/jobs/define.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import type { Approval } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { bare } from '../../src/policy/identity.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { key } from '../../src/store/keys.ts';
import { BOB, CAROL, newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, KEY, PEOPLE } from './context.ts';

const redis = useRedis();
const MEMBER = { name: 'x', membership: 'member' as const, groups: [] };
const recordKey = (id: string) => key('approval', id);
const STREAM = key('audit', 'entries');
const HEAD = key('audit', 'head');

/** A worker, and beside it somebody who holds all of Redis and not the audit key. */
async function world() {
  const { provider, time, context, approvals, enqueued } = governed(redis.client());
  const warned: object[] = [];
  context.log.warn = (fields) => void warned.push(fields);
  provider.add('pod1', 'alice-run7-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
  const accounts = new Map(PEOPLE.map(({ accounts: [account = ''] }) => [account, { ...MEMBER, account }]));
  await context.snapshots.saveMembers('slack', accounts, await context.snapshots.beginRead(NOW));
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  const ask = async (more: Partial<Approval> = {}) =>
    approvals.add([newApproval(more)], (await context.links.guarded()).guard, () => []);
  const vote = (id = 'r1', who = BOB) =>
    approvals.move(id, moves.approve({ by: who, at: time.now, accounts: [bare(who.account)] }, 0), () => []);
  const cancel = () => approvals.move('r1', moves.cancel(ALICE, time.now), () => []);
  const run = async (id = 'r1') => {
    try {
      await terminatePod.handle({ request: id }, context, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof TryLater)) throw error;
    }
  };
  const deleted = () => provider.terminated;
  return { provider, time, context, approvals, enqueued, warned, ask, vote, cancel, run, deleted };
}

const kept = (name: string) => redis.client().hgetall(name);

async function putBack(name: string, fields: Record<string, string>): Promise<void> {
  await redis.client().del(name);
  await redis.client().hset(name, fields);
}

/** As an insider would: the fields that decide, written by hand. */
async function edit(id: string, more: Partial<Approval>): Promise<void> {
  const json = (await redis.client().hget(recordKey(id), 'json')) ?? '{}';
  await redis.client().hset(recordKey(id), 'json', JSON.stringify({ ...JSON.parse(json), ...more }));
}

const APPROVED: Partial<Approval> = {
  status: 'approved',
  dueAt: NOW,
  votes: [{ by: BOB, at: NOW, accounts: [bare(BOB.account)] }],
};

describe('a request that somebody altered in Redis', () => {
  it('deletes nothing where approvals were written into it, and is void, said, logged and audited', async () => {
    const w = await world();
    await w.ask();
    await edit('r1', APPROVED);
    await w.run();
    expect(w.deleted()).toEqual([]);
    expect(w.provider.calls).toEqual([]);
    const record = await w.approvals.get('r1');
    expect(record).toMatchObject({ status: 'void', votes: [], altered: 'altered' });
    expect(record?.end?.text).toMatch(/altered outside of Podwarden/);
    expect(w.warned).toEqual([expect.objectContaining({ request: 'r1', problem: 'altered' })]);
    const [entry] = (await w.context.audit.newest(1, ({ kind }) => kind === 'request-altered')).entries;
    expect(entry).toMatchObject({ subject: 'pod1', facts: { request: 'r1', why: 'altered' } });
    expect(await w.approvals.untold()).toContain('b1');
    expect(await w.approvals.open()).toEqual([]);
    expect(await w.context.audit.verify()).toMatchObject({ ok: true });
  });

  it.each<[string, Partial<Approval>]>([
    ['for another pod', { podId: 'pod2', fingerprint: { ...newApproval().fingerprint, id: 'pod2' } }],
    ['with a smaller quorum', { quorum: 1 }],
    ['without its owner’s wait', { status: 'approved', hold: null, dueAt: NOW }],
    ['with another requester', { by: CAROL, self: [bare(CAROL.account)] }],
    ['with a later end', { expiresAt: NOW + 1e12 }],
  ])('is void %s', async (_, more) => {
    const w = await world();
    w.provider.add('pod2', 'alice-other-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
    await w.ask({ quorum: 2, owner: CAROL });
    await w.vote();
    await edit('r1', more);
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'altered' });
    await w.vote('r1', CAROL);
    await w.run();
    expect(w.deleted()).toEqual([]);
  });

  it('deletes nothing where its record is signed and one of its votes is not for it', async () => {
    const w = await world();
    w.provider.add('pod2', 'alice-other-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
    await w.ask();
    const fingerprint = { ...newApproval().fingerprint, id: 'pod2' };
    await w.ask({ id: 'r2', batch: 'b2', podId: 'pod2', fingerprint });
    await w.vote('r2');
    const { votes = [] } = (await w.approvals.get('r2')) ?? {};
    expect(votes).toMatchObject([{ signed: {} }]);
    await w.approvals.move(
      'r1',
      (record) => ({ ...record, ...APPROVED, votes }),
      () => [],
    );
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'altered' });
    await w.run();
    expect(w.deleted()).toEqual([]);
  });

  it('deletes nothing where it was invented', async () => {
    const w = await world();
    const invented = JSON.stringify(newApproval({ ...APPROVED, id: 'fake', rev: 1 }));
    await putBack(recordKey('fake'), { rev: '1', json: invented });
    await w.run('fake');
    expect(w.deleted()).toEqual([]);
    expect(await w.approvals.get('fake')).toMatchObject({ status: 'void', altered: 'unsigned' });
    await putBack(recordKey('fake'), { rev: '1', json: invented, seal: 'f'.repeat(64) });
    await w.run('fake');
    expect(await w.approvals.get('fake')).toMatchObject({ status: 'void', altered: 'altered' });
  });

  it('deletes nothing where another request’s approved record stands under its id', async () => {
    const w = await world();
    await w.ask();
    await w.vote();
    await putBack(recordKey('r2'), await kept(recordKey('r1')));
    const renamed = (await kept(recordKey('r1'))) as { json: string };
    await w.cancel();
    await w.run('r2');
    expect(await w.approvals.get('r2')).toMatchObject({ id: 'r2', status: 'void', altered: 'altered' });
    await putBack(recordKey('r2'), { ...renamed, json: renamed.json.replace('"r1"', '"r2"') });
    await w.run('r2');
    expect(w.deleted()).toEqual([]);
  });

  it('that was open before records were signed is void with a text that says what to do', async () => {
    const w = await world();
    await w.ask();
    await redis.client().hdel(recordKey('r1'), 'seal');
    await reviewRequests.handle({}, w.context, new AbortController().signal);
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'unsigned' });
    expect((await w.approvals.get('r1'))?.end?.text).toMatch(/no signature.*Ask again/);
    expect(await w.approvals.forPod('pod1')).toBeNull();
  });

  it('that carries no signature decided nothing, whatever end is written into it', async () => {
    const w = await world();
    await w.ask();
    await edit('r1', { status: 'denied', end: { at: NOW, by: CAROL, text: 'never' } });
    await redis.client().hdel(recordKey('r1'), 'seal');
    expect(await w.approvals.inBatch('b1')).toMatchObject([{ status: 'void', altered: 'unsigned', end: { by: null } }]);
  });

  it('leaves room for a new request for the same pod', async () => {
    const w = await world();
    await w.ask();
    await edit('r1', APPROVED);
    expect(await w.ask({ id: 'r2', batch: 'b2' })).toMatchObject({ added: [{ id: 'r2' }], known: [] });
  });

  it('that is no record at all keeps no other from being reviewed', async () => {
    const w = await world();
    await w.ask();
    await putBack(recordKey('junk'), { rev: '1', json: '{' });
    await redis.client().sadd(key('approvals', 'open'), 'junk');
    w.time.now += 9 * 3_600_000;
    await reviewRequests.handle({}, w.context, new AbortController().signal);
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'expired' });
  });
});

describe('an older version of a request that somebody put back', () => {
  const cancelled = async () => {
    const w = await world();
    await w.ask();
    await w.vote();
    const approved = await kept(recordKey('r1'));
    const log = await kept(HEAD);
    await w.cancel();
    return { ...w, approved, log };
  };

  it('deletes nothing: the log saw it canceled', async () => {
    const w = await cancelled();
    await putBack(recordKey('r1'), w.approved);
    await w.run();
    expect(w.deleted()).toEqual([]);
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'rolled-back' });
    // Above every revision that a card was drawn from.
    expect((await w.approvals.get('r1'))?.rev).toBeGreaterThan(3);
  });

  it('deletes nothing either where a worker started after that', async () => {
    const w = await cancelled();
    await putBack(recordKey('r1'), w.approved);
    w.context.approvals = new Approvals(redis.client(), new Audit(redis.client(), KEY));
    await w.run();
    expect(w.deleted()).toEqual([]);
  });

  it('deletes nothing where it is put back between the worker’s reads and its claim', async () => {
    const w = await world();
    await w.ask();
    await w.vote();
    w.provider.before.get = async () => {
      w.provider.before = {};
      const approved = await kept(recordKey('r1'));
      const pod = await kept(key('approval-pod', 'pod1'));
      await w.cancel();
      await putBack(recordKey('r1'), approved);
      await putBack(key('approval-pod', 'pod1'), pod);
    };
    await w.run();
    expect(w.deleted()).toEqual([]);
    expect(await w.approvals.get('r1')).toMatchObject({ status: 'void', altered: 'rolled-back' });
  });

  it('takes no vote', async () => {
    const w = await world();
    await w.ask();
    const asked = await kept(recordKey('r1'));
    await w.approvals.move('r1', moves.deny(CAROL, 'no', NOW), () => []);
    await putBack(recordKey('r1'), asked);
    expect(await w.vote()).toMatchObject({ moved: false, record: { status: 'void', altered: 'rolled-back' } });
    await w.run();
    expect(w.deleted()).toEqual([]);
  });

  it('deletes nothing where the entry that canceled it was taken out of the log', async () => {
    const w = await cancelled();
    await w.context.audit.append({ at: NOW, kind: 'later', actor: null, subject: null, facts: {} });
    await putBack(recordKey('r1'), w.approved);
    const [canceled] = (await w.context.audit.newest(1, ({ facts }) => facts.request === 'r1')).entries;
    await redis.client().xdel(STREAM, `${canceled?.n}-0`);
    w.context.approvals = new Approvals(redis.client(), new Audit(redis.client(), KEY));
    await w.run();
    expect(w.deleted()).toEqual([]);
    expect(await w.context.approvals.get('r1')).toMatchObject({ altered: 'unlogged' });
  });

  it('deletes nothing where the whole log was put back with it, while a worker runs that saw it canceled', async () => {
    const w = await cancelled();
    expect(await w.approvals.proven('r1')).toMatchObject({ status: 'cancelled' });
    await putBack(recordKey('r1'), w.approved);
    const { n } = await w.context.audit.head();
    await redis.client().xtrim(STREAM, 'MAXLEN', n);
    await redis.client().xdel(STREAM, `${n}-0`);
    await redis.client().xsetid(STREAM, `${n - 1}-0`);
    await putBack(HEAD, w.log);
    expect(await w.context.audit.verify()).toMatchObject({ ok: true });
    await w.run();
    expect(w.deleted()).toEqual([]);
  });
});

describe('a request that nobody altered', () => {
  it('is carried out by a worker that just started, however much was logged since', async () => {
    const w = await world();
    await w.ask();
    await w.vote();
    const noise = Array.from({ length: 1203 }, (_, i) => ({
      at: NOW,
      kind: `noise-${i}`,
      actor: null,
      subject: null,
      facts: {},
    }));
    await w.context.audit.append(...noise);
    w.context.approvals = new Approvals(redis.client(), new Audit(redis.client(), KEY));
    await w.run();
    expect(w.deleted()).toEqual(['pod1']);
  });

  it('is carried out after its pod stopped and an account was joined with its approver’s', async () => {
    const w = await world();
    await w.ask();
    await w.vote();
    const third = { account: 'discord:9', person: null, name: 'x' };
    const link = { id: 'l1', a: BOB, b: third, at: NOW, confirmed: null };
    const entry = { at: NOW, kind: 'linked', actor: null, subject: null, facts: {} };
    await w.context.links.change(() => [link], PEOPLE, entry);
    Object.assign(w.provider.pods.get('pod1') ?? {}, { status: 'EXITED', startedAt: null, reporting: false });
    await w.run();
    await w.run();
    expect(w.deleted()).toEqual(['pod1']);
  });
});
