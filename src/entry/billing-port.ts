import type { BillingRead } from '../jobs/ports.ts';
import { type Amounts, addTo, type Product, sumOf } from '../policy/costs/amounts.ts';
import { type BilledHour, HOUR_MS, type HourWindow, hourOf } from '../policy/costs/hours.ts';
import type { BillingApi, OverallBill, PodBill } from '../runpod/billing.ts';
import { RunpodRejected } from '../runpod/errors.ts';
import type { Rows } from '../runpod/rows.ts';
import { unreadOf } from './runpod-rows.ts';

type Read = Omit<BilledHour, 'readAt'>;

/**
 * Every hour of the window that has begun, also those in which nothing was billed. A detail that RunPod refuses to this key
 * leaves its product's sum without parts, and so does a row without an id or a time. Without the sum over all nothing adds up,
 * and without pods nothing is anybody's: then the read fails. An hour whose sum does not read is left out.
 */
export async function readBilling(
  billing: BillingApi,
  { from, to }: HourWindow,
  now: number,
  signal: AbortSignal,
): Promise<BillingRead> {
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
  const part = (product: Product, id: string, row: Bucket, amounts: Loose) => {
    hours.get(Date.parse(row.startTime))?.parts.push([product, id, nonZero(amountsOf(row, amounts))]);
  };
  for (const { podId, ...of } of pods.rows) part('pods', podId, of, podAmounts(of));
  for (const { serverlessId, ...of } of serverless.rows)
    part('serverless', serverlessId, of, {
      gpu: of.gpuAmount,
      cpu: of.cpuAmount,
      disk: of.diskAmount,
      fee: of.feeAmount,
    });
  for (const { networkVolumeId, ...of } of volumes.rows)
    part('volumes', networkVolumeId, of, {
      standard: of.standardAmount,
      highPerformance: of.highPerformanceAmount,
    });
  for (const { clusterId, ...of } of clusters.rows)
    part('clusters', clusterId, of, {
      gpu: of.gpuAmount,
      disk: of.diskAmount,
      networking: of.networkingAmount,
    });
  for (const one of overall.rows) addSums(hours.get(Date.parse(one.startTime)), one);
  for (const start of unknownHours([...hours.keys()], overall)) hours.delete(start);
  const details = [overall, pods, serverless, volumes, clusters];
  return { hours, unread: details.flatMap(({ unread }) => unreadOf('bill', unread)) };
}

type Bucket = Pick<PodBill, 'startTime' | 'totalAmount'>;

/**
 * An amount that does not read is what the others leave of the row's total. Of several nobody knows which is what: they are
 * left to the sum over all, as nobody's.
 */
function amountsOf({ totalAmount: total }: Pick<Bucket, 'totalAmount'>, amounts: Loose): Amounts {
  const read = Object.entries(amounts).filter((one): one is [string, number] => typeof one[1] === 'number');
  const known: Amounts = Object.fromEntries(read);
  const [only, ...more] = Object.keys(amounts).filter((name) => !(name in known));
  if (only === undefined || more.length > 0 || typeof total !== 'number') return known;
  const left = total - sumOf(known);
  return { ...known, [only]: Math.abs(left) < ROUNDING_USD ? 0 : left };
}

/** Sums of doubles differ by less. */
const ROUNDING_USD = 1e-9;

const podAmounts = (of: PodBill | Omit<PodBill, 'podId'>): Loose => ({
  gpu: of.gpuAmount,
  cpu: of.cpuAmount,
  disk: of.diskAmount,
});

/** When the last of these hours that bills compute ended, ms since 1970; null where none does. */
export function lastCompute(bills: readonly PodBill[]): number | null {
  const ends = bills.flatMap((bill) => {
    const { gpu = 0, cpu = 0 } = amountsOf(bill, podAmounts(bill));
    return gpu + cpu > 0 ? [bill.endTime ? Date.parse(bill.endTime) : Date.parse(bill.startTime) + HOUR_MS] : [];
  });
  return ends.length === 0 ? null : Math.max(...ends);
}

function addSums(hour: Read | undefined, one: OverallBill): void {
  if (!hour) return;
  hour.total += one.totalAmount;
  for (const [product, amounts] of productsOf(one)) {
    const known = hour.products[product] ?? {};
    addTo(known, nonZero(readable(amounts, product, hour)));
    hour.products[product] = known;
  }
}

/** An amount that does not read is what its parts come to: what else it holds is then nobody's, and still in the total. */
function readable(amounts: Loose, product: Product, { parts }: Read): Amounts {
  const of = (name: keyof Amounts) =>
    parts.reduce((sum, [its, , part]) => sum + (its === product ? (part[name] ?? 0) : 0), 0);
  return Object.fromEntries(
    Object.entries(amounts).map(([name, usd]) => [name, usd ?? of(name as keyof Amounts)]),
  ) as Amounts;
}

/** Hours whose sum may be one that did not read: the one that it names, else all that no other sum is about. */
function unknownHours(hours: readonly number[], { rows, unread }: Rows<OverallBill>): number[] {
  const read = new Set(rows.map(({ startTime }) => Date.parse(startTime)));
  const lost = unread.map(({ name }) => Date.parse(name ?? '')).filter((start) => !read.has(start));
  return lost.some(Number.isNaN) ? hours.filter((start) => !read.has(start)) : lost;
}

/** A key's scope may end at one of the details. */
function refused(error: unknown): Rows<never> {
  if (error instanceof RunpodRejected && [403, 404].includes(error.status)) return { rows: [], unread: [] };
  throw error;
}

type Loose = Partial<Record<keyof Amounts, number | null | undefined>>;

const productsOf = (of: OverallBill): [Product, Loose][] => [
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
];

const nonZero = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([, usd]) => usd !== 0)) as Amounts;
