import { expect, it } from 'vitest';
import { runpodPort } from '../../src/entry/runpod-port.ts';
import { fieldsById, toFleetPod } from '../../src/entry/runpod-rows.ts';
import { confirmedReads } from '../../src/jobs/confirmed-reads.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import { rowsIn, toKeep, unreadLines } from '../../src/policy/unread.ts';
import { Caller } from '../../src/runpod/call.ts';
import type { Runpod } from '../../src/runpod/client.ts';
import { PodsApi } from '../../src/runpod/pods.ts';
import { type Kind, readRows, type Unread } from '../../src/runpod/rows.ts';
import { podRow } from '../../src/runpod/schemas.ts';

const ROWS = 10_000;
const BAD = { name: null, cost: null, gpu: { id: 7, count: null }, createdAt: 'yesterday', disk: [] };
const pod = (id: number, more: object = {}) => ({
  id: `pod${id}`,
  name: `alice-run${id}-k3f9t2`,
  image: 'team/image',
  status: 'RUNNING',
  disk: 50,
  mounts: { persistent: { size: 20, path: '/workspace' } },
  gpu: { id: 'NVIDIA RTX A6000', count: 1 },
  cloud: 'SECURE',
  cost: 0.49,
  locked: false,
  createdAt: '2026-11-24T10:00:00Z',
  ...more,
});
const all = (more: object = {}) => Array.from({ length: ROWS }, (_, i) => pod(i, more));

/** The rows of pods as they are read, with how often a row was parsed. */
function counted(): { kind: Kind<typeof podRow.schema>; parses: () => number } {
  let parses = 0;
  const safeParse = (value: unknown) => {
    parses += 1;
    return podRow.schema.safeParse(value);
  };
  const schema = Object.assign(Object.create(podRow.schema) as typeof podRow.schema, { safeParse });
  return { kind: { ...podRow, schema }, parses: () => parses };
}

it('ten thousand good rows are parsed once each', () => {
  const { kind, parses } = counted();
  const { rows, unread } = readRows(all(), kind);
  expect([rows.length, unread.length, parses()]).toEqual([ROWS, 0, ROWS]);
});

it('ten thousand bad rows cost no more than their own fields, and name them all', () => {
  const { kind, parses } = counted();
  const { rows, unread } = readRows(all(BAD), kind);
  expect(rows).toHaveLength(ROWS);
  // Two of the five are only missed; each other one costs one more look at its row.
  expect(parses()).toBeLessThanOrEqual(ROWS * 5);
  let looks = 0;
  const watched = unread.map(
    (one): Unread => ({
      ...one,
      get id() {
        looks += 1;
        return one.id;
      },
    }),
  );
  const fields = fieldsById(watched);
  const pods = rows.map((row) => toFleetPod(row, new Map(), fields(row.id)));
  expect(pods.every(({ guessed }) => guessed?.includes('microUsdPerHour'))).toBe(true);
  expect(looks).toBe(unread.length);
  const named = unread.map((one) => ({ of: 'pod', ...one }));
  expect([rowsIn(named), unreadLines(named).length, toKeep(named).length]).toEqual([ROWS, ROWS, 100]);
});

it('a list of ten thousand bad entries costs its row one field, named once', () => {
  const { kind, parses } = counted();
  const { rows, unread } = readRows([pod(1, { ports: Array.from({ length: ROWS }, () => null) }), pod(2)], kind);
  expect(rows.map(({ ports }) => ports)).toEqual([undefined, undefined]);
  expect(unread).toEqual([{ id: 'pod1', name: 'alice-run1-k3f9t2', field: 'ports.0', what: 'null' }]);
  expect(parses()).toBe(3);
});

it('ten thousand pods in pages of 25 are one list, and the store is asked once for what does not read', async () => {
  let calls = 0;
  const caller = new Caller({
    baseUrl: 'https://runpod.test',
    graphqlUrl: 'https://runpod.test/graphql',
    apiKey: 'rpa_t',
    userAgent: 'test',
    transport: async ({ url }) => {
      calls += 1;
      const from = Number(new URL(url).searchParams.get('cursor') ?? 0);
      const pods = Array.from({ length: 25 }, (_, i) => pod(from + i, BAD));
      const pagination = { hasNextPage: from + 25 < ROWS, nextCursor: String(from + 25) };
      return { status: 200, body: JSON.stringify({ pods, pagination }), header: () => undefined };
    },
    retry: { maxAttempts: 1, backoffMs: 1, maxWaitMs: 1 },
    timeoutMs: 5000,
    now: () => 0,
  });
  const runpod = { pods: new PodsApi(caller) } as Runpod;
  let asked = 0;
  const last = readRows(all(), podRow).rows.map((row) => toFleetPod(row, new Map(), [])) as FleetPod[];
  const provider = confirmedReads(runpodPort(runpod), {
    fleet: async () => {
      asked += 1;
      return { readAt: 0, pods: last, unread: [] };
    },
    catalogue: async () => null,
  });
  const { pods } = await provider.list(new AbortController().signal);
  expect([calls, asked]).toEqual([ROWS / 25, 1]);
  expect(pods).toEqual(last);
});
