import { afterEach, beforeEach, expect, it } from 'vitest';
import { health } from '../../src/bot/commands/health.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { PlaceClosed } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { ClosedPlaces } from '../../src/bot/publish/closed-places.ts';
import { RoomRights } from '../../src/bot/publish/room-rights.ts';
import type { Asker } from '../../src/bot/services.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';
import { bots, until } from './running-bots.ts';

const SEND_MESSAGES = 1n << 11n;
const EMBED_LINKS = 1n << 14n;
const ATTACH_FILES = 1n << 15n;
const PUBLIC_THREADS = 1n << 35n;
const VIEW_CHANNEL = 1n << 10n;

const redis = useRedis();
let closing: (() => unknown)[] = [];
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

/** Both chats, and what watches over the rights in their one room. */
async function watched() {
  const chats = await bothChats();
  closing.push(chats.close);
  const { services } = botServices(redis.client(), 'slack');
  const fronts = new Map<string, Front>();
  for (const chat of ['slack', 'discord']) {
    const front = chats.front(chat);
    await front.start({} as Inbox);
    closing.push(() => front.stop());
    fronts.set(chat, front);
  }
  const closed = new ClosedPlaces(services);
  const rights = new RoomRights(fronts, services, closed);
  const warnings = async () =>
    (await services.findings.open()).map(({ facts }) => ('detail' in facts ? facts.detail : ''));
  const says = async () => plainText(await health.run({}, {} as Asker, services), 4000);
  const of = (chat: string) => {
    const front = fronts.get(chat);
    if (!front) throw new Error('no such chat');
    return front;
  };
  return { chats, services, closed, rights, warnings, says, of };
}

it('a permission that is taken in a Discord channel is known before anything is posted there, and when it is back', async () => {
  const { chats, of } = await watched();
  const read = () => of('discord').rights(DISCORD_ROOM);
  expect(await read()).toEqual({ closed: null, lacks: [] });
  chats.discord.guilds.deny('gpu', SEND_MESSAGES | EMBED_LINKS);
  await until(() => of('discord').pulse.read().eventAt !== null);
  await expect.poll(async () => (await read())?.closed?.why).toBe('I lack Send Messages, Embed Links');
  chats.discord.guilds.deny('gpu', PUBLIC_THREADS | ATTACH_FILES);
  await expect.poll(read).toEqual({
    closed: null,
    lacks: [
      { right: 'Create Public Threads', instead: expect.stringContaining('posted in the channel') },
      { right: 'Attach Files', instead: expect.stringContaining('left out') },
    ],
  });
});

it('a channel that Discord does not show is closed, whatever its id', async () => {
  const { chats, of } = await watched();
  expect((await of('discord').rights({ chat: 'discord', channel: '1' }))?.closed?.why).toMatch(/no such channel/);
  chats.discord.guilds.deny('gpu', VIEW_CHANNEL);
  await expect.poll(async () => (await of('discord').rights(DISCORD_ROOM))?.closed?.why).toMatch(/View Channel/);
});

it('an archived Slack channel, and one that the bot is not in, are closed with the way out', async () => {
  const { chats, of } = await watched();
  const read = () => of('slack').rights(SLACK_ROOM);
  const channel = chats.slack.workspace.channels.get('C0GPU');
  if (!channel) throw new Error('no channel');
  expect(await read()).toEqual({ closed: null, lacks: [] });
  channel.isArchived = true;
  expect((await read())?.closed?.why).toBe('it is archived');
  channel.isArchived = false;
  channel.members.delete(chats.slack.workspace.bot.user);
  expect((await read())?.closed?.wayOut).toMatch(/\/invite @podwarden/);
  chats.slack.faults.mode = { kind: 'down' };
  expect(await read()).toBeNull();
});

it('a room where nothing can be posted is a warning and in health, until the right is back', async () => {
  const { chats, rights, warnings, says, of } = await watched();
  chats.discord.guilds.deny('gpu', SEND_MESSAGES);
  await expect.poll(async () => (await of('discord').rights(DISCORD_ROOM))?.closed !== null).toBe(true);
  await rights.look();
  await rights.look();
  expect(await warnings()).toEqual(['I lack Send Messages']);
  expect(await says()).toMatch(/gpu on discord: takes no messages from Podwarden \(I lack Send Messages\)/);
  chats.discord.guilds.deny('gpu', PUBLIC_THREADS);
  await expect.poll(async () => (await of('discord').rights(DISCORD_ROOM))?.closed).toBeNull();
  await rights.look();
  expect(await warnings()).toEqual([]);
  expect(await says()).toMatch(/gpu on discord: Create Public Threads is missing: what belongs in a thread/);
  chats.discord.guilds.deny('gpu', 0n);
  await expect.poll(async () => (await of('discord').rights(DISCORD_ROOM))?.lacks).toEqual([]);
  await rights.look();
  expect(await says()).not.toMatch(/missing/);
});

it('what a channel refused stays refused, though the rights look well', async () => {
  const { closed, rights, warnings } = await watched();
  await closed.closed(SLACK_ROOM, new PlaceClosed('Slack: restricted_action', undefined, 'restricted_action'));
  await rights.look();
  expect(await warnings()).toEqual(['Slack answered restricted_action']);
});

it('a launch is refused where its card could not be posted, and Stop and list are not', async () => {
  const { emulator, chats, answers } = await bots(redis.client(), { chat: 'slack', count: 1, closing });
  const channel = chats.slack.workspace.channels.get('C0GPU');
  if (!channel) throw new Error('no channel');
  channel.isArchived = true;
  await emulator.command('alice', 'gpu', '/pod launch a6000');
  await until(() => answers(/could not post here: it is archived. Unarchive it/) === 1);
  await emulator.command('alice', 'gpu', '/pod stop run7');
  await until(() => answers(/run7/) === 1);
  expect(answers(/could not post here/)).toBe(1);
});

it('a channel that the policy file names no more is no trouble any more', async () => {
  const { services, closed, warnings, says } = await watched();
  await closed.mayPost(SLACK_ROOM, 'it is archived');
  expect(await warnings()).toEqual(['it is archived']);
  const rooms = services.policy.rooms.map((room) => ({
    ...room,
    channels: room.channels.filter(({ chat }) => chat === 'discord'),
  }));
  const moved = { ...services, policy: { ...services.policy, rooms } };
  const later = new RoomRights(new Map(), moved, new ClosedPlaces(moved));
  await later.look();
  expect(await warnings()).toEqual([]);
  expect(await says()).not.toMatch(/takes no messages/);
});

it('a channel that stays closed is said again after six hours, and every day', async () => {
  const { services, closed, of } = await watched();
  await closed.closed(SLACK_ROOM, new PlaceClosed('Slack: restricted_action', undefined, 'restricted_action'));
  const said = async () => (await services.findings.open()).flatMap((finding) => finding.said.map(({ kind }) => kind));
  const after = async (hours: number) => {
    const now = () => services.clocks.now() + hours * 3_600_000;
    const later = { ...services, clocks: { ...services.clocks, now } };
    await new RoomRights(new Map([['slack', of('slack')]]), later, new ClosedPlaces(later)).look();
    return said();
  };
  expect(await after(5)).toEqual([]);
  expect(await after(7)).toEqual(['reminder']);
  expect(await after(8)).toEqual(['reminder']);
  expect(await after(49)).toEqual(['reminder', 'reminder']);
  await closed.opened(SLACK_ROOM);
  expect(await services.findings.open()).toEqual([]);
});
