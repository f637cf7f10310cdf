import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TryLater } from '../../src/jobs/define.ts';
import { reviewRequests } from '../../src/jobs/review-requests.ts';
import { terminatePod } from '../../src/jobs/terminate-pod.ts';
import { type Approval, isOpen } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { accountsOf, bare, overlap } from '../../src/policy/identity.ts';
import { BOB, CAROL, newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, PEOPLE } from './context.ts';
import { cutOff, limited, neverSent, refused } from './provider.ts';

const redis = useRedis();
const MEMBER = { account: 'slack:x', name: 'x', membership: 'member' as const, groups: [] };

/** A worker on a clock that only pauses and the test move. */
async function world(breaker = { requests: 5, windowMs: 600_000 }) {
  await redis.client().flushall();
  const { provider, time, context, approvals } = governed(redis.client(), breaker);
  const { snapshots, audit } = context;
  provider.add('pod1', 'alice-run7-k3f9t2', { gpuId: 'NVIDIA RTX A6000' });
  const members = async (more: Record<string, object> = {}) => {
    const accounts = Object.fromEntries(PEOPLE.map(({ accounts: [account = ''] }) => [account, MEMBER]));
    const all = new Map(Object.entries({ ...accounts, ...more } as Record<string, typeof MEMBER>));
    await snapshots.saveMembers('slack', all, await snapshots.beginRead(time.now));
  };
  await members();
  await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
  const add = async (...wanted: Partial<Approval>[]) => {
    const { guard } = await context.links.guarded();
    const records = (wanted.length === 0 ? [{}] : wanted).map((more) => newApproval(more));
    await approvals.add(records, guard, () => []);
  };
  const vote = (id = 'r1', who = BOB) => {
    const accounts = accountsOf(who.account, { people: PEOPLE, links: [] });
    return approvals.move(id, moves.approve({ by: who, at: time.now, accounts }, 600_000), () => []);
  };
  const run = async (id = 'r1') => {
    try {
      await terminatePod.handle({ request: id }, context, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof TryLater)) throw error;
    }
  };
  const record = async (id = 'r1') => (await approvals.get(id)) as Approval;
  return { provider, time, context, approvals, audit, members, add, vote, run, record };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('terminate-pod', () => {
  it('deletes once, and says so only when the pod is gone', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    w.provider.before.terminate = async () => expect((await w.record()).status).toBe('executing');
    await w.run();
    expect(await w.record()).toMatchObject({ status: 'done' });
    expect(w.provider.count('terminate')).toBe(1);
    expect((await w.context.ledger.get('p1'))?.status).toBe('terminated');
    expect(await w.audit.verify()).toMatchObject({ ok: true });
  });

  it('does nothing for a job without a record, and logs it', async () => {
    const w = await world();
    await expect(
      terminatePod.handle({ request: 'made-up' }, w.context, new AbortController().signal),
    ).rejects.toThrow();
    expect(w.provider.count('terminate')).toBe(0);
    expect((await w.audit.newest(1, () => true)).entries[0]).toMatchObject({
      kind: 'job-without-record',
      subject: 'made-up',
    });
  });

  it('does nothing for a request that nobody approved', async () => {
    const w = await world();
    await w.add();
    await w.run();
    expect(w.provider.calls).toEqual([]);
  });

  it.each<[string, (w: Awaited<ReturnType<typeof world>>) => Promise<void> | void]>([
    [
      'restarted',
      ({ provider }) => void Object.assign(provider.pods.get('pod1') ?? {}, { startedAt: '2026-11-24T12:00:00Z' }),
    ],
    ['renamed', ({ provider }) => void Object.assign(provider.pods.get('pod1') ?? {}, { name: 'other' })],
    ['resized', ({ provider }) => void Object.assign(provider.pods.get('pod1') ?? {}, { containerDiskGb: 99 })],
    ['gone', ({ provider }) => void provider.pods.clear()],
    [
      'its approver without the right',
      ({ context }) => {
        const [rule] = context.governance.access.rules;
        if (rule) context.governance.access = { homeChat: 'slack', rules: [{ ...rule, people: ['alice', 'carol'] }] };
      },
    ],
    ['its approver gone', ({ members }) => members({ [BOB.account]: { ...MEMBER, membership: 'deactivated' } })],
    ['locked', ({ provider }) => void Object.assign(provider.pods.get('pod1') ?? {}, { locked: true })],
    [
      'a member of a cluster',
      ({ provider }) => void Object.assign(provider.pods.get('pod1') ?? {}, { clustered: true }),
    ],
  ])('a pod that is found %s is left alone, and the request is void', async (_, change) => {
    const w = await world();
    await w.add();
    await w.vote();
    await change(w as never);
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    expect((await w.record()).status).toBe('void');
  });

  it('waits where nobody was read lately, until the approval lapses', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    w.time.now += 20 * 60_000;
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    expect((await w.record()).status).toBe('approved');
    await w.members();
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it('notes a pod that stopped after the request, and goes on', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    Object.assign(w.provider.pods.get('pod1') ?? {}, { status: 'EXITED', startedAt: null, reporting: false });
    await w.run();
    expect(await w.record()).toMatchObject({ status: 'approved', stoppedAt: NOW });
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it.each([
    ['a 500 before it', cutOff, 2],
    ['a 500 after it', cutOff, 1],
    ['a limit', limited, 2],
    ['no connection', neverSent, 2],
  ] as const)('ends in one deletion after %s', async (name, failure, calls) => {
    const w = await world();
    await w.add();
    await w.vote();
    if (name === 'a 500 after it') w.provider.before.terminate = () => void w.provider.pods.delete('pod1');
    w.provider.failures.terminate = [failure];
    await w.run();
    expect((await w.record()).status).toBe('done');
    expect(w.provider.count('terminate')).toBe(calls);
  });

  it('fails, and says why, where RunPod goes on refusing', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    w.provider.failures.terminate = [refused('conflict'), refused('conflict')];
    await w.run();
    expect(await w.record()).toMatchObject({ status: 'failed' });
    expect((await w.record()).end?.text).toMatch(/RunPod refused/);
  });

  it('believes no single read that says gone', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const pod = w.provider.pods.get('pod1');
    let lies = 1;
    w.provider.before.get = () => {
      if (lies-- > 0) w.provider.pods.delete('pod1');
      else if (pod && w.provider.count('terminate') === 0) w.provider.pods.set('pod1', pod);
    };
    await w.run();
    expect((await w.record()).status).toBe('approved');
    await w.run();
    expect((await w.record()).status).toBe('done');
    expect(w.provider.terminated).toEqual(['pod1']);
  });

  it('a worker that was frozen between claim and call sends nothing', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const claim = w.approvals.claim.bind(w.approvals);
    w.approvals.claim = async (...args) => {
      const result = await claim(...args);
      w.time.real += 5000;
      return result;
    };
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    w.approvals.claim = claim;
    await w.run();
    expect((await w.record()).status).toBe('done');
    expect(w.provider.count('terminate')).toBe(1);
  });

  it('a claim that nothing was sent on is no DELETE: neither the card nor the log says that RunPod was asked', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const claim = w.approvals.claim.bind(w.approvals);
    w.approvals.claim = async (...args) => {
      const result = await claim(...args);
      w.time.real += 5000;
      return result;
    };
    for (let i = 0; i < 7; i++) await w.run();
    expect(await w.record()).toMatchObject({ status: 'executing', attempt: { number: 0, state: 'ended' } });
    const { entries: log } = await w.audit.newest(100, ({ kind }) => kind.startsWith('runpod-'));
    expect(log).toHaveLength(14);
    expect(log[0]).toMatchObject({ kind: 'runpod-answer', facts: { attempt: 1, answer: 'not sent' } });
    w.time.now += 31 * 60_000;
    await w.run();
    expect(await w.record()).toMatchObject({ status: 'failed', end: { text: expect.stringMatching(/was not asked/) } });
    expect(w.provider.count('terminate')).toBe(0);
  });

  it('a pod that is gone before anything was sent is not said to be terminated by the request', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const claim = w.approvals.claim.bind(w.approvals);
    w.approvals.claim = async (...args) => {
      const result = await claim(...args);
      w.time.real += 5000;
      return result;
    };
    await w.run();
    w.provider.pods.clear();
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    expect(await w.record()).toMatchObject({ status: 'void', end: { text: expect.stringMatching(/not by this/) } });
    expect((await w.context.ledger.get('p1'))?.status).toBe('terminated');
  });

  it('a worker that was frozen between its read and its claim sends nothing on what it read', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const { get } = w.provider;
    // The read is a copy, as over a network.
    w.provider.get = async (...args) => structuredClone(await get.apply(w.provider, args));
    const byPod = w.context.ledger.byPod.bind(w.context.ledger);
    w.context.ledger.byPod = async (id) => {
      w.context.ledger.byPod = byPod;
      w.time.real += 60_000;
      Object.assign(w.provider.pods.get('pod1') ?? {}, { name: 'alice-other-k3f9t2' });
      return byPod(id);
    };
    await w.run();
    expect(w.provider.count('terminate')).toBe(0);
    w.time.real += 60_000;
    await w.run();
    for (let i = 0; i < 8 && isOpen((await w.record()).status); i++) await w.run();
    expect((await w.record()).status).toBe('void');
    expect(w.provider.count('terminate')).toBe(0);
  });

  it('nothing stands between the claim and the call: a store that hangs then holds nothing up', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    w.context.tell = () => new Promise(() => {});
    const run = w.run();
    await until(() => w.provider.count('terminate') === 1);
    w.context.tell = async () => {};
    await Promise.race([run, w.run()]);
    expect(w.provider.terminated).toEqual(['pod1']);
  });

  it('a second worker touches nothing while the first may still be sending', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    const record = await w.record();
    const move = moves.sending(record.fingerprint, NOW, w.time.real);
    await w.approvals.claim(
      record,
      move,
      (state) => ({ ...state, rev: state.rev + 1 }),
      () => [],
    );
    await w.run();
    expect(w.provider.calls).toEqual([]);
    expect((await w.record()).attempt).toMatchObject({ number: 1, state: 'sending' });
    w.time.real += 60_000;
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it('a pod that stays after five DELETEs is asked for no more, and the card says so', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    let asked = 0;
    w.provider.terminate = async (id) => {
      asked += 1;
      if (asked > 6) w.provider.pods.delete(id);
      return 'accepted';
    };
    await w.run();
    expect(asked).toBe(5);
    expect(await w.record()).toMatchObject({
      status: 'failed',
      end: { text: expect.stringMatching(/asked five times/) },
    });
  });

  it('two approvers who turn out to be one person are one, also through a third account', async () => {
    const w = await world();
    await w.add({ quorum: 2 });
    await w.vote('r1', BOB);
    await w.vote('r1', CAROL);
    const third = { account: 'discord:9', person: null, name: 'x' };
    const join = (id: string, a: typeof BOB) => ({ id, a, b: third, at: NOW, confirmed: null });
    const both = [join('l1', BOB), join('l2', CAROL)];
    await w.context.links.change(() => both, PEOPLE, logged(NOW, 'linked'));
    await w.context.links.change(() => [], PEOPLE, logged(NOW, 'unlinked'));
    await w.run();
    expect(await w.record()).toMatchObject({
      status: 'void',
      end: { text: 'two who approved turned out to be one person' },
    });
    expect(w.provider.count('terminate')).toBe(0);
  });

  it('does not wait for an API that its key may not ask', async () => {
    const w = await world();
    await w.context.ledger.move('p1', (row) => ({ ...row, spec: row.spec && { ...row.spec, market: 'spot' } }));
    await w.add();
    await w.vote();
    w.provider.failures.otherList = Array.from({ length: 50 }, () => refused('access'));
    await w.run();
    expect((await w.record()).status).toBe('done');
  });

  it('says that the state is unknown where RunPod shows nothing for half an hour', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    w.provider.before.list = () => {
      w.time.now += 60_000;
    };
    w.provider.failures.list = Array.from({ length: 100 }, () => cutOff);
    await w.run();
    expect(await w.record()).toMatchObject({ status: 'failed' });
    expect((await w.record()).end?.text).toMatch(/does not show that it did/);
  });

  it('too many at once wait also where an owner was waited for', async () => {
    const w = await world({ requests: 1, windowMs: 600_000 });
    w.provider.add('pod-a', 'alice-a-k3f9t2');
    const of = { ...newApproval().fingerprint, id: 'pod-a', name: 'alice-a-k3f9t2' };
    await w.add({ id: 'a', batch: 'a', podId: 'pod-a', fingerprint: of });
    await w.add({ id: 'b', batch: 'b', owner: CAROL });
    await w.vote('b');
    w.time.now += 600_000;
    await w.members();
    await w.vote('a');
    await w.run('a');
    await w.run('b');
    expect(await w.record('b')).toMatchObject({ status: 'held', hold: 'breaker' });
  });

  it('too many at once wait for a person; one batch counts once', async () => {
    const w = await world({ requests: 2, windowMs: 600_000 });
    const ids = ['a', 'b', 'c', 'd'];
    const of = (id: string, batch: string) => {
      w.provider.add(`pod-${id}`, `alice-${id}-k3f9t2`);
      const fingerprint = { ...newApproval().fingerprint, id: `pod-${id}`, name: `alice-${id}-k3f9t2` };
      return { id, batch, podId: `pod-${id}`, fingerprint };
    };
    await w.add(of('a', 'a'), of('b', 'a'));
    await w.add(of('c', 'c'));
    await w.add(of('d', 'd'));
    for (const id of ids) {
      await w.vote(id);
      await w.run(id);
    }
    expect(await Promise.all(ids.map(async (id) => (await w.record(id)).status))).toEqual([
      'done',
      'done',
      'done',
      'held',
    ]);
    await w.approvals.move('d', moves.release(CAROL, NOW), () => []);
    await w.run('d');
    expect((await w.record('d')).status).toBe('done');
  });
});

describe('review-requests', () => {
  const review = (w: Awaited<ReturnType<typeof world>>) =>
    reviewRequests.handle({}, w.context, new AbortController().signal);

  it('expires what nobody decided', async () => {
    const w = await world();
    await w.add();
    w.time.now += 9 * 3_600_000;
    await review(w);
    expect((await w.record()).status).toBe('expired');
  });

  it('voids what changed, and only after a second look', async () => {
    const w = await world();
    await w.add();
    const pod = w.provider.pods.get('pod1');
    if (!pod) throw new Error('no pod');
    await w.context.snapshots.saveFleet({ readAt: NOW + 1, pods: [{ ...pod, name: 'lagging' }] });
    await review(w);
    expect((await w.record()).status).toBe('requested');
    pod.name = 'other';
    await review(w);
    expect(await w.record()).toMatchObject({ status: 'void', end: { text: 'the pod changed: renamed' } });
  });

  it('takes a list from before the request for nothing', async () => {
    const w = await world();
    await w.add();
    const pod = w.provider.pods.get('pod1');
    if (!pod) throw new Error('no pod');
    pod.name = 'other';
    await w.context.snapshots.saveFleet({ readAt: NOW, pods: [pod] });
    await review(w);
    expect((await w.record()).status).toBe('requested');
    await w.context.snapshots.saveFleet({ readAt: NOW + 1, pods: [pod] });
    await review(w);
    expect((await w.record()).status).toBe('void');
  });

  it('reminds after 1, 3 and 7 working hours, and no more', async () => {
    const w = await world();
    await w.add();
    const reminded: number[] = [];
    for (let hour = 0; hour < 8; hour++) {
      await review(w);
      reminded.push((await w.record()).reminded);
      w.time.now += 3_600_000;
    }
    expect(reminded).toEqual([0, 1, 1, 2, 2, 2, 2, 3]);
  });
});

type World = Awaited<ReturnType<typeof world>>;

const logged = (at: number, kind: string) => ({ at, kind, actor: null, subject: null, facts: {} });

async function pass(w: World, ms: number): Promise<void> {
  w.time.now += ms;
  await w.members();
}

function change(w: World, more: object): void {
  const pod = w.provider.pods.get('pod1');
  if (pod) Object.assign(pod, more);
}

/** The worker dies at its call: before it left, or after it arrived. */
async function dies(w: World, arrives: boolean): Promise<void> {
  const real = w.provider.terminate;
  w.provider.terminate = async (id: string) => {
    if (arrives) await real(id);
    throw new Error('killed');
  };
  await w.run().catch(() => {});
  w.provider.terminate = real;
  w.time.real += 60_000;
}

/** What can happen around one request, in any order. */
const EVENTS: Record<string, (w: World) => Promise<unknown> | unknown> = {
  'bob approves': (w) => w.vote('r1', BOB),
  'alice approves her own': (w) => w.vote('r1', ALICE),
  'carol approves': (w) => w.vote('r1', CAROL),
  'carol denies': (w) => w.approvals.move('r1', moves.deny(CAROL, 'no', w.time.now), () => []),
  'alice cancels': (w) => w.approvals.move('r1', moves.cancel(ALICE, w.time.now), () => []),
  'alice and bob are linked': (w) => {
    const link = { id: 'l1', a: ALICE, b: BOB, at: w.time.now, confirmed: null };
    return w.context.links.change((all) => (all.length > 0 ? null : [link]), PEOPLE, logged(w.time.now, 'linked'));
  },
  'they are unlinked': (w) => w.context.links.change(() => [], PEOPLE, logged(w.time.now, 'unlinked')),
  'the pod restarts': (w) =>
    change(w, { status: 'RUNNING', reporting: true, startedAt: new Date(w.time.now + 1).toISOString() }),
  'the pod stops': (w) => change(w, { status: 'EXITED', reporting: false, startedAt: null }),
  'somebody deletes it in the console': (w) => w.provider.pods.delete('pod1'),
  'half an hour passes': (w) => pass(w, 31 * 60_000),
  'nine hours pass': (w) => pass(w, 9 * 3_600_000),
  'the worker is killed before its call': (w) => dies(w, false),
  'the worker is killed after its call': (w) => dies(w, true),
  'the worker freezes after its claim': async (w) => {
    const { claim } = w.approvals;
    w.approvals.claim = async (...args) => {
      const result = await claim.apply(w.approvals, args);
      w.time.real += 5000;
      return result;
    };
    await w.run();
    w.approvals.claim = claim;
  },
  'RunPod cuts the next call': (w) => {
    w.provider.failures.terminate = [...(w.provider.failures.terminate ?? []), cutOff];
  },
  'the job runs': (w) => w.run(),
  'the job runs again': (w) => w.run(),
  'the review runs': (w) => reviewRequests.handle({}, w.context, new AbortController().signal),
};

/** Judges each call at the moment it is sent, from what the store and RunPod hold then. */
function watchCalls(w: World): void {
  const real = w.provider.terminate.bind(w.provider);
  w.provider.terminate = async (id: string) => {
    const record = await w.record();
    const pod = w.provider.pods.get('pod1');
    expect(record).toMatchObject({ status: 'executing', attempt: { state: 'sending' } });
    expect(record.votes.length).toBeGreaterThan(0);
    expect(record.votes.some(({ accounts }) => overlap(accounts, record.self))).toBe(false);
    expect(record.self).toContain(bare(ALICE.account));
    if (pod?.status === 'RUNNING') expect(pod.startedAt).toBe(record.fingerprint.startedAt);
    return real(id);
  };
}

describe('every interleaving', () => {
  const events = fc.array(fc.constantFrom(...Object.keys(EVENTS)), { minLength: 3, maxLength: 14 });

  it('deletes only what another person approved, as it was, and says done only when it is gone', async () => {
    let deletions = 0;
    await fc.assert(
      fc.asyncProperty(events, async (names) => {
        const w = await world();
        await w.add();
        watchCalls(w);
        for (const name of names) {
          const before = await w.record();
          await EVENTS[name]?.(w);
          const record = await w.record();
          if (!isOpen(before.status)) expect(record.status).toBe(before.status);
          if (record.status === 'done') expect(w.provider.pods.has('pod1')).toBe(false);
        }
        expect(w.provider.terminated.length).toBeLessThanOrEqual(1);
        deletions += w.provider.terminated.length;
        expect(await w.audit.verify()).toMatchObject({ ok: true });
      }),
      { numRuns: 400 },
    );
    // The property would hold of a worker that does nothing.
    expect(deletions).toBeGreaterThan(10);
  });

  it('without faults exactly one call is sent', async () => {
    const w = await world();
    await w.add();
    await w.vote();
    await Promise.all([w.run(), w.run(), w.run(), w.run()]);
    await w.run();
    expect((await w.record()).status).toBe('done');
    expect(w.provider.count('terminate')).toBe(1);
  });
});
