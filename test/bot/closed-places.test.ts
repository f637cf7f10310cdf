import { afterEach, beforeEach, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { type Announcements, announcements } from '../../src/bot/publish/announcements.ts';
import { ClosedPlaces } from '../../src/bot/publish/closed-places.ts';
import { RoomRights } from '../../src/bot/publish/room-rights.ts';
import { refusedLately } from '../../src/bot/refused-lately.ts';
import type { Services } from '../../src/bot/services.ts';
import { Cards } from '../../src/store/cards.ts';
import { newApproval } from '../policy/requests.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';

type Chat = 'slack' | 'discord';
const redis = useRedis();
const MINUTE = 60_000;

let chats: Awaited<ReturnType<typeof bothChats>>;
let fronts: Map<Chat, Front>;
let services: Services;
let announce: Announcements;
let owed: string[];
const time = { now: NOW };

beforeEach(async () => {
  time.now = NOW;
  owed = [];
  chats = await bothChats();
  fronts = new Map((['slack', 'discord'] as const).map((chat) => [chat, chats.front(chat)]));
  for (const front of fronts.values()) await front.start({} as Inbox);
  const { services: base } = botServices(redis.client(), 'slack');
  const enqueue: Services['enqueue'] = async ({ name }, payload) => {
    if (name === 'announce-finding') owed.push((payload as { card: string }).card);
  };
  services = { ...base, clocks: { ...base.clocks, now: () => time.now }, enqueue };
  announce = announcements(fronts, services, new Cards(redis.client()));
});
afterEach(async () => {
  for (const chat of ['slack', 'discord'] as const) chats[chat].faults = { mode: null, redeliver: false };
  for (const front of fronts.values()) await front.stop();
  await chats.close();
});

const fault = (chat: Chat, value: string | null) => {
  chats[chat].faults.mode = value === null ? null : chatTrouble(value);
};
/** Until nothing is owed any more, as the queue does it. */
const announced = async () => {
  for (let card = owed.shift(); card !== undefined; card = owed.shift()) await announce.finding(card);
};
/** What the bot does every five minutes; how many posts it asked for. */
const looked = async () => {
  await new RoomRights(fronts, services, new ClosedPlaces(services)).look();
  const asked = owed.length;
  await announced();
  return asked;
};
const closed = async () => (await services.places.closed()).map(({ place, why }) => `${place.chat}: ${why}`);
const warned = async () => (await services.findings.open()).map(({ subject }) => subject);
const texts = (chat: Chat) => chats[chat].visibleTo('alice').map(({ text }) => text);

/** Something that is to be said in the room finds out that a channel takes nothing. */
const refusedBy = async (chat: Chat, code: string) => {
  fault(chat, `error:${code}`);
  await services.approvals.add([newApproval()], { key: 'none', rev: 0 }, () => []);
  await announce.request('b1');
  await announced();
};

it.each([
  ['slack', 'is_archived'],
  ['slack', 'not_in_channel'],
  ['slack', 'channel_not_found'],
  ['discord', '50001'],
  ['discord', '50013'],
] as [Chat, string][])(
  'a channel on %s that refused with %s, and in which nothing is lacking at the next look, is tried at once',
  async (chat, code) => {
    await refusedBy(chat, code);
    expect(await closed()).toEqual([`${chat}: ${code}`]);
    time.now += 5 * MINUTE;
    expect(await looked()).toBe(1);
    expect(await closed()).toHaveLength(1);
    fault(chat, null);
    time.now += 5 * MINUTE;
    await looked();
    expect([await closed(), await warned()]).toEqual([[], []]);
    // What stands there says that it is over.
    expect(texts(chat).join('\n')).toMatch(/Over: A channel takes no messages/);
  },
);

it.each([
  ['slack', 'restricted_action_read_only_channel'],
  ['discord', '50008'],
] as [Chat, string][])(
  'a channel on %s that refused for what nobody sees (%s) is tried once an hour',
  async (chat, code) => {
    await refusedBy(chat, code);
    const asked: number[] = [];
    for (let minutes = 5; minutes <= 120; minutes += 5) {
      time.now += 5 * MINUTE;
      if ((await looked()) > 0) asked.push(minutes);
    }
    expect(asked).toEqual([60, 120]);
    expect(await closed()).toEqual([`${chat}: ${code}`]);
    fault(chat, null);
    time.now += 60 * MINUTE;
    await looked();
    expect([await closed(), await warned()]).toEqual([[], []]);
  },
);

it('what a refused post found, and a look then sees, is over with the look that sees it no more, without a post', async () => {
  const channel = chats.slack.workspace.channels.get('C0GPU');
  if (!channel) throw new Error('no channel');
  channel.isArchived = true;
  await refusedBy('slack', 'restricted_action');
  await looked();
  expect(await closed()).toEqual(['slack: it is archived']);
  channel.isArchived = false;
  await looked();
  expect([await closed(), await warned()]).toEqual([[], []]);
  expect(texts('slack')).toEqual([]);
});

it('a channel in which no warning is shown is open again after an hour: the next post there tells', async () => {
  const rooms = services.policy.rooms.map((room) => ({
    ...room,
    channels: room.channels.map((one) => ({ ...one, mirror: one.chat !== 'slack' })),
  }));
  services = { ...services, policy: { ...services.policy, rooms } };
  await services.places.close({ place: SLACK_ROOM, since: time.now, why: 'restricted_action', by: 'post' });
  time.now += 55 * MINUTE;
  await looked();
  expect(await closed()).toHaveLength(1);
  time.now += 5 * MINUTE;
  await looked();
  expect(await closed()).toEqual([]);
});

it('a channel that is open again is not told of all reminders that it did not hear', async () => {
  await refusedBy('slack', 'restricted_action');
  for (const hours of [7, 24]) {
    time.now += hours * 60 * MINUTE;
    await looked();
  }
  expect(texts('discord').filter((said) => said.includes('Still'))).toHaveLength(2);
  fault('slack', null);
  time.now += 60 * MINUTE;
  await looked();
  expect(texts('slack')).toEqual([expect.stringMatching(/Over: A channel takes no messages/)]);
});

it('a launch in a channel that takes messages again is not refused: the warning is posted there first', async () => {
  await refusedBy('discord', '50008');
  const asking = {
    ...services,
    enqueue: async () => announce.finding((await services.findings.open())[0]?.card ?? ''),
  };
  time.now += MINUTE;
  expect(await refusedLately(DISCORD_ROOM, asking)).toMatch(/takes no messages from me \(50008\)/);
  fault('discord', null);
  time.now += MINUTE;
  expect(await refusedLately(DISCORD_ROOM, asking)).toBeNull();
  expect(await closed()).toEqual([]);
});
