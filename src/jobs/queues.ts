import { type ConnectionOptions, Queue } from 'bullmq';
import type { z } from 'zod';
import type { Row } from '../policy/ledger.ts';
import type { JobName, QueueName } from './define.ts';
import { announce, jobFor } from './names.ts';
import type { Log } from './ports.ts';

export interface EnqueueOptions {
  /**
   * Jobs of one id run one after another, and at most one waits: a call while one is active runs once more afterwards.
   */
  id?: string;
  delayMs?: number;
}

/** How jobs get into the queues. */
export type Enqueue = <S extends z.ZodType>(
  job: JobName<S>,
  payload: z.input<S>,
  options?: EnqueueOptions,
) => Promise<void>;

export interface Producer {
  enqueue: Enqueue;
  queue(name: QueueName): Queue;
  close(): Promise<void>;
}

export function createProducer(connection: ConnectionOptions, prefix: string, log: Log): Producer {
  const open = (name: QueueName) => {
    const queue = new Queue(name, {
      connection,
      prefix,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 100 },
    });
    queue.on('error', (error) => log.warn({ queue: name, error: error.message }, 'queue connection'));
    return queue;
  };
  const queues = { pods: open('pods'), chat: open('chat') };
  const enqueue: Enqueue = async (job, payload, options = {}) => {
    const data = job.payload.parse(payload);
    await queues[job.queue].add(job.name, data, {
      attempts: job.retry.attempts,
      backoff: { type: 'exponential', delay: job.retry.backoffMs, jitter: 0.5 },
      ...(options.id === undefined ? {} : { deduplication: { id: options.id, keepLastIfActive: true } }),
      ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
    });
  };
  return {
    enqueue,
    queue: (name) => queues[name],
    close: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
    },
  };
}

/** How many work a queue, by their connections: one that died is not among them at once. Null where Redis does not tell. */
export const workersOn = (queue: Queue): Promise<number | null> => queue.getWorkersCount().catch(() => null);

/** Enqueues what a row asks for: its pod job and its announcement. Safe to repeat. */
export async function enqueueFor(row: Row, enqueue: Enqueue): Promise<void> {
  const job = jobFor(row);
  if (job) await enqueue(job, { row: row.id }, { id: `${job.name}-${row.id}` });
  await enqueue(announce, { row: row.id }, { id: `announce-${row.id}` });
}
