import * as moves from '../policy/ledger-moves.ts';
import { defineJob } from './define.ts';
import { announce, reconcile as name } from './names.ts';
import { advance, type PodContext } from './pod-context.ts';
import { enqueueFor } from './queues.ts';

/**
 * Takes up rows whose job is missing, and cards that are behind their row: whatever was lost between the write of a row
 * and its queues is found here. Runs when a worker starts and on every tick.
 */
export const reconcile = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle(_, context: PodContext) {
    const now = context.clocks.now();
    for (const row of await context.ledger.passing()) {
      if (row.status === 'asking') {
        // Its card waits for a person, and nothing else does.
        const lapsed = now - row.createdAt > moves.ASK_TTL_MS;
        if (lapsed) await advance(context, row.id, moves.notAllowed('Nobody allowed it within 30 minutes.', now));
        continue;
      }
      const late = row.status === 'requested' && now - row.createdAt > moves.REQUEST_TTL_MS;
      if (late) await advance(context, row.id, moves.expire(now));
      else await enqueueFor(row, context.enqueue);
    }
    for (const id of await context.ledger.untold()) {
      await context.enqueue(announce, { row: id }, { id: `announce-${id}` });
    }
  },
});
