import { describe, expect, it } from 'vitest';
import { mocked } from './mocked.ts';

const HOUR = 3_600_000;
const POD = JSON.stringify({ id: 'abc', name: 'n', status: 'RUNNING', createdAt: '2026-11-24T10:00:00Z' });
const retryAfter = (value: string) => ({ headers: { 'retry-after': value } });
const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe('a Retry-After', () => {
  it('of a 503 is waited out before the same call is sent again', async () => {
    const { pool, pods, time, agent } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(503, '{}', retryAfter('30'));
    expect(await outcome(pods.get('abc'))).toMatchObject({ kind: 'unavailable', sent: true, retryAfterMs: 30_000 });
    time.now += 10_000;
    expect(await outcome(pods.get('abc'))).toMatchObject({ kind: 'unavailable', sent: false, retryAfterMs: 20_000 });
    agent.assertNoPendingInterceptors();
    time.now += 20_000;
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, POD);
    expect(await outcome(pods.get('abc'))).toMatchObject({ pod: { id: 'abc' } });
  });

  it('of a 503 holds up no other call', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods?includeClusterPods=true' }).reply(503, '{}', retryAfter('600'));
    await outcome(pods.list());
    pool.intercept({ path: '/v2/pods/abc/action', method: 'POST' }).reply(200, POD);
    expect(await outcome(pods.act('abc', 'stop'))).toBeUndefined();
  });

  it('of a 429 holds for urgent calls too', async () => {
    const { pool, pods, time } = mocked();
    pool.intercept({ path: '/v2/pods?includeClusterPods=true' }).reply(429, '{}', retryAfter('20'));
    await outcome(pods.list());
    time.now += 5000;
    expect(await outcome(pods.act('abc', 'stop'))).toMatchObject({ kind: 'rate-limited', retryAfterMs: 15_000 });
    time.now += 15_000;
    pool.intercept({ path: '/v2/pods/abc/action', method: 'POST' }).reply(200, POD);
    expect(await outcome(pods.act('abc', 'stop'))).toBeUndefined();
  });

  it.each([429, 503])('of a %i is an hour at most', async (status) => {
    const { pool, pods, time } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(status, '{}', retryAfter('86400'));
    expect(await outcome(pods.get('abc'))).toMatchObject({ retryAfterMs: HOUR });
    time.now += HOUR;
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, POD);
    expect(await outcome(pods.get('abc'))).toMatchObject({ pod: { id: 'abc' } });
  });

  it('may be a date', async () => {
    const { pool, pods, time } = mocked();
    time.now = Date.parse('2026-11-24T10:00:00Z');
    pool.intercept({ path: '/v2/pods/abc' }).reply(503, '{}', retryAfter('Tue, 24 Nov 2026 10:02:00 GMT'));
    expect(await outcome(pods.get('abc'))).toMatchObject({ retryAfterMs: 120_000 });
  });

  it.each(['soon', '-5', ''])('that says %j is left aside', async (value) => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(503, '{}', retryAfter(value));
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, POD);
    expect(await outcome(pods.get('abc'))).toMatchObject({ pod: { id: 'abc' } });
  });

  it('is not outdone by a window of the rate limit that claims to be full for days', async () => {
    const { pool, pods, time } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, POD, { headers: { ratelimit: '"day";r=0;t=864000' } });
    await pods.get('abc');
    expect(await outcome(pods.get('abc'))).toMatchObject({ kind: 'rate-limited', retryAfterMs: HOUR });
    time.now += HOUR;
    pool.intercept({ path: '/v2/pods/abc' }).reply(200, POD);
    expect(await outcome(pods.get('abc'))).toMatchObject({ pod: { id: 'abc' } });
  });
});
