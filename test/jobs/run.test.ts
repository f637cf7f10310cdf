import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/jobs/define.ts';
import { startWorking, stopWorking } from '../../src/jobs/run.ts';
import { connect } from '../../src/store/connect.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const log = { debug() {}, info() {}, warn() {}, error() {} };

it('waits at most half a minute for a limit of an hour: a job that waits holds up its like', async () => {
  const job = defineJob({
    name: 'asks-too-much',
    queue: 'pods',
    payload: z.object({}),
    retry: { attempts: 1, backoffMs: 1 },
    timeoutMs: 1000,
    handle: async () => {
      throw new Error('rate limited');
    },
  });
  const open = () => connect({ kind: 'socket', path: redis.path(), db: 0, auth: {} }, 'worker', () => {});
  const connections = [open(), open()] as const;
  const [connection, working] = connections;
  const queue = new Queue('pods', { connection, prefix: '{run-test}' });
  const worker = startWorking({
    connection: working,
    prefix: '{run-test}',
    queue: 'pods',
    definitions: [job],
    context: {},
    log,
    concurrency: 1,
    verdict: () => ({ kind: 'later', delayMs: 3_600_000 }),
  });
  const added = await queue.add(job.name, {});
  await expect.poll(() => added.getState(), { timeout: 10_000 }).toBe('delayed');
  const [, due] = await redis.client().zrange(queue.toKey('delayed'), '0', '0', 'WITHSCORES');
  expect(Number(due) / 0x1000 - Date.now()).toBeLessThanOrEqual(30_000);
  await stopWorking([worker], 1000);
  await queue.close();
  for (const one of connections) one.disconnect();
});
