import { z } from 'zod';
import type { Call, Caller } from './call.ts';

const bucket = z.object({ startTime: z.string(), endTime: z.string(), totalAmount: z.number() });

const pod = bucket.extend({ podId: z.string(), gpuAmount: z.number(), cpuAmount: z.number(), diskAmount: z.number() });
/** One bucket of one pod; amounts are USD in that bucket, not rates. */
export type PodBill = z.infer<typeof pod>;

const serverless = bucket.extend({
  serverlessId: z.string(),
  gpuAmount: z.number(),
  cpuAmount: z.number(),
  diskAmount: z.number(),
  feeAmount: z.number(),
});
const volume = bucket.extend({
  networkVolumeId: z.string(),
  standardAmount: z.number(),
  highPerformanceAmount: z.number(),
});
const cluster = bucket.extend({
  clusterId: z.string(),
  gpuAmount: z.number(),
  diskAmount: z.number(),
  networkingAmount: z.number(),
});
const overall = bucket.extend({
  podGpuAmount: z.number(),
  podCpuAmount: z.number(),
  podDiskAmount: z.number(),
  serverlessGpuAmount: z.number(),
  serverlessCpuAmount: z.number(),
  serverlessDiskAmount: z.number(),
  serverlessFeeAmount: z.number(),
  storageStandardAmount: z.number(),
  storageHighPerformanceAmount: z.number(),
  endpointAmount: z.number(),
  clusterGpuAmount: z.number(),
  clusterDiskAmount: z.number(),
  clusterNetworkingAmount: z.number(),
});

const records = <S extends z.ZodType>(record: S) => z.object({ records: z.array(record) });

/** `[from, to)` in ms since 1970; RunPod widens it to whole hours. Without `to`: until now. */
export interface Window {
  from: number;
  to?: number;
}

interface Options {
  signal?: AbortSignal | undefined;
}

/**
 * What RunPod billed, by the hour. Records survive the resource, and come about every five minutes; when a bucket is final
 * is documented nowhere.
 */
export class BillingApi {
  private readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** Over all products; hours without a charge are left out. */
  async overall(window: Window, options: Options = {}) {
    return (await this.read('', window, records(overall), options)).records;
  }

  async pods(window: Window, options: Options = {}): Promise<PodBill[]> {
    return (await this.read('/pods', window, records(pod), options)).records;
  }

  async serverless(window: Window, options: Options = {}) {
    return (await this.read('/serverless', window, records(serverless), options)).records;
  }

  async networkVolumes(window: Window, options: Options = {}) {
    return (await this.read('/network-volumes', window, records(volume), options)).records;
  }

  async clusters(window: Window, options: Options = {}) {
    return (await this.read('/clusters', window, records(cluster), options)).records;
  }

  /** One pod, from `since` (ms since 1970) until now. */
  async pod(podId: string, since: number, options: Options = {}): Promise<PodBill[]> {
    return (await this.read('/pods', { from: since }, records(pod), options, { podId })).records;
  }

  private read<S extends z.ZodType>(
    path: string,
    { from, to }: Window,
    schema: S,
    { signal }: Options,
    filter: Record<string, string> = {},
  ): Promise<z.infer<S>> {
    const query = new URLSearchParams({
      ...filter,
      bucketSize: 'hour',
      startTime: new Date(from).toISOString(),
      ...(to === undefined ? {} : { endTime: new Date(to).toISOString() }),
    });
    const name = `GET /v2/billing${path}`;
    const url = `${this.caller.settings.baseUrl}/v2/billing${path}?${query}`;
    const call: Call = { method: 'GET', url, name, repeat: 'safe', signal };
    return this.caller.json(call, schema);
  }
}
