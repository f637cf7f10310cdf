import { describe, expect, it } from 'vitest';
import { RunpodError } from '../../src/runpod/errors.ts';
import { mocked } from './mocked.ts';

const PAGE = '<!DOCTYPE html><html><title>Access denied</title><body>Ray ID 8f2c, your IP 203.0.113.9</body></html>';
const HTML = { headers: { 'content-type': 'text/html; charset=UTF-8' } };
const wanted = { name: 'n', image: 'i', gpu: { id: 'g', count: 1 }, cloud: 'SECURE' as const, disk: 5 };

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof RunpodError ? error : Promise.reject(error)),
  );

describe('an answer that is not RunPod’s', () => {
  it.each([
    ['403', 403, PAGE],
    ['404', 404, PAGE],
    ['401', 401, PAGE],
    ['400 of a proxy', 400, 'Bad Request'],
    ['403 in plain text', 403, 'error code: 1020'],
    ['403 in a CDN’s own JSON', 403, '{"title":"Error 1020: Access denied","status":403,"cloudflare_error":true}'],
    ['redirect to a login page', 302, PAGE],
    ['sign-in page with status 200', 200, PAGE],
  ])('as a %s is retried, accuses neither key nor pod, and is never shown raw', async (_, status, body) => {
    const { pool, pods, agent } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(status, body, HTML).times(3);
    const error = await failureOf(pods.get('abc'));
    expect(error).toMatchObject({ kind: 'unavailable', sent: true });
    expect(error?.message).toMatch(/blocked on the way/);
    expect(error?.message).not.toMatch(/<|Ray ID|203\.0\.113|1020/);
    agent.assertNoPendingInterceptors();
  });

  it('is over when RunPod’s own answer comes through', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(403, PAGE, HTML);
    pool.intercept({ path: '/v2/pods/abc' }).reply(404, '{"status":404,"detail":"pod not found"}');
    await expect(pods.get('abc')).resolves.toBeNull();
  });

  it('leaves a create in doubt, a delete not accepted, and neither is sent again', async () => {
    const { pool, pods, agent } = mocked();
    pool.intercept({ path: '/v2/pods', method: 'POST' }).reply(403, PAGE, HTML);
    expect(await failureOf(pods.create(wanted))).toMatchObject({ kind: 'unavailable', sent: true });
    for (const status of [200, 404]) {
      pool.intercept({ path: '/v2/pods/abc', method: 'DELETE' }).reply(status, PAGE, HTML);
      expect(await failureOf(pods.delete('abc'))).toMatchObject({ kind: 'unavailable' });
    }
    agent.assertNoPendingInterceptors();
  });

  it('does not say that GraphQL is gone', async () => {
    const { pool, graphql } = mocked();
    pool.intercept({ path: '/graphql', method: 'POST' }).reply(404, PAGE, HTML).times(3);
    expect(await failureOf(graphql.account())).toMatchObject({ kind: 'unavailable' });
  });

  it('of a gateway is named by its status alone', async () => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(502, '<html>bad gateway</html>', HTML).times(3);
    const error = await failureOf(pods.get('abc'));
    expect(error?.message).toBe('GET /v2/pods/{id}: 502 no reason given');
  });
});

describe('RunPod’s own refusal', () => {
  it.each([
    [401, '{"title":"Unauthorized","status":401,"detail":"missing bearer token"}', 'access'],
    [403, '{"error":"access denied"}', 'access'],
    [400, '{"status":400,"detail":"There are no instances currently available"}', 'capacity'],
  ])('as a %i is taken at its word', async (status, body, reason) => {
    const { pool, pods } = mocked();
    pool.intercept({ path: '/v2/pods/abc' }).reply(status, body);
    expect(await failureOf(pods.get('abc'))).toMatchObject({ kind: 'rejected', reason });
  });
});
