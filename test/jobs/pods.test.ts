import { describe, expect, it } from 'vitest';
import { TIMINGS } from '../../src/entry/worker.ts';
import type { GovernedContext } from '../../src/jobs/approvals.ts';
import { TryLater } from '../../src/jobs/define.ts';
import { launchPod } from '../../src/jobs/launch-pod.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { reconcile } from '../../src/jobs/reconcile.ts';
import { startPod } from '../../src/jobs/start-pod.ts';
import { stopPod } from '../../src/jobs/stop-pod.ts';
import type { Row } from '../../src/policy/ledger.ts';
import * as moves from '../../src/policy/ledger-moves.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { ALICE, FACTS, NOW, newRow, SPEC } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';
import { cutOff, limited, neverSent, refused, unreadable } from './provider.ts';

const redis = useRedis();
const SETTLE_MS = 1000;

/** Time that only pauses move: a settle time passes in an instant, and in the same steps. */
function world() {
  const { provider, time, context: base } = governed(redis.client());
  const enqueued: string[] = [];
  let suffix = 0;
  const context: GovernedContext = {
    ...base,
    // The rows themselves, without the log of what was asked.
    ledger: new Ledger(redis.client()),
    enqueue: async (job) => {
      enqueued.push(job.name);
    },
    settleMs: SETTLE_MS,
    newSuffix: () => ['aaaaaa', 'bbbbbb', 'cccccc', 'dddddd'][suffix++] ?? 'zzzzzz',
  };
  const signal = new AbortController().signal;
  const put = async (row: Row) => {
    await context.ledger.add(row, () => null);
  };
  const row = async () => (await context.ledger.get('p1')) as Row;
  const launch = () => launchPod.handle({ row: 'p1' }, context, signal);
  return { provider, time, enqueued, context, signal, put, row, launch };
}

describe('launch-pod', () => {
  it('creates once and follows the pod until it runs', async () => {
    const { provider, put, row, launch, enqueued } = world();
    await put(newRow());
    await launch();
    expect(await row()).toMatchObject({ status: 'running', podId: 'pod1', facts: { name: 'alice-run7-aaaaaa' } });
    expect(provider.count('create')).toBe(1);
    expect(enqueued).toContain('announce');
    expect(enqueued).toContain('read-fleet');
  });

  it('has its card follow as soon as RunPod was asked, while the answer is awaited', async () => {
    const { provider, put, row, launch, enqueued } = world();
    await put(newRow());
    let answer = () => {};
    provider.before.create = () => {
      enqueued.length = 0;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const launched = launch();
    await expect.poll(() => provider.count('create')).toBe(1);
    expect((await row()).attempts.at(-1)?.state).toBe('sending');
    expect(enqueued).toEqual(['announce']);
    answer();
    await launched;
  });

  it.each([
    ['cut off', cutOff],
    ['unreadable', unreadable],
  ])('a create that ends %s, after the pod was made, is found by its name', async (_, failure) => {
    const { provider, put, row, launch } = world();
    await put(newRow());
    provider.failures.create = [
      () => {
        provider.add('made', 'alice-run7-aaaaaa');
        return failure();
      },
    ];
    await launch();
    expect(await row()).toMatchObject({ status: 'running', podId: 'made' });
    expect(provider.count('create')).toBe(1);
  });

  it('is looked for through the whole settle time, and then created under a new name', async () => {
    const { provider, time, put, row, launch } = world();
    await put(newRow());
    provider.failures.create = [cutOff];
    const before = time.real;
    provider.before.create = () => {
      if (provider.count('create') === 2) expect(time.real - before).toBeGreaterThanOrEqual(SETTLE_MS);
    };
    await launch();
    expect((await row()).attempts.map((a) => [a.podName, a.state])).toEqual([
      ['alice-run7-aaaaaa', 'absent'],
      ['alice-run7-bbbbbb', 'created'],
    ]);
  });

  it('creates nothing while the lists cannot be read, nor on the first read after that which misses the name', async () => {
    const { provider, put, row, launch } = world();
    await put(newRow());
    provider.failures.create = [cutOff];
    provider.failures.list = Array.from({ length: 50 }, () => cutOff);
    let readsBeforeIt = 0;
    provider.before.create = () => {
      if (provider.count('create') === 2) readsBeforeIt = provider.count('list');
    };
    await launch();
    expect(await row()).toMatchObject({ status: 'running' });
    expect(readsBeforeIt).toBe(52);
  });

  it.each([
    ['both lists answer', 1],
    ['the second list is retired', 2],
  ])('with the settings that ship, waits %s: settle times %i', async (_, times) => {
    const { provider, time, put, launch, context } = world();
    context.settleMs = TIMINGS.settleMs;
    await put(newRow());
    provider.failures.create = [cutOff];
    if (times === 2) provider.otherList = async () => 'retired' as never;
    const before = time.real;
    let waited = 0;
    provider.before.create = () => {
      if (provider.count('create') === 2) waited = time.real - before;
    };
    await launch();
    expect(waited).toBeGreaterThanOrEqual(times * TIMINGS.settleMs);
    expect(waited).toBeLessThan((times + 1) * TIMINGS.settleMs);
    // What is still running inside RunPod has ended by then.
    expect(waited).toBeGreaterThan(TIMINGS.createTimeoutMs);
  });

  it('gives up after three, and says that the state is unknown', async () => {
    const { provider, put, row, launch } = world();
    await put(newRow());
    provider.failures.create = [cutOff, cutOff, cutOff];
    await launch();
    expect(await row()).toMatchObject({ status: 'failed', trouble: { kind: 'unknown-state' } });
    expect(provider.count('create')).toBe(3);
  });

  it.each([
    ['rate-limited', limited],
    ['never sent', neverSent],
  ])('a create that was %s is claimed anew, under the same name', async (_, failure) => {
    const { provider, put, row, launch } = world();
    await put(newRow());
    provider.failures.create = [failure];
    await expect(launch()).rejects.toBeInstanceOf(TryLater);
    expect((await row()).attempts[0]?.state).toBe('planned');
    await launch();
    expect(await row()).toMatchObject({ status: 'running', attempts: [{ podName: 'alice-run7-aaaaaa' }] });
  });

  it('a worker that was frozen after its claim does not send', async () => {
    const { provider, time, put, row, launch, context } = world();
    await put(newRow());
    const { ledger } = context;
    const move = ledger.move.bind(ledger);
    // The write of the claim takes ten seconds, as for a stopped process; another worker has time to take over.
    ledger.move = async (id, step) => {
      const before = await ledger.get(id);
      const result = await move(id, step);
      const claimed = before?.attempts[0]?.state === 'planned' && result?.row.attempts[0]?.state === 'sending';
      if (claimed) time.real += 10_000;
      return result;
    };
    await expect(launch()).rejects.toBeInstanceOf(TryLater);
    expect(provider.count('create')).toBe(0);
    expect((await row()).attempts[0]?.state).toBe('planned');
    ledger.move = move;
    await launch();
    expect(await row()).toMatchObject({ status: 'running' });
    expect(provider.count('create')).toBe(1);
  });

  it('a claim that a dead worker left is looked for and not sent again', async () => {
    const { provider, put, row, launch, context } = world();
    await put(newRow());
    await context.ledger.move('p1', moves.take('alice-run7-aaaaaa', NOW));
    await context.ledger.move('p1', moves.sending(1, NOW, 1));
    provider.add('made', 'alice-run7-aaaaaa');
    await launch();
    expect(await row()).toMatchObject({ status: 'running', podId: 'made' });
    expect(provider.count('create')).toBe(0);
  });

  it('two workers at once create one pod', async () => {
    const { provider, put, launch } = world();
    await put(newRow());
    await Promise.allSettled([launch(), launch(), launch()]);
    await launch();
    expect(provider.count('create')).toBe(1);
  });

  it('a refusal ends it, with the on-demand price where spot was asked for', async () => {
    const { provider, put, row, launch } = world();
    await put(newRow({ spec: { ...SPEC, market: 'spot', bidCeilingMicroUsd: 200_000 } }));
    await launch();
    expect(await row()).toMatchObject({ status: 'failed', trouble: { kind: 'bid-too-high' } });
    expect(provider.count('create')).toBe(0);
  });

  it('a pod that lists do not show yet is not taken for gone', async () => {
    const { provider, put, row, launch } = world();
    await put(newRow());
    provider.lists = false;
    let hidden = 5;
    const get = provider.get.bind(provider);
    provider.get = async (id: string) => (hidden-- > 0 ? null : get(id));
    await launch();
    expect(await row()).toMatchObject({ status: 'running' });
  });
});

const task = (kind: 'stop' | 'start') => ({ id: 't', kind, by: ALICE, at: NOW, asOnDemand: false });

async function running(w: ReturnType<typeof world>, more: Partial<Row> = {}) {
  w.provider.add('pod1', FACTS.name);
  await w.put(newRow({ status: 'running', podId: 'pod1', facts: FACTS, ...more }));
}

async function asked(w: ReturnType<typeof world>, kind: 'stop' | 'start') {
  await w.context.ledger.move('p1', moves.ask(task(kind), NOW));
  const job = kind === 'stop' ? stopPod : startPod;
  return job.handle({ row: 'p1' }, w.context, w.signal);
}

describe('stop-pod', () => {
  it('says stopped after it was read back', async () => {
    const w = world();
    await running(w);
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({ status: 'stopped', task: { state: 'done' } });
  });

  it('a locked pod refuses, and the card says how it stands', async () => {
    const w = world();
    await running(w);
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.locked = true;
    w.provider.failures.stop = [refused('conflict')];
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({ status: 'running', trouble: { kind: 'locked' }, task: { state: 'failed' } });
  });

  it('conflicts that do not end are told, not tried for ever', async () => {
    const w = world();
    await running(w);
    w.provider.failures.stop = Array(20).fill(refused('conflict', 'pod belongs to a cluster'));
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({
      status: 'running',
      trouble: { kind: 'refused', detail: 'pod belongs to a cluster' },
    });
    expect(w.provider.count('stop')).toBeLessThan(6);
  });

  it('a key that may not read is told', async () => {
    const w = world();
    await running(w);
    w.provider.failures.get = [refused('access')];
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({ status: 'running', trouble: { kind: 'access' } });
  });

  it('of a pod in ERROR claims nothing', async () => {
    const w = world();
    await running(w);
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.status = 'ERROR';
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({
      status: 'stopped',
      task: { state: 'failed' },
      trouble: { kind: 'pod-error' },
      facts: { odd: { status: 'ERROR', microUsdPerHour: 490_000 } },
    });
  });

  it('a pod that is gone is told only when it is proven', async () => {
    const w = world();
    await running(w);
    w.provider.pods.clear();
    w.provider.failures.get = [undefined, neverSent];
    await asked(w, 'stop');
    expect(await w.row()).toMatchObject({ status: 'terminated', trouble: { kind: 'gone' } });
    expect(w.provider.count('get')).toBeGreaterThan(3);
  });
});

describe('start-pod', () => {
  const off = async (w: ReturnType<typeof world>) => {
    await running(w, { status: 'stopped' });
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.status = 'EXITED';
  };

  it('starts, and waits until it is up', async () => {
    const w = world();
    await off(w);
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({ status: 'running', task: { state: 'done' } });
  });

  it('a rate limit puts it off and does not lose it', async () => {
    const w = world();
    await off(w);
    w.provider.failures.start = [limited];
    await expect(asked(w, 'start')).rejects.toBeInstanceOf(TryLater);
    await startPod.handle({ row: 'p1' }, w.context, w.signal);
    expect(await w.row()).toMatchObject({ status: 'running' });
    expect(w.provider.count('start')).toBe(2);
  });

  it('one read that finds nothing starts nothing, and is tried again', async () => {
    const w = world();
    await off(w);
    const get = w.provider.get.bind(w.provider);
    let blips = 1;
    w.provider.get = async (id: string) => (blips-- > 0 ? null : get(id));
    await expect(asked(w, 'start')).rejects.toBeInstanceOf(TryLater);
    expect(w.provider.count('start')).toBe(0);
    await startPod.handle({ row: 'p1' }, w.context, w.signal);
    expect(await w.row()).toMatchObject({ status: 'running' });
  });

  it('an answer that was cut off is followed by reading, never by a second start', async () => {
    const w = world();
    await off(w);
    w.provider.failures.start = [cutOff];
    const pod = w.provider.pods.get('pod1');
    w.provider.before.get = () => {
      if (w.provider.count('get') === 6 && pod) pod.status = 'RUNNING';
    };
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({ status: 'running' });
    expect(w.provider.count('start')).toBe(1);
  });

  it('is remembered as sent, also where it came to nothing; a refusal is not', async () => {
    const w = world();
    await off(w);
    // Accepted, and the pod stays off: RunPod may still start it.
    w.provider.failures.start = [cutOff];
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({ status: 'stopped', wrote: { what: 'start', at: expect.any(Number) } });
    w.provider.failures.start = [refused('invalid')];
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({ status: 'stopped', trouble: { kind: 'refused' }, wrote: null });
  });

  it('bids no more for a spot pod than its ceiling, and says so', async () => {
    const w = world();
    const spec = { ...SPEC, market: 'spot' as const, bidCeilingMicroUsd: 200_000 };
    w.provider.add('pod1', FACTS.name, { status: 'EXITED' });
    await w.put(newRow({ status: 'stopped', podId: 'pod1', facts: FACTS, spec }));
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({ status: 'stopped', trouble: { kind: 'spot-refused' } });
    expect([w.provider.count('resumeSpot'), w.provider.count('start')]).toEqual([0, 0]);
  });

  it('coming up without a GPU is no success', async () => {
    const w = world();
    await off(w);
    w.provider.before.start = () => {
      const pod = w.provider.pods.get('pod1');
      if (pod) pod.gpuCount = 0;
    };
    await asked(w, 'start');
    expect(await w.row()).toMatchObject({
      status: 'running',
      trouble: { kind: 'zero-gpu' },
      task: { state: 'failed' },
    });
  });

  it('a stop cuts a start that hangs', async () => {
    const w = world();
    await off(w);
    const pod = w.provider.pods.get('pod1');
    w.provider.before.start = () => {
      if (pod) pod.reporting = false;
    };
    w.provider.before.get = async () => {
      const stop = { ...task('stop'), id: 't2' };
      if (w.provider.count('get') === 5) await w.context.ledger.move('p1', moves.ask(stop, NOW));
    };
    await asked(w, 'start');
    await stopPod.handle({ row: 'p1' }, w.context, w.signal);
    expect(await w.row()).toMatchObject({ status: 'stopped', task: { id: 't2', state: 'done' } });
  });
});

describe('read-fleet', () => {
  const read = (w: ReturnType<typeof world>) => {
    w.time.now += 1000;
    return readFleet.handle({}, w.context, w.signal);
  };

  it('adopts a pod that turns up late for a launch that has none, and tells a second one', async () => {
    const w = world();
    await w.put(newRow());
    w.provider.failures.create = [cutOff, cutOff, cutOff];
    await w.launch();
    w.provider.add('late', 'alice-run7-bbbbbb');
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'starting', podId: 'late' });
    w.provider.add('later', 'alice-run7-aaaaaa');
    await read(w);
    expect(await w.row()).toMatchObject({ podId: 'late', duplicates: ['later'] });
  });

  it('leaves a row as it is while lists miss its pod: what was last seen is older than what we did', async () => {
    const w = world();
    await running(w);
    await read(w);
    w.provider.lists = false;
    await read(w);
    await w.context.ledger.move('p1', moves.ask(task('stop'), w.time.now));
    await stopPod.handle({ row: 'p1' }, w.context, w.signal);
    expect(await w.row()).toMatchObject({ status: 'stopped' });
    await read(w);
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'stopped' });
  });

  it('follows what was done elsewhere, and calls nothing gone from one list', async () => {
    const w = world();
    await running(w);
    w.provider.lists = false;
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'running' });
    w.provider.lists = true;
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.status = 'EXITED';
    // Never seen up by a scan: one read that contradicts our own row is not yet believed.
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'running' });
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'stopped' });
    w.provider.pods.clear();
    await read(w);
    expect(await w.row()).toMatchObject({ status: 'terminated' });
  });
});

describe('reconcile', () => {
  it('takes up what has no job, and lets what waited too long expire', async () => {
    const w = world();
    await w.put(newRow());
    await w.put(newRow({ id: 'p2', createdAt: NOW - moves.REQUEST_TTL_MS - 1 }));
    await reconcile.handle({}, w.context, w.signal);
    expect(w.enqueued).toContain('launch-pod');
    expect((await w.context.ledger.get('p2'))?.status).toBe('expired');
  });
});
