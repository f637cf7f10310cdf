import { z } from 'zod';
import type { Caller } from './call.ts';

const record = z.object({
  startTime: z.string(),
  endTime: z.string(),
  podId: z.string(),
  totalAmount: z.number(),
  gpuAmount: z.number(),
  cpuAmount: z.number(),
  diskAmount: z.number(),
});
/** One bucket of one pod; amounts are USD in that bucket, not rates. */
export type PodBill = z.infer<typeof record>;
const reply = z.object({ records: z.array(record) });

/** Records survive the pod, and come about every five minutes; when a bucket is final is documented nowhere. */
export class BillingApi {
  private readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** By the hour, from `since` (ms since 1970) until now. */
  async pod(podId: string, since: number, options: { signal?: AbortSignal | undefined } = {}): Promise<PodBill[]> {
    const query = new URLSearchParams({ podId, bucketSize: 'hour', startTime: new Date(since).toISOString() });
    const url = `${this.caller.settings.baseUrl}/v2/billing/pods?${query}`;
    const call = { method: 'GET', url, name: 'GET /v2/billing/pods', repeat: 'safe', ...options } as const;
    return (await this.caller.json(call, reply)).records;
  }
}
