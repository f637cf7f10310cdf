import { type Alert, alertOf } from '../policy/findings/alert.ts';
import { pagedAs } from '../policy/findings/moves.ts';
import type { Findings } from '../store/findings.ts';
import { defineJob } from './define.ts';
import { pageOutByBot, pageOut as worker } from './names.ts';

/** Tells the critical webhook. @throws where it did not take it: the job's retry then. */
export type Pager = (alert: Alert, signal: AbortSignal) => Promise<void>;

export interface PagingContext {
  findings: Findings;
  /** Null where none is set. */
  pager: Pager | null;
}

/** Whoever is on call hears of it with no chat in between; kept until the webhook has taken it. */
async function tell(id: string, { findings, pager }: PagingContext, signal: AbortSignal): Promise<void> {
  const finding = await findings.get(id);
  if (!finding || finding.page === finding.paged) return;
  if (pager) await pager(alertOf(finding), signal);
  await findings.move(id, pagedAs(finding.page));
}

export const pageOut = defineJob({
  ...worker,
  timeoutMs: 30_000,
  handle: ({ finding }, context: PagingContext, signal) => tell(finding, context, signal),
});

/** By the bot, where it is the worker that is silent. */
export const pageOutFromBot = defineJob({
  ...pageOutByBot,
  timeoutMs: 30_000,
  handle: ({ finding }, context: PagingContext, signal) => tell(finding, context, signal),
});
