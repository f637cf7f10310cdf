import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { OutOfMemory } from '../../src/bot/out-of-memory.ts';
import type { Standings } from '../../src/bot/people.ts';
import type { Work } from '../../src/bot/work.ts';
import { defineJob } from '../../src/jobs/define.ts';
import { ProviderFailure } from '../../src/jobs/ports.ts';
import { startWorking, stopWorking } from '../../src/jobs/run.ts';
import { Audit } from '../../src/store/audit.ts';
import { connect } from '../../src/store/connect.ts';
import { DirectLine, type DirectStop } from '../../src/store/direct-line.ts';
import { botServices } from '../bot/chats.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed, KEY } from './context.ts';

const redis = useRedis();
const open = () => connect({ kind: 'socket', path: redis.path(), db: 0, auth: {} }, 'worker', () => {});
const full = () => redis.client().config('SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction');
const roomy = () => redis.client().config('SET', 'maxmemory', '0');
const closing: (() => unknown)[] = [];
beforeEach(roomy);
afterEach(async () => {
  await roomy();
  for (const close of closing.splice(0)) await close();
});

/** A worker and a bot that reach each other, each over connections of its own. */
async function parts({ botKey = KEY, serve = true } = {}) {
  const worker = governed(redis.client());
  worker.provider.add('pod1', FACTS.name, { gpuId: 'NVIDIA RTX A6000' });
  const { direct } = worker.context;
  const [ours, theirs] = [open(), open()];
  const workerLine = new DirectLine(ours, worker.context.audit);
  const botLine = new DirectLine(theirs, new Audit(theirs, botKey));
  for (const line of [workerLine, botLine]) closing.push(() => line.close());
  for (const one of [ours, theirs]) closing.push(() => one.disconnect());
  await botLine.open();
  if (serve) await workerLine.serve(worker.context.clocks.realNow, (wanted) => direct.carryOut(wanted));
  const wanted = (more: Partial<DirectStop> = {}) => ({
    id: 'd1',
    pod: 'pod1',
    by: ALICE,
    at: worker.time.real,
    ...more,
  });
  return { ...worker, direct, botLine, wanted, theirs };
}

describe('a Redis that takes no writes', () => {
  it('passes a stop on to a worker, which reads back and logs it once writes are taken again', async () => {
    const w = await parts();
    await full();
    await expect(redis.client().set('x', '1')).rejects.toThrow(/OOM/);
    expect(await w.botLine.ask(w.wanted(), 10_000)).toMatchObject({ kind: 'stopped', detail: '' });
    expect(w.provider.count('stop')).toBe(1);
    await expect(w.direct.logAll()).rejects.toThrow(/OOM/);
    await roomy();
    await w.direct.logAll();
    await w.direct.logAll();
    expect((await w.context.audit.newest(9, ({ kind }) => kind === 'runpod-stop-direct')).entries).toMatchObject([
      { subject: 'pod1', facts: { answer: 'stopped' } },
    ]);
  });

  it('passes on no stop of somebody without the audit key', async () => {
    const forger = await parts({ botKey: 'f'.repeat(32) });
    expect(await forger.botLine.ask(forger.wanted(), 300)).toMatchObject({ kind: 'no-answer' });
    expect(forger.provider.count('stop')).toBe(0);
  });

  it('passes on no stop twice, and no old one', async () => {
    const w = await parts();
    expect(await w.botLine.ask(w.wanted({ at: w.time.real - 60_000 }), 300)).toMatchObject({ kind: 'no-answer' });
    await w.botLine.ask(w.wanted(), 10_000);
    expect(await w.botLine.ask(w.wanted(), 300)).toMatchObject({ kind: 'no-answer' });
    expect(w.provider.count('stop')).toBe(1);
  });

  it('is honest about a stop that RunPod refused', async () => {
    const w = await parts();
    w.provider.before.stop = () => {
      throw new ProviderFailure('refused', { reason: 'conflict', detail: 'the pod is locked' });
    };
    expect(await w.botLine.ask(w.wanted(), 10_000)).toMatchObject({ kind: 'refused', detail: 'the pod is locked' });
  });

  it('is not refused where another worker has stopped the pod already', async () => {
    const w = await parts();
    w.provider.before.stop = () => {
      w.provider.add('pod1', FACTS.name, { status: 'EXITED', reporting: false });
      throw new ProviderFailure('refused', { reason: 'conflict', detail: 'the pod is not running' });
    };
    expect(await w.botLine.ask(w.wanted(), 10_000)).toMatchObject({ kind: 'stopped', detail: '' });
  });

  it('says so where no worker listens', async () => {
    const w = await parts({ serve: false });
    expect(await w.botLine.ask(w.wanted(), 10_000)).toEqual({ kind: 'no-worker', detail: '' });
  });

  it('has a worker rest instead of asking for jobs thousands of times a second, and go on afterwards', {
    timeout: 30_000,
  }, async () => {
    const connection = open();
    closing.push(() => connection.disconnect());
    const warned: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (_: object, text: string) => void warned.push(text) };
    const job = { name: 'tick', queue: 'pods', payload: z.object({}), retry: { attempts: 1, backoffMs: 1 } } as const;
    const ran = vi.fn(async () => {});
    const queue = new Queue('pods', { connection, prefix: '{oom-test}' });
    closing.push(() => queue.close());
    await queue.add('tick', {});
    await full();
    const worker = startWorking({
      connection,
      prefix: '{oom-test}',
      queue: 'pods',
      definitions: [defineJob({ ...job, timeoutMs: 1000, handle: ran })],
      context: {},
      log,
      concurrency: 1,
      verdict: () => ({ kind: 'permanent' }),
    });
    closing.push(() => stopWorking([worker], 1000));
    await worker.waitUntilReady();
    await pause(2000);
    expect(warned.length).toBeGreaterThan(0);
    expect(warned.length).toBeLessThan(20);
    await roomy();
    await expect.poll(() => ran.mock.calls.length, { timeout: 10_000 }).toBe(1);
  });
});

describe('what people hear while Redis is out of memory', () => {
  const about = { eventId: 'e1', account: ALICE.account, name: 'alice', at: NOW };
  const place = { chat: 'slack', channel: 'C0GPU' };
  const click = (token: string): Work => ({ ...about, place, kind: 'click', token, label: null });
  const command = (name: string, args = {}, at = place): Work => ({
    ...about,
    place: at,
    kind: 'command',
    command: name,
    args,
  });

  async function bot(rights: string[] = ['stop']) {
    const { services } = botServices(redis.client(), 'slack');
    await services.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
    const stopped: string[] = [];
    const standing = { access: { may: new Set(rights), why: new Map() }, person: 'alice' };
    const standings = { of: async () => standing } as unknown as Standings;
    const out = new OutOfMemory(services, standings, async (pod) => {
      stopped.push(pod);
      return { kind: 'stopped', detail: '' };
    });
    await full();
    const hear = async (work: Work) => {
      const { message, isDone } = await out.answer(work);
      return { said: JSON.stringify(message), isDone, tokens: message.buttons.map(({ token }) => token) };
    };
    return { hear, stopped };
  }

  it('a typed stop asks first, and its button stops; the press is carried out as usual later, so that it is recorded', async () => {
    const { hear, stopped } = await bot();
    const asked = await hear(command('stop', { pods: 'run7' }));
    expect(asked).toMatchObject({
      isDone: true,
      tokens: ['v1.stop.pod1!'],
      said: expect.stringContaining('Stop run7?'),
    });
    expect(stopped).toEqual([]);
    const pressed = await hear(click(asked.tokens[0] ?? ''));
    expect(pressed).toMatchObject({
      isDone: false,
      said: expect.stringMatching(/run7 is stopped: Runpod showed it as off/),
    });
    expect(stopped).toEqual(['pod1']);
  });

  it('Stop on a card asks where the chat did not, and anything else waits and points at Stop', async () => {
    const { hear, stopped } = await bot();
    expect(await hear(click('v1.stop.p1'))).toMatchObject({ isDone: true, tokens: ['v1.stop.pod1!'] });
    expect(await hear(click('v1.approve.r1'))).toMatchObject({
      isDone: false,
      said: expect.stringContaining('/pod stop'),
    });
    expect((await hear(command('launch', { gpu: 'a6000' }))).said).toMatch(/no launch/);
    expect(stopped).toEqual([]);
  });

  it('stops nothing for who may not, for no pod that is known, and outside of rooms', async () => {
    const { hear, stopped } = await bot([]);
    expect((await hear(click('v1.stop.p1!'))).said).toMatch(/not allowed to stop/);
    const may = await bot();
    expect((await may.hear(click('v1.stop.nothing!'))).said).toMatch(/do not know that pod/);
    expect((await may.hear(command('stop', { pods: 'nothing' }))).said).toMatch(/no pod nothing/);
    const elsewhere = command('stop', { pods: 'run7' }, { chat: 'slack', channel: 'C0OTHER' });
    expect((await may.hear(elsewhere)).said).toMatch(/not one of Podwarden’s rooms/);
    expect([...stopped, ...may.stopped]).toEqual([]);
  });
});
