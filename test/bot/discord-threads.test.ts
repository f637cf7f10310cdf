import { Client, GatewayIntentBits } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatFaults } from '../../emulators/chat.ts';
import { ChannelRights } from '../../src/bot/discord/channel-rights.ts';
import { calling } from '../../src/bot/discord/failures.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, DISCORD_ROOM } from './chats.ts';
import { bots, until } from './running-bots.ts';

const THREAD = '800000000000000077';
const PLACE = { chat: 'discord', channel: THREAD };
const OPEN = { closed: null, lacks: [] };
const SEND_MESSAGES = 1n << 11n;
const MANAGE_THREADS = 1n << 34n;
const IN_THREADS = 1n << 38n;
const CREATE_THREADS = 1n << 35n;
const MINUTE = 60_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

type Chats = Awaited<ReturnType<typeof bothChats>>;

const redis = useRedis();
let closing: (() => unknown)[] = [];
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const addThread = ({ discord }: Chats, how: { archived?: boolean; locked?: boolean }) =>
  discord.server.addThread(THREAD, 'runs', DISCORD_ROOM.channel, how);

/** A bot that starts while the thread is like this already; null where there is none yet. */
async function started(how: { archived?: boolean; locked?: boolean } | null) {
  const chats = await bothChats();
  closing.push(chats.close);
  if (how) addThread(chats, how);
  const front: Front = chats.front('discord');
  await front.start({} as Inbox);
  closing.push(() => front.stop());
  const { discord } = chats;
  return { chats, discord, front, read: () => front.rights(PLACE) };
}

it('a room that is an archived thread is open after a start, though Discord does not name it then', async () => {
  const { read } = await started({ archived: true });
  expect(await read()).toEqual(OPEN);
});

it('a room that is an active thread is open', async () => {
  const { read } = await started({});
  expect(await read()).toEqual(OPEN);
});

it('a launch that is typed in an archived thread that is a room is not refused', async () => {
  const { emulator, answers, services } = await bots(redis.client(), {
    chat: 'discord',
    count: 1,
    closing,
    prepare: ({ discord: { server } }) => {
      const people = [...server.users.keys()];
      server.channels.delete(DISCORD_ROOM.channel);
      server.addChannel('800000000000000009', 'ops', people);
      server.addThread(DISCORD_ROOM.channel, 'gpu', '800000000000000009', { archived: true });
    },
  });
  await emulator.command('alice', DISCORD_ROOM.channel, '/pod launch a6000');
  await until(() => answers(/./) === 1);
  expect(answers(/not one of Podwarden|could not post here|another server/)).toBe(0);
  expect(services.policy.rooms).toHaveLength(1);
});

it('the rights in a thread are those of its channel, of which posting outside of threads is none', async () => {
  const { discord, read } = await started({ archived: true });
  discord.guilds.deny('gpu', SEND_MESSAGES | CREATE_THREADS);
  await expect.poll(async () => (await read())?.closed).toBeNull();
  expect(await read()).toEqual(OPEN);
  discord.guilds.deny('gpu', IN_THREADS);
  await expect.poll(async () => (await read())?.closed?.why).toBe('I lack Send Messages in Threads');
});

it('a thread that is archived and locked is closed, until it is unlocked or the bot may manage threads', async () => {
  const { discord, read } = await started({ archived: true, locked: true });
  expect((await read())?.closed?.why).toMatch(/archived and locked/);
  discord.guilds.lock(THREAD, false);
  await expect.poll(read).toEqual(OPEN);
  discord.guilds.lock(THREAD, true);
  await expect.poll(async () => (await read())?.closed?.wayOut).toMatch(/Manage Threads/);
  discord.guilds.grant('gpu', MANAGE_THREADS);
  await expect.poll(read).toEqual(OPEN);
});

it('a thread that was deleted is closed', async () => {
  const { discord, read } = await started({ archived: true });
  expect(await read()).toEqual(OPEN);
  discord.guilds.remove(THREAD);
  await expect.poll(async () => (await read())?.closed?.why).toMatch(/no such channel/);
});

const refused = (code: string): ChatFaults['mode'] => ({ kind: 'error', code, at: ['channel'] });

describe.each([
  ['10003, no such channel', refused('10003')],
  ['50001, no access', refused('50001')],
  ['403 without a code', refused('403')],
])('the definite answer %s', (_, mode) => {
  it('closes the room', async () => {
    const { discord, read } = await started({ archived: true });
    discord.faults.mode = mode;
    expect((await read())?.closed?.why).toMatch(/no such channel/);
  });
});

describe.each([
  ['a rate limit', { kind: '429', seconds: 60 }],
  ['500', refused('500')],
  ['503', refused('503')],
  ['a code that nobody documents', refused('99999')],
  ['an answer that is not Discord’s', { kind: 'html', status: 403 }],
  ['a connection that is cut', { kind: 'reset' }],
] as [string, ChatFaults['mode']][])('the unclear answer %s', (_, mode) => {
  it('says nothing of a thread that was never read', async () => {
    const { discord, read } = await started({ archived: true });
    discord.faults.mode = mode;
    expect(await read()).toBeNull();
  });

  it('leaves what was known of the channel', async () => {
    const { discord, front } = await started(null);
    const read = () => front.rights(DISCORD_ROOM);
    expect(await read()).toEqual(OPEN);
    const { eventAt } = front.pulse.read();
    discord.faults.mode = mode;
    discord.guilds.remove(DISCORD_ROOM.channel);
    await until(() => front.pulse.read().eventAt !== eventAt);
    expect(await read()).toEqual(OPEN);
  });
});

/** What the bot reads rights with, over a client of its own whose calls are counted, at a time that is set. */
async function counted(how: { archived?: boolean } | null) {
  const { chats, discord } = await started(how);
  const rest = { api: discord.url, retries: 0, timeout: 2000 };
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest });
  closing.push(() => client.destroy());
  const ready = new Promise<void>((resolve) => client.once('clientReady', () => resolve()));
  await client.login('a.b.c');
  await ready;
  const at = { now: 0, calls: 0 };
  const call: typeof calling = (run, attempted) => {
    at.calls += 1;
    return calling(run, attempted);
  };
  const rights = new ChannelRights(client, call, silent, () => at.now);
  return { chats, discord, at, read: () => rights.read({ id: discord.server.guild, isSettled: true }, THREAD) };
}

it('an archived thread is asked for once, whatever is typed there', async () => {
  const { at, read } = await counted({ archived: true });
  expect(await Promise.all([read(), read(), read()])).toEqual([OPEN, OPEN, OPEN]);
  at.now += MINUTE;
  expect(await read()).toEqual(OPEN);
  expect(at.calls).toBe(1);
});

it('a channel that is not there is asked for once a minute', async () => {
  const { chats, at, read } = await counted(null);
  for (let i = 0; i < 3; i++) expect((await read())?.closed?.why).toMatch(/no such channel/);
  expect(at.calls).toBe(1);
  addThread(chats, { archived: true });
  expect((await read())?.closed).not.toBeNull();
  at.now += MINUTE;
  expect(await read()).toEqual(OPEN);
  expect(at.calls).toBe(2);
});

it('Discord in an outage is asked once a minute, and what it said before stands', async () => {
  const { chats, discord, at, read } = await counted(null);
  expect((await read())?.closed?.why).toMatch(/no such channel/);
  addThread(chats, { archived: true });
  discord.faults.mode = { kind: 'down' };
  at.now += MINUTE;
  for (let i = 0; i < 3; i++) expect((await read())?.closed?.why).toMatch(/no such channel/);
  expect(at.calls).toBe(2);
  discord.faults.mode = null;
  at.now += MINUTE;
  expect(await read()).toEqual(OPEN);
});

async function onlyThread(mode: ChatFaults['mode'] = null) {
  const chats = await bothChats();
  closing.push(chats.close);
  chats.discord.server.others.set('900000000000000011', { refusesCommands: false });
  addThread(chats, { archived: true });
  const known: (string | null)[] = [];
  const front = chats.front('discord', (reason) => known.push(reason), undefined, { channels: [THREAD] });
  chats.discord.faults.mode = mode;
  await front.start({} as Inbox);
  closing.push(() => front.stop());
  return { discord: chats.discord, known, read: () => front.rights(PLACE) };
}

it('the server whose archived thread is the only channel of the rooms is ours', async () => {
  const { known, read } = await onlyThread();
  expect(known).toEqual([]);
  expect(await read()).toEqual(OPEN);
});

it('a server that an outage hid at the start is ours once Discord answers', async () => {
  const { discord, known, read } = await onlyThread(refused('503'));
  expect(await read()).toBeNull();
  expect(known).toEqual([]);
  discord.faults.mode = null;
  expect(await read()).toEqual(OPEN);
  expect(discord.requests.map(({ path }) => path)).toContainEqual(expect.stringContaining(discord.server.guild));
});

it('a thread that turns out to be nowhere after an outage leaves the bot without a server, which is said', async () => {
  const { discord, known, read } = await onlyThread(refused('503'));
  discord.faults.mode = null;
  discord.server.channels.delete(THREAD);
  expect(await read()).toBeNull();
  expect(known).toEqual([expect.stringMatching(/in no server that has a channel/)]);
});

it('a server that is ours by an archived thread, which an outage hid at the start, is ours once Discord answers', async () => {
  const [ELSEWHERE, THEIRS] = ['900000000000000011', '800000000000000011'];
  const chats = await bothChats();
  closing.push(chats.close);
  const { server, faults } = chats.discord;
  server.others.set(ELSEWHERE, { refusesCommands: false });
  server.addChannel(THEIRS, 'theirs', [...server.users.keys()], ELSEWHERE);
  addThread(chats, { archived: true });
  const channels = [THEIRS, DISCORD_ROOM.channel, THREAD];
  const front = chats.front('discord', () => {}, undefined, { channels });
  faults.mode = refused('503');
  await front.start({} as Inbox);
  closing.push(() => front.stop());
  const read = (channel: string) => front.rights({ chat: 'discord', channel });
  expect(await read(DISCORD_ROOM.channel)).toBeNull();
  faults.mode = null;
  expect(await read(THREAD)).toEqual(OPEN);
  expect(await read(DISCORD_ROOM.channel)).toEqual(OPEN);
  expect((await read(THEIRS))?.closed?.why).toMatch(/it is in the Discord server 900000000000000011/);
});
