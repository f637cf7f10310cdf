import { describe, expect, it } from 'vitest';
import { classify, errorText } from '../../src/runpod/classify.ts';
import { RunpodRateLimited, RunpodRejected, RunpodUnavailable, RunpodUnexpected } from '../../src/runpod/errors.ts';
import { Quota } from '../../src/runpod/quota.ts';
import { type Repeat, retryAfter } from '../../src/runpod/retry.ts';

describe('what a refusal means', () => {
  it.each([
    [
      400,
      'There are no longer any instances available with the requested specifications. Please refresh and try again.',
      'capacity',
    ],
    [400, 'There are no instances currently available', 'capacity'],
    [500, 'This machine does not have the resources to deploy your pod. Please try a different machine', 'capacity'],
    [400, 'There are no longer any instances available with enough disk space', 'capacity'],
    [400, 'You must either provide a template id or pod configuration parameters', 'invalid'],
    [400, 'There are not enough free GPUs on the host machine to start this pod.', 'no-gpu-on-host'],
    [500, 'start pod: There are not enough free GPUs on the host machine to start this pod.', 'no-gpu-on-host'],
    [
      200,
      'Insufficient balance to resume this on-demand pod. You need at least $3.59 (current: $3.01, deficit: $0.58).',
      'funds',
    ],
    [200, 'Something went wrong. Please try again later or contact support.', 'vague'],
    [200, 'pod not found to terminate', 'not-found'],
    [402, 'anything', 'funds'],
    [401, 'missing bearer token', 'access'],
    [403, 'access denied', 'access'],
    [404, 'resource not found', 'not-found'],
    [409, 'action not allowed', 'conflict'],
    [410, '', 'retired'],
    [422, 'Request validation failed.', 'invalid'],
    [418, 'new', 'other'],
  ])('%i %s', (status, text, cause) => {
    expect(classify(status, text)).toBe(cause);
  });

  it.each([
    ['{"title":"T","status":400,"detail":"D"}', 'D'],
    ['{"error":"E"}', 'E'],
    ['{"message":"M"}', 'M'],
    [
      '{"detail":"Request validation failed.","errors":["$: missing property \'image\'"]}',
      "Request validation failed. $: missing property 'image'",
    ],
    ['<html>bad gateway</html>', 'no reason given'],
    ['upstream connect error', 'no reason given'],
    ['', 'no reason given'],
    ['{}', 'no reason given'],
  ])('%s says %s', (body, text) => {
    expect(errorText(body)).toBe(text);
  });
});

describe('whether a call is repeated', () => {
  const context = { call: 'x' };
  const policy = { maxAttempts: 3, backoffMs: 100, maxWaitMs: 5000 };
  const sent = new RunpodUnavailable('timed out', { sent: true }, context);
  const neverSent = new RunpodUnavailable('refused', { sent: false }, context);
  const limited = new RunpodRateLimited(2000, context);

  it.each<[string, Error, number, Repeat, number | null]>([
    ['a read after a timeout', sent, 1, 'safe', 100],
    ['with growing pauses', sent, 2, 'safe', 200],
    ['and not for ever', sent, 3, 'safe', null],
    ['a create after a timeout', sent, 1, 'once', null],
    ['a create that never left', neverSent, 1, 'once', null],
    ['a create over the limit', limited, 1, 'once', null],
    ['a read that never left', neverSent, 1, 'safe', 100],
    ['a read over the limit', limited, 1, 'safe', 2000],
    ['a wait that is too long', new RunpodRateLimited(60_000, context), 1, 'safe', null],
    ['a refusal', new RunpodRejected(400, 'invalid', 'no', context), 1, 'safe', null],
    ['an unreadable answer', new RunpodUnexpected('what', context), 1, 'safe', null],
  ])('%s', (_, error, attempt, repeat, wait) => {
    expect(retryAfter(error as RunpodUnavailable, attempt, repeat, policy, 1)).toBe(wait);
  });
});

describe('the rate limit', () => {
  const headers = (remaining: number) => ({
    rateLimit: `"minute";r=${remaining};t=12, "hour";r=2000;t=1800`,
    policy: '"minute";q=60;w=60, "hour";q=3000;w=3600',
  });

  it('is honoured before it is hit, with a reserve for what is urgent', () => {
    const quota = new Quota();
    expect(quota.waitMs(false, 0)).toBe(0);
    quota.note(headers(7), 0);
    expect(quota.waitMs(false, 0)).toBe(0);
    quota.spend();
    expect(quota.waitMs(false, 0)).toBe(12_000);
    expect(quota.waitMs(true, 0)).toBe(0);
    expect(quota.waitMs(false, 12_001)).toBe(0);
  });

  it('stops urgent calls only at nothing left', () => {
    const quota = new Quota();
    quota.note(headers(0), 0);
    expect(quota.waitMs(true, 5000)).toBe(7000);
  });

  it('is unknown without headers', () => {
    const quota = new Quota();
    quota.note({ rateLimit: undefined, policy: undefined }, 0);
    expect(quota.waitMs(false, 0)).toBe(0);
  });
});
