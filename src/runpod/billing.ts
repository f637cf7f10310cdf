import { z } from 'zod';
import type { Caller } from './call.ts';
import { readPages } from './pages.ts';
import { type Kind, number, type Rows, time } from './rows.ts';

/** Credits are below zero. */
const usd = number.pipe(z.number().min(-1e9).max(1e9));

/** Any amount may be missing; each is named, and what the others tell of it is for whoever adds up. */
const within = usd.nullish();
const bucket = z.object({ startTime: time, endTime: time.nullish(), totalAmount: within });

const pod = bucket.extend({ podId: z.string().min(1), gpuAmount: within, cpuAmount: within, diskAmount: within });
/** One bucket of one pod; amounts are USD in that bucket, not rates. */
export type PodBill = z.infer<typeof pod>;

const serverless = bucket.extend({
  serverlessId: z.string().min(1),
  gpuAmount: within,
  cpuAmount: within,
  diskAmount: within,
  feeAmount: within,
});
const volume = bucket.extend({
  networkVolumeId: z.string().min(1),
  standardAmount: within,
  highPerformanceAmount: within,
});
const cluster = bucket.extend({
  clusterId: z.string().min(1),
  gpuAmount: within,
  diskAmount: within,
  networkingAmount: within,
});
/** Without its sum an hour is unknown. */
const overall = bucket.extend({
  totalAmount: usd,
  podGpuAmount: within,
  podCpuAmount: within,
  podDiskAmount: within,
  serverlessGpuAmount: within,
  serverlessCpuAmount: within,
  serverlessDiskAmount: within,
  serverlessFeeAmount: within,
  storageStandardAmount: within,
  storageHighPerformanceAmount: within,
  endpointAmount: within,
  clusterGpuAmount: within,
  clusterDiskAmount: within,
  clusterNetworkingAmount: within,
});
export type OverallBill = z.infer<typeof overall>;
const overallRow: Kind<typeof overall> = {
  schema: overall,
  must: ['startTime', 'totalAmount'],
  expected: Object.keys(overall.shape),
  name: 'startTime',
};

const rowOf = <S extends z.ZodObject>(schema: S, id: string): Kind<S> => ({
  schema,
  must: [id, 'startTime'],
  expected: Object.keys(schema.shape),
  id,
  name: 'startTime',
});

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
  overall(window: Window, options: Options = {}): Promise<Rows<OverallBill>> {
    return this.read('', window, overallRow, options);
  }

  pods(window: Window, options: Options = {}): Promise<Rows<PodBill>> {
    return this.read('/pods', window, rowOf(pod, 'podId'), options);
  }

  serverless(window: Window, options: Options = {}) {
    return this.read('/serverless', window, rowOf(serverless, 'serverlessId'), options);
  }

  networkVolumes(window: Window, options: Options = {}) {
    return this.read('/network-volumes', window, rowOf(volume, 'networkVolumeId'), options);
  }

  clusters(window: Window, options: Options = {}) {
    return this.read('/clusters', window, rowOf(cluster, 'clusterId'), options);
  }

  /** One pod, from `since` (ms since 1970) until now. */
  pod(podId: string, since: number, options: Options = {}): Promise<Rows<PodBill>> {
    return this.read('/pods', { from: since }, rowOf(pod, 'podId'), options, { podId });
  }

  private read<S extends z.ZodType>(
    area: string,
    { from, to }: Window,
    kind: Kind<S>,
    { signal }: Options,
    filter: Record<string, string> = {},
  ): Promise<Rows<z.infer<S>>> {
    const path = `/v2/billing${area}`;
    const query = {
      ...filter,
      bucketSize: 'hour',
      startTime: new Date(from).toISOString(),
      ...(to === undefined ? {} : { endTime: new Date(to).toISOString() }),
    };
    return readPages(this.caller, { path, query, name: `GET ${path}`, signal }, 'records', kind);
  }
}
