import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { runpodPort } from '../src/entry/runpod-port.ts';
import type { GovernedContext } from '../src/jobs/approvals.ts';
import { readFleet } from '../src/jobs/read-fleet.ts';
import { createRunpod } from '../src/runpod/client.ts';
import { readRows } from '../src/runpod/rows.ts';
import { podRow } from '../src/runpod/schemas.ts';
import { connect, type RedisClient, ready } from '../src/store/connect.ts';
import { startEmbeddedRedis } from '../src/store/embedded-redis.ts';
import { governed } from '../test/jobs/context.ts';

/**
 * What one scan of 10,000 pods costs, in calls, time and memory, against parsing the same replies alone: everything
 * beyond 1.0 is what believing, judging and remembering add.
 */
const PODS = Number(process.env.BENCH_PODS ?? 10_000);
const PAGE = 1000;
const ROUNDS = 5;
const NOW = Date.parse('2026-11-24T10:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;

function podJson(i: number) {
  const off = i % 10 === 0;
  return {
    id: `pod${i}`,
    name: `alice-run${i}-k3f9t2`,
    status: off ? 'EXITED' : 'RUNNING',
    actions: off ? ['start', 'terminate'] : ['stop', 'restart', 'terminate'],
    image: 'runpod/pytorch:2.8.0-py3.11-cuda12.8.1',
    args: '',
    disk: 50,
    mounts: { persistent: { size: 100, path: '/workspace' } },
    ports: ['22/tcp', '8888/http'],
    env: { HF_TOKEN: 'hf_benchbenchbenchbench', RUNPOD_POD_ID: `pod${i}` },
    registry: null,
    gpu: { id: 'NVIDIA RTX A6000', count: 1 },
    cloud: 'SECURE',
    dataCenterId: 'EU-RO-1',
    cost: off ? 0 : 0.49,
    locked: false,
    runtime: off ? null : { uptime: 3600, gpus: [{ util: 71, memoryUtil: 40 }], ports: [] },
    createdAt: new Date(NOW - 9 * DAY).toISOString(),
    startedAt: off ? null : new Date(NOW - DAY).toISOString(),
    globalNetworking: { enabled: false },
  };
}

const pages = Array.from({ length: Math.ceil(PODS / PAGE) }, (_, page) => {
  const first = page * PAGE;
  const pods = Array.from({ length: Math.min(PAGE, PODS - first) }, (__, i) => podJson(first + i));
  const more = first + PAGE < PODS;
  return JSON.stringify({ pods, pagination: { hasNextPage: more, nextCursor: more ? String(page + 1) : null } });
});

let calls = 0;

/** RunPod's replies, made beforehand: serving them costs next to nothing. */
async function serve(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, reply) => {
    calls += 1;
    const url = new URL(request.url ?? '/', 'http://localhost');
    request.resume();
    reply.setHeader('content-type', 'application/json');
    if (url.pathname === '/v2/pods') reply.end(pages[Number(url.searchParams.get('cursor') ?? 0)]);
    else if (url.pathname === '/v2/network-volumes') reply.end('{"networkVolumes":[]}');
    else if (url.pathname === '/v2/billing/balance') reply.end('{"balanceAmount":1000000,"billingMode":"PREPAID"}');
    else if (url.pathname === '/graphql') reply.end('{"data":{"myself":{"clientBalance":1000000,"pods":[]}}}');
    else reply.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What a worker's jobs are given in tests, with the real client before it. */
function contextOf(
  redis: RedisClient,
  url: string,
  now: () => number,
): { context: GovernedContext; close(): Promise<void> } {
  const client = createRunpod({ apiKey: 'rpa_bench', baseUrl: url, userAgent: 'bench' });
  const { context } = governed(redis);
  const clocks = { now, realNow: Date.now, pause: async () => {} };
  return {
    context: { ...context, provider: runpodPort(client), clocks, enqueue: async () => {} },
    close: () => client.close(),
  };
}

/** Milliseconds, and the most heap beyond what there was before, MB. */
async function measure(run: () => Promise<void> | void): Promise<{ ms: number; heapMb: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage().heapUsed);
  }, 2);
  const from = performance.now();
  await run();
  const ms = performance.now() - from;
  most = Math.max(most, process.memoryUsage().heapUsed);
  clearInterval(sampler);
  return { ms, heapMb: (most - before) / 1e6 };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-bench-'));
  const embedded = await startEmbeddedRedis(folder);
  const redis = connect({ kind: 'socket', path: embedded.socketPath, db: 0, auth: {} }, 'worker', () => {});
  await ready(redis, 10_000);
  const { server, url } = await serve();
  let now = NOW;
  const { context, close } = contextOf(redis, url, () => now);
  const signal = new AbortController().signal;
  const scan = () => readFleet.handle({}, context, signal);
  const parse = () => {
    for (const page of pages) readRows((JSON.parse(page) as { pods: unknown[] }).pods, podRow);
  };

  await scan();
  // Past the quiet start, and on a working day, so that of a tenth of the fleet something is said.
  for (let day = 0; day < 14; day++) {
    now += DAY / 2;
    await scan();
  }
  const raised = (await context.findings.open()).length;
  parse();
  const scans: { ms: number; heapMb: number }[] = [];
  const parses: { ms: number; heapMb: number }[] = [];
  calls = 0;
  for (let round = 0; round < ROUNDS; round++) {
    now += 5 * MINUTE;
    scans.push(await measure(scan));
    parses.push(await measure(parse));
  }
  const perScan = calls / ROUNDS;
  const [scanMs, parseMs] = [median(scans.map(({ ms }) => ms)), median(parses.map(({ ms }) => ms))];
  const [scanMb, parseMb] = [median(scans.map(({ heapMb }) => heapMb)), median(parses.map(({ heapMb }) => heapMb))];
  const ratio = (a: number, b: number) => (a / b).toFixed(1);
  process.stdout.write(
    [
      `scan of ${PODS} pods, ${raised} warnings open; median of ${ROUNDS}`,
      `  calls   ${perScan} a scan; the list has ${pages.length} pages: ${ratio(perScan, pages.length)}x`,
      `  time    ${scanMs.toFixed(0)} ms; parsing the same replies alone ${parseMs.toFixed(0)} ms: ${ratio(scanMs, parseMs)}x`,
      `  memory  ${scanMb.toFixed(0)} MB of heap at most; parsing alone ${parseMb.toFixed(0)} MB: ${ratio(scanMb, parseMb)}x`,
      '',
    ].join('\n'),
  );
  redis.disconnect();
  await embedded.close();
  await close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

await main();
