import type { GovernedContext } from './approvals.ts';
import { readFleet } from './names.ts';

/**
 * Hears the status of every answer of Runpod's. Where the key was refused, the account is read at once: the scan tells whether
 * it was Runpod that refused, and warns. While that is known, the next scan in its turn is soon enough.
 */
export function keyAlarm(context: Pick<GovernedContext, 'findings' | 'enqueue' | 'log'>) {
  return async (status: number | null): Promise<void> => {
    if (status !== 401 && status !== 403) return;
    try {
      if ((await context.findings.memory())?.trouble?.what === 'key') return;
      await context.enqueue(readFleet, {}, { id: readFleet.name });
    } catch (error) {
      context.log.warn({ error: (error as Error).message }, 'a refused key could not be looked at');
    }
  };
}
