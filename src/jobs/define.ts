import type { z } from 'zod';

/** `pods` is worked by the worker (RunPod key), `chat` by the bot (chat tokens). */
export type QueueName = 'pods' | 'chat';

export interface JobDefinition<Context, S extends z.ZodType = z.ZodType> {
  name: string;
  queue: QueueName;
  payload: S;
  retry: { attempts: number; backoffMs: number };
  /** The handler's signal is aborted after this many ms, real time. */
  timeoutMs: number;
  handle(payload: z.infer<S>, context: Context, signal: AbortSignal): Promise<void>;
}

/** What a producer must know: no handler, so that the bot never loads the worker's code. */
export type JobName<S extends z.ZodType = z.ZodType> = Pick<
  JobDefinition<never, S>,
  'name' | 'queue' | 'payload' | 'retry'
>;

export function defineJob<Context, S extends z.ZodType>(
  definition: JobDefinition<Context, S>,
): JobDefinition<Context, S> {
  if (!/^[a-z]+(-[a-z]+)*$/.test(definition.name)) throw new Error(`job name ${definition.name} is not kebab-case`);
  return definition;
}

/** Trying again cannot help: the job ends, the row says why. */
export class PermanentFailure extends Error {}
/** Not now: the job goes back to the queue for this long without counting as an attempt. */
export class TryLater extends Error {
  readonly delayMs: number;

  constructor(delayMs: number) {
    super(`try again in ${delayMs} ms`);
    this.delayMs = delayMs;
  }
}
