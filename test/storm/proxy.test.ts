import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreProxy } from '../../storm/proxy.ts';
import { useRedis } from '../store/redis.ts';

const LATE_MS = 400;

describe('the proxy before a store', () => {
  const redis = useRedis();
  let proxy: StoreProxy;
  let client: Redis;

  beforeEach(async () => {
    proxy = new StoreProxy();
    await proxy.listen();
    proxy.target = redis.path();
    client = new Redis(proxy.url, { protocol: 2, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    await client.ping();
  });

  afterEach(async () => {
    client.disconnect();
    await proxy.close();
  });

  it('passes both ways', async () => {
    await client.set('a', 'b');
    expect(await redis.client().get('a')).toBe('b');
    expect(await client.get('a')).toBe('b');
  });

  it('carries a write out at once and answers late', async () => {
    proxy.set({ kind: 'late', ms: LATE_MS });
    const began = performance.now();
    let answered = false;
    const writing = client.set('a', 'b').then(() => {
      answered = true;
    });
    while ((await redis.client().get('a')) === null) await redis.client().ping();
    expect(answered).toBe(false);
    await writing;
    expect(performance.now() - began).toBeGreaterThanOrEqual(LATE_MS);
  });

  it('keeps the order of answers where it becomes quick in between', async () => {
    proxy.set({ kind: 'late', ms: LATE_MS });
    const order: string[] = [];
    const first = client.set('a', '1').then(() => order.push('first'));
    while ((await redis.client().get('a')) === null) await redis.client().ping();
    proxy.set({ kind: 'pass' });
    const second = client.set('b', '2').then(() => order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('answers the nth script late, and everything before and after it at once', async () => {
    proxy.delayWrite(2, LATE_MS);
    const write = (value: string) => client.eval("return redis.call('SET', KEYS[1], ARGV[1])", 1, 'a', value);
    const timed = async (run: () => Promise<unknown>) => {
      const began = performance.now();
      await run();
      return performance.now() - began;
    };
    await write('1');
    const second = timed(() => write('2'));
    while ((await redis.client().get('a')) !== '2') await redis.client().ping();
    expect(await second).toBeGreaterThanOrEqual(LATE_MS);
    expect(await timed(() => write('3'))).toBeLessThan(LATE_MS);
  });

  it('carries the next write out and ends the connection instead of answering', async () => {
    proxy.cutNextAnswer();
    await expect(client.set('a', 'b')).rejects.toThrow();
    expect(await redis.client().get('a')).toBe('b');
  });

  it('lets nobody through while it is away, and everybody afterwards', async () => {
    proxy.set({ kind: 'away' });
    const knock = () => {
      const other = new Redis(proxy.url, { protocol: 2, retryStrategy: () => null, maxRetriesPerRequest: 0 });
      other.on('error', () => {});
      return other.ping().finally(() => other.disconnect());
    };
    await expect(client.set('a', 'b')).rejects.toThrow();
    await expect(knock()).rejects.toThrow();
    expect(await redis.client().get('a')).toBeNull();
    proxy.set({ kind: 'pass' });
    expect(await knock()).toBe('PONG');
  });
});
