import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import { openRedis } from '../../src/entry/process.ts';
import type { Log } from '../../src/jobs/ports.ts';
import * as moves from '../../src/policy/ledger-moves.ts';
import { PREFIX } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { NOW, newRow } from '../policy/rows.ts';

/** Real servers of each kind that REDIS_URL can name. */
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One below 55,536: a cluster's nodes also listen 10,000 higher. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port < 55_000) return port;
  }
}

function serve(port: number, args: string[]): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-redis-'));
  const base = ['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction', '--dir', folder];
  return run(folder, ['--port', String(port), ...base, ...args]);
}

/** A Sentinel keeps what it learns in its own configuration file. */
function serveSentinel(port: number, master: number): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-redis-'));
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor mymaster 127.0.0.1 ${master} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 2000',
  ];
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, settings.join('\n'));
  return run(folder, [file, '--sentinel']);
}

function run(folder: string, args: string[]): ChildProcess {
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  closing.push(async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  return child;
}

async function admin(port: number): Promise<Redis> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => {});
  closing.push(() => client.disconnect());
  await client.ping();
  return client;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await pause(50);
  }
}

async function open(url: string) {
  const target = parseRedisUrl(url);
  if ('problem' in target || target.kind === 'embedded') throw new Error(`${url} does not parse`);
  const redis = await openRedis(target, silent);
  closing.push(() => redis.close());
  return redis;
}

/** What Podwarden does with its store: compare-and-swap over several keys, and a queue with its worker. */
async function worksOn({ producer, worker: blocking }: Awaited<ReturnType<typeof open>>): Promise<void> {
  const ledger = new Ledger(producer);
  const added = await ledger.add(newRow(), () => null);
  expect('row' in added && added.row.rev).toBe(1);
  const taken = await Promise.all(
    Array.from({ length: 5 }, () => ledger.move('p1', moves.take('alice-run7-k3f9t2', NOW))),
  );
  expect(taken.filter((t) => t?.moved)).toHaveLength(1);
  const queue = new Queue('probe', { connection: producer, prefix: PREFIX });
  queue.on('error', () => {});
  const done = await new Promise<string>((resolve, reject) => {
    const worker = new Worker('probe', async (job) => resolve(job.data.row), { connection: blocking, prefix: PREFIX });
    worker.on('error', () => {});
    closing.push(async () => {
      await worker.close(true);
      await queue.close();
    });
    queue.add('probe', { row: 'p1' }).catch(reject);
  });
  expect(done).toBe('p1');
}

describe('the servers that REDIS_URL can name', { timeout: 60_000 }, () => {
  it('a Cluster of three masters', async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    for (const port of ports) serve(port, ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']);
    const nodes = await Promise.all(ports.map(admin));
    const slots = [0, 5461, 10_923, 16_384];
    for (const [i, node] of nodes.entries()) {
      await node.call('CLUSTER', 'ADDSLOTSRANGE', String(slots[i]), String((slots[i + 1] ?? 0) - 1));
      if (i > 0) await nodes[0]?.call('CLUSTER', 'MEET', '127.0.0.1', String(ports[i]));
    }
    await until(async () => {
      const states = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'INFO')));
      return states.every((info) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(info)));
    });
    await worksOn(await open(`redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`));
  });

  it('a master behind a Sentinel, also after it failed over', async () => {
    const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
    const first = serve(master, []);
    serve(replica, ['--replicaof', '127.0.0.1', String(master)]);
    serveSentinel(sentinel, master);
    const watcher = await admin(sentinel);
    const redis = await open(`redis+sentinel://127.0.0.1:${sentinel}/mymaster/0`);
    await worksOn(redis);
    const spare = await admin(replica);
    await until(async () => (await spare.info('replication')).includes('master_link_status:up'));
    await until(async () => String(await watcher.call('SENTINEL', 'REPLICAS', 'mymaster')).includes(String(replica)));
    first.kill('SIGKILL');
    await until(async () => (await spare.info('replication')).includes('role:master'));
    const ledger = new Ledger(redis.worker);
    expect((await ledger.get('p1'))?.status).toBe('launching');
    expect((await ledger.move('p1', moves.sending(1, NOW, 1)))?.moved).toBe(true);
  });

  it('TLS, whose certificate is checked', async () => {
    const keys = mkdtempSync(join(tmpdir(), 'podwarden-tls-'));
    closing.push(() => rmSync(keys, { recursive: true, force: true }));
    const [key, cert] = [join(keys, 'key.pem'), join(keys, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...request, ...subject], { stdio: 'ignore' });
    const port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    serve(0, ['--tls-port', String(port), '--tls-auth-clients', 'no', ...files]);
    const script = fileURLToPath(new URL('./ping.ts', import.meta.url));
    const ping = (trusted: string | undefined) =>
      execFileSync(process.execPath, ['--import', 'tsx', script, `rediss://localhost:${port}`], {
        env: { PATH: process.env.PATH, ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted }) },
        encoding: 'utf8',
      }).trim();
    expect(ping(cert)).toBe('PONG');
    expect(ping(undefined)).toMatch(/self.signed/);
  });
});
