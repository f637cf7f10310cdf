import type { HttpAnswer, HttpCall } from '../http.ts';
import type { Quotas, Rate } from '../quota.ts';

/** Five a channel in five seconds, posts and edits apart; what live headers show, since Discord publishes no table. */
const PER_CHANNEL: Rate = { burst: 5, everyMs: 1000 };
/** Source: rate limits, global rate limit. Interaction endpoints are exempt. */
const GLOBAL: Rate = { burst: 50, everyMs: 20 };

const BUCKETS: [method: string, path: RegExp, name: string][] = [
  ['POST', /\/channels\/(\d+)\/messages$/, 'post'],
  ['PATCH', /\/channels\/(\d+)\/messages\/\d+$/, 'edit'],
];

/** Only headers make the client wait; the body's `retry_after` is not read. */
export function tooMany(seconds: number, more: Record<string, string> = {}): HttpAnswer {
  return {
    status: 429,
    headers: {
      'retry-after': String(seconds),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset-after': String(seconds),
      'x-ratelimit-scope': 'user',
      ...more,
    },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: false },
  };
}

/** The headers of a call under its limit, or the refusal of one over it. */
export function limit(call: HttpCall, quotas: Quotas): { headers: Record<string, string>; refusal: HttpAnswer | null } {
  if (/\/(webhooks|interactions)\//.test(call.path)) return { headers: {}, refusal: null };
  const overall = quotas.take('global', GLOBAL);
  if (overall.waitMs > 0)
    return { headers: {}, refusal: tooMany(overall.waitMs / 1000, { 'x-ratelimit-global': 'true' }) };
  for (const [method, pattern, name] of BUCKETS) {
    const channel = method === call.method ? pattern.exec(call.path)?.[1] : undefined;
    if (channel === undefined) continue;
    const key = `${name} ${channel}`;
    const { left, waitMs } = quotas.take(key, PER_CHANNEL);
    const headers = {
      'x-ratelimit-bucket': name,
      'x-ratelimit-limit': String(PER_CHANNEL.burst),
      'x-ratelimit-remaining': String(left),
      'x-ratelimit-reset-after': String(Math.max(waitMs, quotas.fullAfterMs(key, PER_CHANNEL)) / 1000),
    };
    return { headers, refusal: waitMs > 0 ? tooMany(waitMs / 1000, { 'x-ratelimit-bucket': name }) : null };
  }
  return { headers: {}, refusal: null };
}
