import { expect, it } from 'vitest';
import { keyAlarm } from '../../src/jobs/key-alarm.ts';
import { scanBlindness } from '../../src/policy/findings/blind.ts';
import { blank } from '../../src/policy/scan/memory.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';

const redis = useRedis();
const MINUTE = 60_000;

it('a key that is refused has the account read at once, whichever call met it, and not again while that is known', async () => {
  const { context, enqueued } = governed(redis.client());
  const alarm = keyAlarm(context);
  for (const status of [200, 404, 503, null]) await alarm(status);
  expect(enqueued).toEqual([]);
  for (const status of [401, 403]) await alarm(status);
  expect(enqueued.map(({ name }) => name)).toEqual(['read-fleet', 'read-fleet']);
  const now = context.clocks.now();
  const known = { ...blank(now), trouble: { since: now, what: 'key' as const, detail: 'denied' } };
  expect(await context.findings.commit(null, known, [])).toBe(true);
  await alarm(401);
  expect(enqueued).toHaveLength(2);
});

it('a key that RunPod refuses is critical at once: everything else is blind with it', () => {
  const memory = { ...blank(0), trouble: { since: 5 * MINUTE, what: 'key' as const, detail: 'denied' } };
  expect(scanBlindness(memory, 5 * MINUTE, 'gpu')).toMatchObject([{ severity: 'critical', level: 2 }]);
});
