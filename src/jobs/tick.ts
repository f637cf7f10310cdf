import { dueReads } from '../policy/due.ts';
import type { GovernedContext } from './approvals.ts';
import { defineJob, type JobName } from './define.ts';
import { tickDigests } from './digests.ts';
import {
  tick as name,
  readBilling,
  readFleet,
  reconcile,
  refreshCatalogue,
  refreshPeople,
  reviewRequests,
  TRIED,
} from './names.ts';
import type { PodContext } from './pod-context.ts';
import { pageFor, tellCard } from './tell-findings.ts';
import { watchOver } from './watch.ts';

const READS: Record<string, JobName> = {
  'read-fleet': readFleet,
  'refresh-catalogue': refreshCatalogue,
  'refresh-people': refreshPeople,
  'read-billing': readBilling,
};

/** How often the clock is asked what is due, real ms. */
export const TICK_MS = 3000;

/** Asks the clock what is due and enqueues it. Nothing promised to a person depends on a cron pattern or a delayed job. */
export const tick = defineJob({
  ...name,
  timeoutMs: 30_000,
  async handle(_, context: GovernedContext) {
    await context.snapshots.seen('worker', context.clocks.realNow());
    await watchOver('bot', context);
    const lastRuns = await context.snapshots.lastRuns();
    const pressing = {
      soon: (await hasFreshDoubt(context)) || (await context.findings.soon()),
      findingDue: await context.findings.due(),
      scanMs: context.governance.scanMs,
      triedAt: lastRuns[TRIED],
    };
    for (const due of dueReads(lastRuns, context.clocks.now(), pressing)) {
      const job = READS[due];
      if (job) await context.enqueue(job, {}, { id: job.name });
    }
    await context.enqueue(reconcile, {}, { id: reconcile.name });
    await context.enqueue(reviewRequests, {}, { id: reviewRequests.name });
    await tickDigests(context);
    for (const card of await context.findings.untold()) await tellCard(card, context);
    for (const finding of await context.findings.unpaged()) await pageFor(finding, context);
  },
});

/** Lists lag by seconds, rarely by minutes: after that the usual reads are enough. Real ms. */
const FRESH_MS = 15 * 60_000;

async function hasFreshDoubt({ ledger, clocks }: PodContext): Promise<boolean> {
  const realNow = clocks.realNow();
  const watched = await ledger.watched(realNow);
  return watched.some((row) => row.attempts.some((attempt) => realNow - (attempt.sentAt ?? 0) < FRESH_MS));
}
