import { expect, it } from 'vitest';
import { OwedWrites } from '../../src/entry/owed-writes.ts';
import { until } from '../bot/running-bots.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const log = { debug() {}, info() {}, warn() {}, error() {} };

it('what a start writes follows also where Redis is out of memory once more after it was not', async () => {
  const client = redis.client();
  const owed = new OwedWrites(log);
  const written: string[] = [];
  const write = (what: string) =>
    owed.write(what, async () => {
      await client.set(`{podwarden}:${what}`, '1');
      written.push(what);
    });
  try {
    for (const what of ['first', 'second']) {
      await client.config('SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
      await write(what);
      expect(written).not.toContain(what);
      await client.config('SET', 'maxmemory', '0');
      await until(() => written.includes(what));
    }
  } finally {
    owed.close();
    await client.config('SET', 'maxmemory', '0');
  }
});
