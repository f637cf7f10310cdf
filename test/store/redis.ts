import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { connect, type RedisClient, ready } from '../../src/store/connect.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/store/embedded-redis.ts';

/** A real redis-server for one test file, empty before each test. */
export function useRedis(): { client: () => RedisClient; path: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-test-'));
  let redis: EmbeddedRedis | null = null;
  let client: RedisClient | null = null;
  beforeAll(async () => {
    redis = await startEmbeddedRedis(folder);
    client = connect({ kind: 'socket', path: redis.socketPath, db: 0, auth: {} }, 'worker', () => {});
    await ready(client, 10_000);
  });
  beforeEach(async () => {
    await client?.flushall();
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const started = <T>(value: T | null | undefined): T => {
    if (value === null || value === undefined) throw new Error('Redis has not started');
    return value;
  };
  return { client: () => started(client), path: () => started(redis?.socketPath) };
}
