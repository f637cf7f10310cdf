import type { HttpAnswer } from '../http.ts';
import type { Quotas, Rate } from '../quota.ts';

/**
 * Rate limits by method; posts count by channel. Source: docs.slack.dev, rate limits (tiers 2, 3 and 4, and "about one
 * message a second a channel, with short bursts").
 */
const POST: Rate = { burst: 5, everyMs: 1000 };
const TIER = { two: perMinute(20), three: perMinute(50), four: perMinute(100) };
const RATES: Record<string, Rate> = {
  'chat.delete': TIER.three,
  'chat.update': TIER.three,
  'chat.postEphemeral': TIER.four,
  'conversations.history': TIER.three,
  'conversations.replies': TIER.three,
  'conversations.info': TIER.three,
  'users.info': TIER.four,
  'users.list': TIER.two,
  'usergroups.list': TIER.two,
  'usergroups.users.list': TIER.two,
  'views.open': TIER.four,
};

function perMinute(calls: number): Rate {
  return { burst: calls, everyMs: 60_000 / calls };
}

/** The refusal of a call over its limit; null for one under it. */
export function rateLimit(method: string, { channel = '' }: Record<string, string>, quotas: Quotas): HttpAnswer | null {
  const isPost = method === 'chat.postMessage';
  const rate = isPost ? POST : RATES[method];
  if (!rate) return null;
  const { waitMs } = quotas.take(isPost ? `${method} ${channel}` : method, rate);
  if (waitMs === 0) return null;
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)) };
  return { status: 429, headers, body: { ok: false, error: 'ratelimited' } };
}
