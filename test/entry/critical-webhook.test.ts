import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { criticalWebhook } from '../../src/entry/critical-webhook.ts';
import type { Alert } from '../../src/policy/findings/alert.ts';

interface Seen {
  headers: IncomingMessage['headers'];
  body: string;
}

let seen: Seen[] = [];
let status = 202;
const server = createServer((request, reply) => {
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    seen.push({ headers: request.headers, body });
    reply.writeHead(status).end();
  });
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cret`;
});
beforeEach(() => {
  seen = [];
  status = 202;
});
afterAll(() => {
  server.close();
});

const alert: Alert = {
  id: 'f1',
  title: 'RunPod burn is $112.25/h – “extra1”',
  at: Date.parse('2026-12-08T10:20:00Z'),
  rule: 'burn-jump',
  over: false,
};
const signal = new AbortController().signal;

describe('the critical webhook', () => {
  it('opens and resolves one PagerDuty alert', async () => {
    const page = criticalWebhook({ kind: 'pagerduty', routingKey: 'R0KEY' }, url);
    await page(alert, signal);
    await page({ ...alert, over: true }, signal);
    const [open, over] = seen.map(({ body }) => JSON.parse(body));
    expect(open).toEqual({
      routing_key: 'R0KEY',
      dedup_key: 'f1',
      event_action: 'trigger',
      payload: {
        summary: alert.title,
        source: 'podwarden',
        severity: 'critical',
        timestamp: '2026-12-08T10:20:00.000Z',
        class: 'burn-jump',
      },
    });
    expect(over).toEqual({ routing_key: 'R0KEY', dedup_key: 'f1', event_action: 'resolve' });
  });

  it('says it to ntfy as text, with the priority in a header', async () => {
    await criticalWebhook({ kind: 'ntfy', url })(alert, signal);
    expect(seen[0]).toMatchObject({ body: alert.title, headers: { priority: 'urgent', title: 'Podwarden' } });
  });

  it('sends plain JSON', async () => {
    await criticalWebhook({ kind: 'json', url })(alert, signal);
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ id: 'f1', status: 'open', severity: 'critical' });
  });

  it('fails where it was not taken, without telling its address', async () => {
    status = 500;
    const error = await criticalWebhook({ kind: 'json', url })(alert, signal).catch((failed: Error) => failed);
    expect(String(error)).toMatch(/json\) answered 500/);
    const away = await criticalWebhook({ kind: 'ntfy', url: 'http://127.0.0.1:1/s3cret' })(alert, signal).catch(
      (failed: Error) => failed,
    );
    expect(String(away)).toMatch(/not reached/);
    expect(`${error} ${away}`).not.toContain('s3cret');
  });
});
