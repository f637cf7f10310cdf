import { defineJob } from './define.ts';
import { answer, readPod as name } from './names.ts';
import type { PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** A person waits: better a plain "not now" than a long silence. */
const READ_MS = 20_000;

/** What must be live (addresses, SSH) is read when it is asked for, and answered to one person only. */
export const readPod = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle({ pod, reply, view }, context: PodContext, signal) {
    let result: { found: object | null; problem: string | null };
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
      result = { found: await context.provider.connections(pod, limit), problem: null };
    } catch (error) {
      const problem = error instanceof ProviderFailure ? error.detail : 'it did not answer in time';
      result = { found: null, problem };
    }
    await context.replies.fill(reply, { view, ...result });
    await context.enqueue(answer, { reply });
  },
});
