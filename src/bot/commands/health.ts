import { z } from 'zod';
import { SILENT_MS } from '../../jobs/watch.ts';
import { roomAt } from '../rooms.ts';
import type { Services } from '../services.ts';
import { type Health, healthCard } from '../views/health.ts';
import { defineCommand } from './declare.ts';
import { readPeopleHealth } from './people-health.ts';

export const health = defineCommand({
  name: 'health',
  summary: 'Whether Podwarden itself is well: what it reads, and when it last did',
  args: z.strictObject({}),
  positional: [],
  access: 'view',
  outsideRooms: false,
  examples: ['health'],
  run: async (_, __, services) => healthCard(await read(services)),
});

async function read(services: Services): Promise<Health> {
  const { snapshots, findings, clocks, policy, ledger, approvals, costs, machineClocks, places } = services;
  const now = clocks.now();
  const realNow = clocks.realNow();
  const seen = async (part: string) => {
    const at = await snapshots.lastSeen(part);
    return at === null ? null : { at: now - (realNow - at), silent: realNow - at > SILENT_MS };
  };
  const [
    worker,
    bot,
    differing,
    runs,
    memory,
    used,
    open,
    passing,
    requests,
    billing,
    closed,
    fleet,
    catalogue,
    bills,
    records,
  ] = await Promise.all([
    seen('worker'),
    seen('bot'),
    machineClocks.differing(realNow),
    snapshots.lastRuns(),
    findings.memory(),
    findings.memoryUse(),
    findings.open(),
    ledger.passing(),
    approvals.open(),
    costs.trouble(),
    places.closed(),
    snapshots.fleet(),
    snapshots.catalogue(),
    costs.unread(),
    snapshots.unreadable(),
  ]);
  const people = await readPeopleHealth(services);
  return {
    now,
    worker,
    bot,
    clocks: differing,
    scanEveryMs: policy.scanMs,
    scannedAt: memory === null || memory.lastAt === 0 ? null : memory.lastAt,
    trouble: memory?.trouble ?? null,
    balance: memory?.account ?? null,
    balanceSince: memory?.balanceSince ?? null,
    pods: Object.keys(memory?.pods ?? {}).length,
    catalogueAt: runs['refresh-catalogue'] ?? null,
    billingAt: runs['read-billing'] ?? null,
    billingTrouble: billing,
    people,
    unread: [...(fleet?.unread ?? []), ...(catalogue?.unread ?? []), ...bills, ...records],
    redisUsed: used,
    warnings: open.filter(({ told }) => told).length,
    underWay: passing.length,
    requests: requests.length,
    closed: closed.map(({ place, since, why }) => ({ since, why, chat: place.chat, room: roomAt(place, policy) })),
  };
}
