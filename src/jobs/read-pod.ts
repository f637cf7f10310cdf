import { defineJob } from './define.ts';
import { answer, readPod as name } from './names.ts';
import type { PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

/** What must be live (addresses, SSH) is read when it is asked for, and answered to one person only. */
export const readPod = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle({ pod, reply, view }, context: PodContext, signal) {
    let result: { found: object | null; problem: string | null };
    try {
      result = { found: await context.provider.connections(pod, signal), problem: null };
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      result = { found: null, problem: error.detail };
    }
    await context.replies.fill(reply, { view, ...result });
    await context.enqueue(answer, { reply });
  },
});
