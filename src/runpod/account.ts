import { z } from 'zod';
import type { Caller } from './call.ts';
import { RunpodRejected } from './errors.ts';
import { number } from './rows.ts';

/**
 * Since November 2026 v2 tells the balance (scope `billing:read`): `{balanceAmount, billingMode}`. The page shows no path;
 * this one fits the naming of the others, so that a 404 only means that it is elsewhere.
 */
const PATH = '/v2/billing/balance';
const balance = z.object({ balanceAmount: number, billingMode: z.string().nullish() });

/** One refusal may be a deploy of theirs; after so many in a row it is asked for rarely, real ms. */
const REFUSALS = 3;
const ASK_AGAIN_MS = 60 * 60_000;
const NOT_HERE = [403, 404, 405, 501];

export class AccountApi {
  private readonly caller: Caller;
  private refusals = 0;
  private askFrom = 0;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** USD; null where v2 does not tell it to this key. */
  async balance(
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<{ balanceUsd: number; postpaid: boolean } | null> {
    const { settings } = this.caller;
    if (settings.now() < this.askFrom) return null;
    const name = `GET ${PATH}`;
    try {
      const call = { method: 'GET', url: `${settings.baseUrl}${PATH}`, name, repeat: 'safe', ...options } as const;
      const { balanceAmount, billingMode } = await this.caller.json(call, balance);
      this.refusals = 0;
      return { balanceUsd: balanceAmount, postpaid: billingMode === 'POSTPAID' };
    } catch (error) {
      if (!(error instanceof RunpodRejected) || !NOT_HERE.includes(error.status)) throw error;
      this.refusals += 1;
      if (this.refusals >= REFUSALS) this.askFrom = settings.now() + ASK_AGAIN_MS;
      return null;
    }
  }
}
