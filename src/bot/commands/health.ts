import { z } from 'zod';
import { LATE_TICKS } from '../../jobs/keep-ticking.ts';
import { TICK_MS } from '../../jobs/tick.ts';
import { brokenPresets } from '../../policy/presets.ts';
import { lossText } from '../../policy/store-loss.ts';
import { unlessUnreadable } from '../../store/unreadable.ts';
import { roomAt } from '../rooms.ts';
import type { Services } from '../services.ts';
import { type Health, healthCard } from '../views/health.ts';
import { defineCommand } from './declare.ts';
import { readChats } from './health-chats.ts';
import { readPeopleHealth } from './people-health.ts';

/** A warning waits for two minutes; whoever asks wants to know now. Real ms. */
const LATE_MS = { worker: LATE_TICKS * TICK_MS, bot: 45_000 };

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
  const { snapshots, findings, clocks, policy, ledger, approvals, costs, machineClocks, places, vitals } = services;
  const now = clocks.now();
  const realNow = clocks.realNow();
  const seen = async (part: keyof typeof LATE_MS) => {
    const at = await snapshots.lastSeen(part);
    return at === null ? null : { at: now - (realNow - at), silent: realNow - at > LATE_MS[part] };
  };
  const [
    worker,
    bot,
    connected,
    loss,
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
    vitals.workersConnected(),
    vitals.loss(now),
    machineClocks.differing(realNow),
    snapshots.lastRuns(),
    unlessUnreadable(findings.memory(), null),
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
  const around = {
    defaults: policy.defaults,
    dataCenters: catalogue?.dataCenters ?? [],
    networkVolumes: catalogue?.networkVolumes ?? [],
    projects: policy.projects.map(({ name }) => name),
  };
  return {
    now,
    ...(await readChats(services, open)),
    worker: worker && connected === 0 ? { ...worker, silent: true } : worker,
    bot,
    loss: loss && { kind: loss.kind, at: loss.at, text: lossText(loss) },
    clocks: differing,
    scanEveryMs: policy.scanMs,
    scannedAt: memory === null || memory.lastAt === 0 ? null : memory.lastAt,
    trouble: memory?.trouble ?? null,
    balance: memory?.account ?? null,
    balanceSince: memory?.balanceSince ?? null,
    pods: Object.keys(memory?.pods ?? {}).length,
    catalogAt: catalogue?.readAt ?? null,
    presets: brokenPresets(policy.presets, catalogue?.gpus ?? [], around),
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
