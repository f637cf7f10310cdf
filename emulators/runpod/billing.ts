import type { HttpAnswer, HttpCall } from '../http.ts';
import type { Account } from './account.ts';
import { type Amounts, add, type Component, type Page, type Product, sumOf } from './book.ts';
import { BUCKETS, type Bucket, bucketEnd, bucketsBack, DAY } from './buckets.ts';
import { invalid, problem } from './pods.ts';

interface Detail {
  /** The filter's name, and the field of a record that names the resource; null for one total a bucket. */
  id: string | null;
  /** Of `unique<Name>Count`. */
  unique: string;
  components: readonly Component[];
}

const DETAILS: Record<Product, Detail> = {
  pods: { id: 'podId', unique: 'Pod', components: ['gpu', 'cpu', 'disk'] },
  serverless: { id: 'serverlessId', unique: 'Serverless', components: ['gpu', 'cpu', 'disk', 'fee'] },
  endpoints: { id: null, unique: '', components: [] },
  'network-volumes': {
    id: 'networkVolumeId',
    unique: 'NetworkVolume',
    components: ['standard', 'highPerformance'],
  },
  clusters: { id: 'clusterId', unique: 'Cluster', components: ['gpu', 'disk', 'networking'] },
};

/** How the sum over all products names its parts. */
const PREFIX: Record<Product, string> = {
  pods: 'pod',
  serverless: 'serverless',
  endpoints: '',
  'network-volumes': 'storage',
  clusters: 'cluster',
};

const OVERALL = (Object.keys(DETAILS) as Product[]).flatMap((product) => [
  ...DETAILS[product].components.map((component) => amountName(product, component)),
  ...(product === 'endpoints' ? ['endpointAmount'] : []),
]);

function amountName(product: Product, component: Component): string {
  const prefix = PREFIX[product];
  return prefix === '' ? `${component}Amount` : `${prefix}${component[0]?.toUpperCase()}${component.slice(1)}Amount`;
}

const record = (amounts: Amounts, components: readonly Component[]): Record<string, number> => ({
  totalAmount: sumOf(amounts),
  ...Object.fromEntries(components.map((name) => [`${name}Amount`, amounts[name] ?? 0])),
});

interface Window {
  from: number;
  to: number;
  bucket: Bucket;
  bucketSize: string;
}

/** `GET /v2/billing` and its five details. */
export function billing(call: HttpCall, account: Account, area: string | undefined, lagMs: number): HttpAnswer {
  const window = windowOf(call, account.now());
  if ('status' in window) return window;
  const until = Math.max(0, account.now() - lagMs);
  if (area === undefined) return overall(account, window, until);
  const detail = DETAILS[area as Product];
  if (!detail) return problem(404, 'The requested path was not found.');
  return one(area as Product, detail, call, account, window, until);
}

function windowOf({ query }: HttpCall, now: number): Window | HttpAnswer {
  const bucketSize = query.get('bucketSize') ?? 'day';
  const bucket = BUCKETS.get(bucketSize);
  if (bucket === undefined) return invalid(['bucketSize']);
  const lastN = query.get('lastN');
  if (lastN !== null && (query.has('startTime') || query.has('endTime'))) return invalid(['lastN']);
  if (lastN !== null && !/^[1-9]\d{0,4}$/.test(lastN)) return invalid(['lastN']);
  const read = (name: string, usual: number) => (query.has(name) ? Date.parse(query.get(name) ?? '') : usual);
  const [begin, end] = [read('startTime', now - 30 * DAY), read('endTime', now)];
  if (Number.isNaN(begin) || Number.isNaN(end)) return invalid(['startTime']);
  const to = bucketEnd(bucket, end);
  const from = lastN === null ? bucket.begin(begin) : bucketsBack(bucket, now, Number(lastN));
  if (from >= to) return invalid(['startTime']);
  return { from, to, bucket, bucketSize };
}

/** Of one resource, by bucket; what billing has not run over yet is left out. */
function bucketsOf(page: Page, { from, to, bucket: { begin } }: Window, until: number): Map<number, Amounts> {
  const buckets = new Map<number, Amounts>();
  for (const [start, amounts] of page.hours) {
    if (start < from || start >= to || start >= until) continue;
    const bucket = begin(start);
    const sum = buckets.get(bucket) ?? {};
    add(sum, amounts);
    buckets.set(bucket, sum);
  }
  return buckets;
}

const range = (from: number, to: number) => ({
  startTime: new Date(from).toISOString(),
  endTime: new Date(to).toISOString(),
});

function overall(account: Account, window: Window, until: number): HttpAnswer {
  const named = new Map<number, Record<string, number>>();
  for (const page of account.book.pages.values()) {
    for (const [start, amounts] of bucketsOf(page, window, until)) {
      const sums = named.get(start) ?? Object.fromEntries(['totalAmount', ...OVERALL].map((name) => [name, 0]));
      sums.totalAmount = (sums.totalAmount ?? 0) + sumOf(amounts);
      for (const [component, usd] of Object.entries(amounts) as [Component, number][]) {
        const name = amountName(page.product, component);
        if (name in sums) sums[name] = (sums[name] ?? 0) + usd;
      }
      named.set(start, sums);
    }
  }
  const starts = [...named.keys()].sort((a, b) => a - b);
  const records = starts.map((start) => ({ ...range(start, window.bucket.next(start)), ...named.get(start) }));
  const totals = Object.fromEntries(
    ['totalAmount', ...OVERALL].map((name) => [
      name,
      [...named.values()].reduce((sum, one) => sum + (one[name] ?? 0), 0),
    ]),
  );
  const query = { ...range(window.from, window.to), bucketSize: window.bucketSize };
  return { status: 200, body: { records, metadata: { query, recordCount: records.length, totals } } };
}

function one(
  product: Product,
  { id, unique, components }: Detail,
  call: HttpCall,
  account: Account,
  window: Window,
  until: number,
): HttpAnswer {
  const wanted = id === null ? null : call.query.get(id);
  const pages = [...account.book.pages.values()].filter(
    (page) => page.product === product && (wanted === null || page.id === wanted),
  );
  const found = pages.flatMap((page) =>
    [...bucketsOf(page, window, until)].map(([start, amounts]) => ({ start, id: page.id, amounts })),
  );
  const rows = id === null ? merged(found) : found;
  rows.sort((a, b) => a.start - b.start);
  const total: Amounts = {};
  for (const { amounts } of rows) add(total, amounts);
  const metadata = {
    query: {
      ...range(window.from, window.to),
      bucketSize: window.bucketSize,
      ...(id === null ? {} : { [id]: wanted }),
    },
    recordCount: rows.length,
    ...(id === null ? {} : { [`unique${unique}Count`]: new Set(rows.map((row) => row.id)).size }),
    totals: record(total, components),
  };
  const records = rows.map((row) => ({
    ...range(row.start, window.bucket.next(row.start)),
    ...(id === null ? {} : { [id]: row.id }),
    ...record(row.amounts, components),
  }));
  return { status: 200, body: { records, metadata } };
}

/** Public endpoints are told together. */
function merged(rows: { start: number; id: string; amounts: Amounts }[]) {
  const byStart = new Map<number, Amounts>();
  for (const { start, amounts } of rows) {
    const sum = byStart.get(start) ?? {};
    add(sum, amounts);
    byStart.set(start, sum);
  }
  return [...byStart].map(([start, amounts]) => ({ start, id: '', amounts }));
}
