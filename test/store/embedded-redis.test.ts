import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evictionPolicy } from '../../src/store/connect.ts';
import { DataInUse, type EmbeddedRedis, RedisMissing, startEmbeddedRedis } from '../../src/store/embedded-redis.ts';

let folder: string;
const running: EmbeddedRedis[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwarden-embedded-'));
});
afterEach(async () => {
  for (const redis of running.splice(0)) await redis.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(path = folder): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis(path);
  running.push(redis);
  return redis;
}

async function run<T>(socketPath: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ path: socketPath, protocol: 2, maxRetriesPerRequest: 1 });
  client.on('error', () => {});
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

/** A Podwarden in a process of its own, to be killed. */
async function startElsewhere(path: string) {
  const module = fileURLToPath(new URL('../../src/store/embedded-redis.ts', import.meta.url));
  const code = `import { startEmbeddedRedis } from ${JSON.stringify(module)};
    await startEmbeddedRedis(${JSON.stringify(path)}); process.stdout.write('up'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the embedded Redis', () => {
  it('keeps its data between runs, in a private folder, and evicts nothing', async () => {
    const first = await startEmbeddedRedis(folder);
    await run(first.socketPath, (client) => client.set('k', 'v'));
    await first.close();
    const second = await start();
    expect(second.takenOver).toBe(false);
    expect(await run(second.socketPath, (client) => client.get('k'))).toBe('v');
    expect(await run(second.socketPath, evictionPolicy)).toBe('noeviction');
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700);
  });

  it('refuses a second Podwarden on the same data', async () => {
    await start();
    await expect(startEmbeddedRedis(folder)).rejects.toThrow(DataInUse);
    await expect(startEmbeddedRedis(folder)).rejects.toThrow(folder);
  });

  it('of many that start at once on a folder that a killed one left, one has it', async () => {
    const child = await startElsewhere(folder);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const starts = await Promise.allSettled(Array.from({ length: 8 }, () => startEmbeddedRedis(folder)));
    const won = starts.filter((s): s is PromiseFulfilledResult<EmbeddedRedis> => s.status === 'fulfilled');
    running.push(...won.map((s) => s.value));
    expect(won).toHaveLength(1);
    for (const s of starts) if (s.status === 'rejected') expect(s.reason).toBeInstanceOf(DataInUse);
  });

  it('starts its server again where that ends by itself', async () => {
    const redis = await start();
    const pid = () =>
      run(redis.socketPath, async (client) => Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]));
    const before = await pid();
    process.kill(before, 'SIGKILL');
    await vi.waitFor(async () => expect(await pid()).not.toBe(before), { timeout: 10_000 });
  });

  it('takes over the server that a killed one left behind, and starts none beside it', async () => {
    const child = await startElsewhere(folder);
    await expect(startEmbeddedRedis(folder)).rejects.toThrow(DataInUse);
    const left = join(folder, 'run', 'redis.sock');
    const pid = () => run(left, async (client) => /process_id:(\d+)/.exec(await client.info('server'))?.[1]);
    const before = await pid();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const redis = await start();
    expect(redis.takenOver).toBe(true);
    expect(await pid()).toBe(before);
  });

  it('finds a short socket path where the data path is long', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const redis = await start(deep);
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThanOrEqual(107);
    expect(await run(redis.socketPath, (client) => client.ping())).toBe('PONG');
    await expect(startEmbeddedRedis(deep)).rejects.toThrow(DataInUse);
  });

  it('says what to install where there is no redis-server', async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      await expect(startEmbeddedRedis(folder)).rejects.toThrow(RedisMissing);
    } finally {
      process.env.PATH = path;
    }
  });
});
