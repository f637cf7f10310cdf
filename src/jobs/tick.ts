import { dueReads } from '../policy/due.ts';
import { defineJob, type JobName } from './define.ts';
import { tick as name, readFleet, reconcile, refreshCatalogue, refreshPeople } from './names.ts';
import type { PodContext } from './pod-context.ts';

const READS: Record<string, JobName> = {
  'read-fleet': readFleet,
  'refresh-catalogue': refreshCatalogue,
  'refresh-people': refreshPeople,
};

/** How often the clock is asked what is due, real ms. */
export const TICK_MS = 3000;

/** Asks the clock what is due and enqueues it. Nothing promised to a person depends on a cron pattern or a delayed job. */
export const tick = defineJob({
  ...name,
  timeoutMs: 30_000,
  async handle(_, context: PodContext) {
    const lastRuns = await context.snapshots.lastRuns();
    for (const due of dueReads(lastRuns, context.clocks.now())) {
      const job = READS[due];
      if (job) await context.enqueue(job, {}, { id: job.name });
    }
    await context.enqueue(reconcile, {}, { id: reconcile.name });
  },
});
