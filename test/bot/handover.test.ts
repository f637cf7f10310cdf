import { expect, it } from 'vitest';
import type { Front } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { announcements } from '../../src/bot/publish/announcements.ts';
import { Cards } from '../../src/store/cards.ts';
import { botOver, settleIn } from '../inbox/team.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();

it('the pods of somebody who left are handed over under a name that is marked where it imitates another’s', async () => {
  await settleIn(redis.client());
  const { services } = botOver(redis.client());
  const account = 'slack:T1/U66';
  const gone = { account, name: 'Аl\u202eice', membership: 'deactivated' as const, groups: [] };
  await services.snapshots.saveMembers('slack', new Map([[account, gone]]), await services.snapshots.beginRead(0));
  const claim = { by: { account, person: null, name: 'mallory' }, room: null, at: 0 };
  await services.owners.change((pods) => ({ ...pods, pod3: claim }), []);
  const posted: string[] = [];
  const front = {
    chat: 'slack',
    post: async (_, message) => posted.push(plainText(message, 10_000)),
    find: async () => null,
  } as Partial<Front> as Front;
  await announcements(new Map([['slack', front]]), services, new Cards(redis.client())).handovers();
  expect(posted).toEqual([expect.stringContaining('mystery')]);
  expect(posted[0]).toContain('Аlice (not the Alice in people)');
});
