import { type ConnectionOptions, DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import { isOutOfMemory } from '../store/connect.ts';
import { type JobDefinition, PermanentFailure, type QueueName, TryLater } from './define.ts';
import type { Log } from './ports.ts';

/** BullMQ's defaults find a dead worker's job after a minute and fail it at the second death. The ledger counts, not BullMQ. */
const RECOVERY = { lockDuration: 10_000, stalledInterval: 3000, maxStalledCount: 1000 };

/** A day's rate limit is looked at again before the day is over, and a job that waits for it holds up its like. */
const MAX_LATER_MS = 30_000;

/** What the error of a job means to the queue. */
export type Verdict = (
  error: unknown,
) => { kind: 'retry' } | { kind: 'permanent' } | { kind: 'later'; delayMs: number };

export interface RunOptions<Context> {
  connection: ConnectionOptions;
  prefix: string;
  queue: QueueName;
  // biome-ignore lint/suspicious/noExplicitAny: definitions differ in their payloads; each parses its own.
  definitions: readonly JobDefinition<Context, any>[];
  context: Context;
  log: Log;
  concurrency: number;
  verdict: Verdict;
}

/** Works one queue. @throws at once where two definitions share a name or one belongs elsewhere. */
export function startWorking<Context>(options: RunOptions<Context>): Worker {
  const registry = new Map<string, JobDefinition<Context>>();
  for (const definition of options.definitions) {
    if (definition.queue !== options.queue)
      throw new Error(`${definition.name} does not belong to queue ${options.queue}`);
    if (registry.has(definition.name)) throw new Error(`two handlers for ${definition.name}`);
    registry.set(definition.name, definition);
  }
  const { log } = options;
  const worker = new Worker(options.queue, (job, token) => work(job, token, registry, options), {
    connection: options.connection,
    prefix: options.prefix,
    concurrency: options.concurrency,
    ...RECOVERY,
  });
  worker.on('error', (error) => {
    log.warn({ queue: options.queue, error: error.message }, 'worker connection');
    if (isOutOfMemory(error)) rest(worker);
  });
  worker.on('failed', (job, error) =>
    log.warn({ job: job?.name, attempt: job?.attemptsMade, error: error.message }, 'job failed'),
  );
  return worker;
}

/** While Redis takes no writes, BullMQ asks it for the next job again and again, thousands of times a second. */
const REST_MS = 1000;
const ending = new WeakSet<Worker>();

function rest(worker: Worker): void {
  if (worker.isPaused() || ending.has(worker)) return;
  // Jobs that run already are not waited for.
  worker.pause(true).catch(() => {});
  setTimeout(() => {
    if (!ending.has(worker)) worker.resume();
  }, REST_MS).unref();
}

async function work<Context>(
  job: Job,
  token: string | undefined,
  registry: Map<string, JobDefinition<Context>>,
  { context, verdict }: RunOptions<Context>,
): Promise<void> {
  const definition = registry.get(job.name);
  if (!definition) throw new UnrecoverableError(`no handler for ${job.name}`);
  const payload = definition.payload.safeParse(job.data);
  if (!payload.success) throw new UnrecoverableError(`the payload of ${job.name} does not parse`);
  try {
    await definition.handle(payload.data, context, AbortSignal.timeout(definition.timeoutMs));
  } catch (error) {
    const meaning = meaningOf(error, verdict);
    if (meaning.kind === 'permanent') throw new UnrecoverableError((error as Error).message);
    if (meaning.kind !== 'later') throw error;
    await job.moveToDelayed(Date.now() + meaning.delayMs, token);
    throw new DelayedError();
  }
}

function meaningOf(error: unknown, verdict: Verdict): ReturnType<Verdict> {
  if (error instanceof PermanentFailure) return { kind: 'permanent' };
  if (error instanceof TryLater) return { kind: 'later', delayMs: Math.min(error.delayMs, MAX_LATER_MS) };
  const meaning = verdict(error);
  return meaning.kind === 'later' ? { ...meaning, delayMs: Math.min(meaning.delayMs, MAX_LATER_MS) } : meaning;
}

/**
 * Takes no new jobs and lets running ones end, at most this long; what is cut off is taken up by another worker. Not
 * `close()` first: BullMQ then waits for the jobs whatever is asked later.
 */
export async function stopWorking(workers: readonly Worker[], deadlineMs: number): Promise<void> {
  for (const worker of workers) ending.add(worker);
  const drained = Promise.all(workers.map((worker) => worker.pause()));
  let timeout: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timeout = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([drained, deadline]);
  clearTimeout(timeout);
  await Promise.all(workers.map((worker) => worker.close(true)));
}
