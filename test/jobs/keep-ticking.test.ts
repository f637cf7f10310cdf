import { Queue } from 'bullmq';
import { afterEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/jobs/define.ts';
import { keepTicking, scheduleTicks } from '../../src/jobs/keep-ticking.ts';
import { workersOn } from '../../src/jobs/queues.ts';
import { startWorking, stopWorking } from '../../src/jobs/run.ts';
import { connect } from '../../src/store/connect.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const PREFIX = '{tick-test}';
const EVERY_MS = 200;
const realNow = Date.now;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const clocks = { now: realNow, realNow, pause: async () => {} };
afterEach(() => {
  Date.now = realNow;
});

const open = () => connect({ kind: 'socket', path: redis.path(), db: 0, auth: {} }, 'worker', () => {});

/** Works ticks as a worker does, until it is stopped. */
function working(connection: ReturnType<typeof open>, onTick: () => Promise<void>) {
  return startWorking({
    connection,
    prefix: PREFIX,
    queue: 'pods',
    definitions: [
      defineJob({
        name: 'tick',
        queue: 'pods',
        payload: z.object({}),
        retry: { attempts: 1, backoffMs: 1 },
        timeoutMs: 1000,
        handle: onTick,
      }),
    ],
    context: {},
    log,
    concurrency: 1,
    verdict: () => ({ kind: 'permanent' }),
  });
}

it('ticks go on after a worker whose clock was 12 minutes fast', { timeout: 30_000 }, async () => {
  const connections = [open(), open(), open()] as const;
  const pods = new Queue('pods', { connection: connections[0], prefix: PREFIX });
  const snapshots = new Snapshots(redis.client());
  const ticked = vi.fn(async () => {});
  Date.now = () => realNow() + 12 * 60_000;
  await scheduleTicks(pods, EVERY_MS);
  const fast = working(connections[1], ticked);
  await expect.poll(() => ticked.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(1);
  await stopWorking([fast], 2000);
  Date.now = realNow;

  // Another one comes up, as any worker does: by itself that helps nothing.
  await scheduleTicks(pods, EVERY_MS);
  expect(((await pods.getJobScheduler('tick'))?.next ?? 0) - realNow()).toBeGreaterThan(11 * 60_000);
  ticked.mockClear();
  const right = working(connections[2], ticked);
  await snapshots.seen('worker', realNow());
  expect(await keepTicking(pods, EVERY_MS, { snapshots, clocks })).toBe(false);
  await snapshots.seen('worker', realNow() - 10 * EVERY_MS);
  expect(await keepTicking(pods, EVERY_MS, { snapshots, clocks })).toBe(true);
  await expect.poll(() => ticked.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(2);
  await stopWorking([right], 2000);
  await pods.close();
  for (const one of connections) one.disconnect();
});

it('ticks go on after everything in Redis was deleted, as soon as somebody noticed, and at the latest after a few that did not come', {
  timeout: 30_000,
}, async () => {
  const connections = [open(), open()] as const;
  const pods = new Queue('pods', { connection: connections[0], prefix: PREFIX });
  const snapshots = new Snapshots(redis.client());
  const ticked = vi.fn(async () => snapshots.seen('worker', realNow()));
  await scheduleTicks(pods, EVERY_MS);
  const worker = working(connections[1], ticked);
  const goesOn = () => expect.poll(() => ticked.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(2);
  const lateNow = { ...clocks, realNow: () => realNow() + 6 * EVERY_MS };
  for (const begin of [
    () => scheduleTicks(pods, EVERY_MS),
    () => keepTicking(pods, EVERY_MS, { snapshots, clocks: lateNow }),
  ]) {
    await goesOn();
    await redis.client().flushall();
    expect(await pods.getJobScheduler('tick')).toBeUndefined();
    await begin();
    ticked.mockClear();
    await goesOn();
  }
  expect(await workersOn(pods)).toBe(1);
  await stopWorking([worker], 2000);
  await expect.poll(() => workersOn(pods)).toBe(0);
  await pods.close();
  for (const one of connections) one.disconnect();
});
