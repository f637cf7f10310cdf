import { expect, it } from 'vitest';
import { submitTerminate } from '../../src/bot/commands/terminating.ts';
import type { Asker } from '../../src/bot/services.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { pod } from '../policy/scan/scans.ts';
import { useRedis } from '../store/redis.ts';
import { botServices, SLACK_ROOM } from './chats.ts';

const redis = useRedis();

it('a request shows its pod as the pod is held to before the call, whatever Podwarden’s own row says of it', async () => {
  const { services } = botServices(redis.client(), 'slack');
  const disk = { sizeGb: 500, path: '/workspace' };
  const production = pod({ id: 'prod', name: 'alice-production-k3f9t9', volumeDisk: disk, locked: true });
  await services.snapshots.saveFleet({ readAt: NOW, pods: [production] });
  // Rows are not signed: somebody with Redis alone writes what they like, newer than the list.
  const facts = { ...FACTS, name: 'alice-junk-k3f9t9', volumeDisk: null };
  await services.ledger.adopt(newRow({ podId: 'prod', status: 'running', since: NOW + 1000, facts }));
  await services.drafts.put('d1', { pods: ['prod'] });
  const asker = { who: ALICE, place: SLACK_ROOM, room: 'gpu', eventId: 'e1' } as Asker;
  await submitTerminate('d1', { reason: ['done'], data: ['nothing'] }, asker, services);
  const record = await services.approvals.forPod('prod');
  expect(record?.fingerprint).toMatchObject({ name: production.name, volumeDisk: disk });
  expect(record).toMatchObject({ locked: true, data: 'nothing', facts: { name: production.name, volumeDisk: disk } });
});
