import { expect, it } from 'vitest';
import { stopAll } from '../../src/bot/actions/pods.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker } from '../../src/bot/services.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { botServices, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const asker = { who: ALICE, accounts: ['slack:U1'], place: SLACK_ROOM, room: 'gpu' } as unknown as Asker;

it('a pod that is off already when Stop is carried out, such as past a full Redis, gets the card that was promised', async () => {
  const { services, enqueued } = botServices(redis.client(), 'slack');
  const pod = {
    id: 'pod3',
    name: 'bob-vision-k3f9t2',
    status: 'EXITED',
    gpuName: 'A6000',
    gpuCount: 1,
    gpuId: 'NVIDIA RTX A6000',
    cloud: 'SECURE',
    dataCenter: null,
    microUsdPerHour: 0,
    containerDiskGb: 50,
    volumeDisk: null,
    networkVolume: null,
    locked: false,
    createdAt: '2026-11-01T00:00:00Z',
    startedAt: null,
    reporting: false,
    imageMark: '',
  };
  await services.snapshots.saveFleet({ readAt: NOW, pods: [pod] });
  await services.drafts.put('d1', { pods: ['pod3'] });
  const answer = await stopAll.run({ id: 'd1', choice: '' }, asker, services);
  expect(answer && plainText(answer, 500)).toMatch(/vision is already off/);
  const row = await services.ledger.byPod('pod3');
  expect(enqueued).toContainEqual({ name: 'announce', payload: { row: row?.id } });
});
