import { setTimeout as pause } from 'node:timers/promises';

/** Of the three seconds that a platform gives before its acknowledgement. */
const CLAIM_PATIENCE_MS = 1000;

/** Null where the store did not say in time. */
export async function patiently(claim: Promise<boolean>): Promise<boolean | null> {
  return Promise.race([claim, pause(CLAIM_PATIENCE_MS).then(() => null)]).catch(() => null);
}
