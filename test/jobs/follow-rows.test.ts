import { expect, it } from 'vitest';
import { followRows } from '../../src/jobs/follow-rows.ts';
import type { ScanMemory } from '../../src/policy/scan/memory.ts';
import { FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';

const redis = useRedis();

it.each([
  ['before it was read', NOW - 1, 'stopped'],
  ['as it was read', NOW, 'running'],
  ['since it was read', NOW + 1, 'running'],
])('a pod that was read as off, of a row that came up %s, follows only what is newer', async (_, since, status) => {
  const { provider, context } = governed(redis.client());
  const pod = provider.add('pod1', FACTS.name, { status: 'EXITED', reporting: false });
  const row = newRow({ status: 'running', podId: 'pod1', facts: FACTS, since });
  await context.ledger.add(row, () => null);
  const known = { missing: 0, next: null, look: { state: 'stopped' } };
  const memory = { lastAt: NOW, pods: { pod1: known } } as unknown as ScanMemory;
  await followRows(await context.ledger.open(), memory, [pod], new Set(), context);
  expect((await context.ledger.get('p1'))?.status).toBe(status);
});
