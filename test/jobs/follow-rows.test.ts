import { describe, expect, it } from 'vitest';
import { followRows } from '../../src/jobs/follow-rows.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import { lookOf, type ScanMemory } from '../../src/policy/scan/memory.ts';
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

describe('the row of a pod', () => {
  async function follow(...reads: Partial<FleetPod>[]) {
    const { provider, context } = governed(redis.client());
    await context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS, since: NOW - 1 }), () => null);
    for (const [i, more] of reads.entries()) {
      const pod = provider.add('pod1', FACTS.name, more);
      const memory = { lastAt: NOW + i * 60_000 + 1, pods: { pod1: { missing: 0, next: null, look: lookOf(pod) } } };
      await followRows(await context.ledger.open(), memory as unknown as ScanMemory, [pod], new Set(), context);
    }
    const row = await context.ledger.get('p1');
    return { status: row?.status, odd: row?.facts?.odd, rev: row?.rev };
  }

  it('that went into ERROR is not running, and says what RunPod calls it', async () => {
    const odd = { status: 'ERROR', microUsdPerHour: 0 };
    expect(await follow({ status: 'ERROR', microUsdPerHour: 0 })).toMatchObject({ status: 'stopped', odd });
  });

  it('that left ERROR for a usual state is as that state', async () => {
    expect(await follow({ status: 'ERROR' }, { status: 'EXITED' })).toMatchObject({
      status: 'stopped',
      odd: undefined,
    });
    expect(await follow({ status: 'ERROR' }, { status: 'RUNNING' })).toMatchObject({
      status: 'running',
      odd: undefined,
    });
  });

  it('in a state that is not known bears RunPod’s own word, and can be stopped while it bills', async () => {
    const odd = { status: 'HIBERNATING', microUsdPerHour: 90_000 };
    expect(await follow(odd)).toMatchObject({ status: 'running', odd });
    expect(await follow({ status: 'EXITED' }, odd)).toMatchObject({ status: 'running', odd });
  });

  it('that stands as it did is not written again', async () => {
    const { rev } = await follow({ status: 'ERROR' });
    expect(await follow({ status: 'ERROR' }, { status: 'ERROR' }, { status: 'ERROR' })).toMatchObject({ rev });
  });
});
