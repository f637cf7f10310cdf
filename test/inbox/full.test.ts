import { afterEach, expect, it } from 'vitest';
import { OutOfMemory } from '../../src/bot/out-of-memory.ts';
import type { Standings } from '../../src/bot/people.ts';
import { connect } from '../../src/store/connect.ts';
import { botServices } from '../bot/chats.ts';
import { ALICE } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { botOver, deliver, settleIn } from './team.ts';

const redis = useRedis();
const roomy = () => redis.client().config('SET', 'maxmemory', '0');
afterEach(roomy);

const standing = { access: { may: new Set(['stop']), why: new Map() }, person: 'alice' };
const standings = { of: async () => standing } as unknown as Standings;

it('a Stop that a full Redis lost while it was looked at is answered, and carried out once there is room', async () => {
  await settleIn(redis.client());
  const gone = connect({ kind: 'socket', path: redis.path(), db: 0, auth: {} }, 'worker', () => {});
  gone.disconnect();
  const full = new OutOfMemory(botServices(gone, 'slack').services, standings, async () => {
    throw new Error('Connection is closed.');
  });
  const bot = botOver(redis.client(), undefined, null, undefined, full);
  await redis.client().config('SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction');
  const incoming = {
    eventId: 'e1',
    account: ALICE.account,
    name: 'Alice',
    place: { chat: 'slack', channel: 'C1' },
    token: 'v1.stop.p1!',
    label: null,
    reply: { to: 'e1' },
  };
  const done = deliver(bot, { kind: 'click', incoming, replaces: false } as never, () => {});
  await expect.poll(() => bot.answers, { timeout: 10_000 }).toEqual([expect.stringContaining('I keep trying')]);
  await roomy();
  await done;
  expect(bot.answers.length).toBe(2);
});
