import { describe, expect, it } from 'vitest';
import { SCAN_SEEN } from '../../src/jobs/names.ts';
import { pageOut } from '../../src/jobs/page-out.ts';
import { SILENT_MS, watchOver } from '../../src/jobs/watch.ts';
import type { Alert } from '../../src/policy/findings/alert.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';

const redis = useRedis();
const MINUTE = 60_000;

async function world() {
  const { context, time, enqueued } = governed(redis.client());
  const pass = (ms: number) => {
    time.now += ms;
    time.real += ms;
  };
  const blind = async () => (await context.findings.open()).filter(({ rule }) => rule === 'blind');
  return { context, time, enqueued, pass, blind };
}

describe.each(['worker', 'bot'] as const)('the watch over the %s', (part) => {
  it('misses nobody who never came', async () => {
    const { context, pass, blind } = await world();
    pass(60 * MINUTE);
    await watchOver(part, context);
    expect(await blind()).toEqual([]);
  });

  it('barks once after two minutes, tells whoever keeps watch after half an hour, and says when it is over', async () => {
    const { context, time, pass, blind, enqueued } = await world();
    await context.snapshots.seen(part, time.real);
    pass(SILENT_MS);
    await watchOver(part, context);
    expect(await blind()).toEqual([]);
    for (let i = 0; i < 10; i++) {
      pass(MINUTE);
      await Promise.all([watchOver(part, context), watchOver(part, context)]);
    }
    const [found] = await blind();
    expect(await blind()).toHaveLength(1);
    expect(found).toMatchObject({ subject: part, severity: 'urgent', facts: { what: part }, said: [] });
    expect(enqueued.filter(({ name }) => name === 'announce-finding')).toHaveLength(1);
    pass(20 * MINUTE);
    await watchOver(part, context);
    expect(await blind()).toMatchObject([{ severity: 'critical', said: [{ kind: 'worse' }, { kind: 'ops' }] }]);
    expect(enqueued.filter(({ name }) => name === 'page-out')).toHaveLength(1);
    await context.snapshots.seen(part, time.real);
    await watchOver(part, context);
    expect(await blind()).toEqual([]);
    // Whoever was called hears that it is over.
    expect(enqueued.filter(({ name }) => name === 'page-out')).toHaveLength(2);
  });
});

it('a worker that was seen once is missed though the store forgot it, by a bot that is still there', async () => {
  const { context, time, pass, blind } = await world();
  await context.snapshots.seen('worker', time.real);
  await redis.client().flushall();
  await watchOver('worker', context);
  expect(await blind()).toEqual([]);
  pass(SILENT_MS + 1000);
  await watchOver('worker', context);
  expect(await blind()).toMatchObject([{ subject: 'worker' }]);
  // Another process that never met it cannot miss it.
  expect(await new Snapshots(redis.client()).lastSeen('worker')).toBeNull();
});

it('a worker that died with a clock 20 minutes fast is missed as soon as any other', async () => {
  const { context, time, pass, blind } = await world();
  await context.snapshots.seen('worker', time.real + 20 * MINUTE);
  await watchOver('worker', context);
  pass(SILENT_MS + 1000);
  await watchOver('worker', context);
  expect(await blind()).toMatchObject([{ subject: 'worker' }]);
});

it('a worker that is there and scans nothing any more is as good as silent', async () => {
  const { context, time, pass, blind } = await world();
  await context.snapshots.seen(SCAN_SEEN, time.real);
  for (const minutes of [19, 2]) {
    pass(minutes * MINUTE);
    await context.snapshots.seen('worker', time.real);
    await watchOver('worker', context);
    expect(await blind()).toHaveLength(minutes === 19 ? 0 : 1);
  }
  await context.snapshots.seen(SCAN_SEEN, time.real);
  await watchOver('worker', context);
  expect(await blind()).toEqual([]);
});

describe('page-out', () => {
  it('tells the webhook what it is about, and nothing where none is set', async () => {
    const { context, time, pass, blind } = await world();
    await context.snapshots.seen('bot', time.real);
    pass(40 * MINUTE);
    await watchOver('bot', context);
    const [finding] = await blind();
    const alerts: Alert[] = [];
    const pager = async (alert: Alert) => {
      alerts.push(alert);
    };
    const signal = new AbortController().signal;
    await pageOut.handle({ finding: finding?.id ?? '' }, { findings: context.findings, pager }, signal);
    await pageOut.handle({ finding: finding?.id ?? '' }, { findings: context.findings, pager: null }, signal);
    expect(alerts).toMatchObject([{ id: finding?.id, title: 'Podwarden is blind (bot)', over: false }]);
  });
});
