import { request } from 'undici';
import type { CriticalWebhook } from '../config/settings.ts';
import type { Pager } from '../jobs/page-out.ts';
import type { Alert } from '../policy/findings/alert.ts';

/** PagerDuty Events API v2. Source: developer.pagerduty.com, "Send an alert event". */
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const TIMEOUT_MS = 10_000;

interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Tells one webhook. Its address is a secret: errors name the kind and the status alone. */
export function criticalWebhook(to: CriticalWebhook, pagerduty = PAGERDUTY): Pager {
  return async (alert, signal) => {
    const { url, headers, body } = postOf(to, alert, pagerduty);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const status = await send(url, headers, body, limit);
    if (status >= 300) throw new Error(`the critical webhook (${to.kind}) answered ${status}`);
  };

  async function send(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    try {
      const reply = await request(url, { method: 'POST', headers, body, signal });
      await reply.body.dump();
      return reply.statusCode;
    } catch (error) {
      const code = (error as { code?: string }).code ?? (error as Error).name;
      throw new Error(`the critical webhook (${to.kind}) was not reached: ${code}`);
    }
  }
}

function postOf(to: CriticalWebhook, alert: Alert, pagerduty: string): Post {
  const json = { 'content-type': 'application/json' };
  switch (to.kind) {
    case 'pagerduty': {
      const payload = {
        summary: alert.title.slice(0, 1024),
        source: 'podwarden',
        severity: 'critical',
        timestamp: new Date(alert.at).toISOString(),
        class: alert.rule,
      };
      const action = alert.over ? { event_action: 'resolve' } : { event_action: 'trigger', payload };
      return {
        url: pagerduty,
        headers: json,
        body: JSON.stringify({ routing_key: to.routingKey, dedup_key: alert.id, ...action }),
      };
    }
    case 'ntfy': {
      // Headers of ntfy are plain ASCII; the text itself may be anything.
      const headers = alert.over
        ? { Title: 'Podwarden: over', Tags: 'white_check_mark' }
        : { Title: 'Podwarden', Priority: 'urgent', Tags: 'rotating_light' };
      return { url: to.url, headers, body: alert.title };
    }
    case 'json':
      return {
        url: to.url,
        headers: json,
        body: JSON.stringify({
          id: alert.id,
          rule: alert.rule,
          severity: 'critical',
          status: alert.over ? 'resolved' : 'open',
          title: alert.title,
          at: new Date(alert.at).toISOString(),
        }),
      };
  }
}
