import { type Amounts, addTo, type Product } from '../policy/costs/amounts.ts';
import { type BilledHour, HOUR_MS, type HourWindow, hourOf } from '../policy/costs/hours.ts';
import type { BillingApi } from '../runpod/billing.ts';
import { RunpodRejected } from '../runpod/errors.ts';

type Read = Omit<BilledHour, 'readAt'>;

/**
 * Every hour of the window that has begun, also those in which nothing was billed. A detail that RunPod refuses to this key
 * leaves its product's sum without parts. Without the sum over all nothing adds up, and without pods nothing is anybody's:
 * then the read fails.
 */
export async function readBilling(
  billing: BillingApi,
  { from, to }: HourWindow,
  now: number,
  signal: AbortSignal,
): Promise<Map<number, Read>> {
  const window = { from, to };
  // The sum is read last: what was billed in between is then in no part yet, and not the other way round.
  const [pods, serverless, volumes, clusters] = await Promise.all([
    billing.pods(window, { signal }),
    billing.serverless(window, { signal }).catch(refused),
    billing.networkVolumes(window, { signal }).catch(refused),
    billing.clusters(window, { signal }).catch(refused),
  ]);
  const overall = await billing.overall(window, { signal });
  const hours = new Map<number, Read>();
  for (let start = hourOf(from); start < to && start <= now; start += HOUR_MS) {
    hours.set(start, { total: 0, products: {}, parts: [] });
  }
  for (const one of overall) {
    const hour = hours.get(Date.parse(one.startTime));
    if (!hour) continue;
    hour.total += one.totalAmount;
    for (const [product, amounts] of productsOf(one)) {
      const known = hour.products[product] ?? {};
      addTo(known, amounts);
      hour.products[product] = known;
    }
  }
  const part = (product: Product, id: string, startTime: string, amounts: Amounts) => {
    hours.get(Date.parse(startTime))?.parts.push([product, id, nonZero(amounts)]);
  };
  for (const { podId, startTime, gpuAmount: gpu, cpuAmount: cpu, diskAmount: disk } of pods)
    part('pods', podId, startTime, { gpu, cpu, disk });
  for (const {
    serverlessId,
    startTime,
    gpuAmount: gpu,
    cpuAmount: cpu,
    diskAmount: disk,
    feeAmount: fee,
  } of serverless)
    part('serverless', serverlessId, startTime, { gpu, cpu, disk, fee });
  for (const {
    networkVolumeId,
    startTime,
    standardAmount: standard,
    highPerformanceAmount: highPerformance,
  } of volumes)
    part('volumes', networkVolumeId, startTime, { standard, highPerformance });
  for (const { clusterId, startTime, gpuAmount: gpu, diskAmount: disk, networkingAmount: networking } of clusters)
    part('clusters', clusterId, startTime, { gpu, disk, networking });
  return hours;
}

/** A key's scope may end at one of the details. */
function refused(error: unknown): never[] {
  if (error instanceof RunpodRejected && [403, 404].includes(error.status)) return [];
  throw error;
}

type Overall = Awaited<ReturnType<BillingApi['overall']>>[number];

const productsOf = (of: Overall): [Product, Amounts][] =>
  (
    [
      ['pods', { gpu: of.podGpuAmount, cpu: of.podCpuAmount, disk: of.podDiskAmount }],
      [
        'serverless',
        {
          gpu: of.serverlessGpuAmount,
          cpu: of.serverlessCpuAmount,
          disk: of.serverlessDiskAmount,
          fee: of.serverlessFeeAmount,
        },
      ],
      ['endpoints', { flat: of.endpointAmount }],
      ['volumes', { standard: of.storageStandardAmount, highPerformance: of.storageHighPerformanceAmount }],
      ['clusters', { gpu: of.clusterGpuAmount, disk: of.clusterDiskAmount, networking: of.clusterNetworkingAmount }],
    ] as [Product, Amounts][]
  ).map(([product, amounts]) => [product, nonZero(amounts)]);

const nonZero = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([, usd]) => usd !== 0)) as Amounts;
