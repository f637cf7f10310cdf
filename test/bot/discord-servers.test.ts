import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ChatEmulator } from '../../emulators/chat.ts';
import type { Front, Inbox, IncomingEvent } from '../../src/bot/front.ts';
import { bothChats, DISCORD_ROOM } from './chats.ts';
import { until } from './running-bots.ts';

const ELSEWHERE = '900000000000000011';
const THEIR_CHANNEL = '800000000000000011';

let chats: Awaited<ReturnType<typeof bothChats>>;
let front: Front;
let taken: string[];
let hints: string[];
let known: (string | null)[];

const inbox = () =>
  ({
    keeps: () => false,
    take: async (event: IncomingEvent) => {
      taken.push(event.kind);
      if (event.kind === 'hint') hints.push(JSON.stringify(event.message));
      return { ours: true, opensForm: false, acknowledged: async () => true, run: async () => {} };
    },
  }) as Partial<Record<keyof Inbox, unknown>> as Inbox;

beforeEach(async () => {
  chats = await bothChats();
  taken = [];
  hints = [];
  known = [];
});
afterEach(async () => {
  await front.stop();
  await chats.close();
});

/** `rooms` are the channels of the policy's rooms. */
async function started(rooms?: string[], guildId: string | null = null): Promise<void> {
  front = chats.front('discord', (reason) => known.push(reason), undefined, {
    guildId,
    ...(rooms && { channels: rooms }),
  });
  await front.start(inbox());
}

/** Another server with the same people, which the bot was added to before ours. */
function another(refusesCommands = false): void {
  const { server } = chats.discord;
  server.others.set(ELSEWHERE, { refusesCommands });
  server.addChannel(THEIR_CHANNEL, 'theirs', [...server.users.keys()], ELSEWHERE);
}

const asked = async (emulator: ChatEmulator, channel: string) => {
  await emulator.command('alice', channel, '/pod help');
  return emulator.visibleTo('alice').filter(({ text }) => /another server/.test(text)).length;
};

it('ours is the server that holds the channels of the rooms, whichever comes first', async () => {
  another();
  await started();
  expect(await asked(chats.discord, 'gpu')).toBe(0);
  expect(taken).toEqual(['command']);
  expect(await asked(chats.discord, 'theirs')).toBe(1);
  expect(taken).toEqual(['command']);
  expect(known).toEqual([]);
});

it('of two servers that hold as many of them, ours is the one with the first', async () => {
  another();
  await started([DISCORD_ROOM.channel, THEIR_CHANNEL]);
  expect(await asked(chats.discord, 'gpu')).toBe(0);
  expect(await asked(chats.discord, 'theirs')).toBe(1);
});

it('another server that takes no commands of ours does not end the start', async () => {
  another(true);
  await started();
  await asked(chats.discord, 'gpu');
  expect(taken).toEqual(['command']);
});

it('a mention in another server is told that the bot belongs elsewhere', async () => {
  another();
  await started();
  await chats.discord.say('alice', 'theirs', '@podwarden help', null);
  await until(() => hints.length === 1);
  expect(hints[0]).toMatch(/belongs to another server/);
});

it('a bot in no server of ours says so, and serves the right one once it is added there', async () => {
  chats.discord.server.isIn = false;
  another();
  await started();
  expect(known).toEqual([expect.stringMatching(/in no server that has a channel of podwarden.yaml/)]);
  chats.discord.guilds.join(chats.discord.server.guild);
  await until(() => known.at(-1) === null);
  await asked(chats.discord, 'gpu');
  expect(taken).toEqual(['command']);
});

it('with no channel to tell by, several servers are none: nobody’s rights are guessed', async () => {
  another();
  await started([]);
  expect(known).toEqual([expect.stringMatching(/2 servers.*DISCORD_GUILD_ID/)]);
  await chats.discord.say('alice', 'gpu', '@podwarden help', null);
  await until(() => hints.length === 1);
  expect(hints[0]).toMatch(/belongs to another server/);
});

it('a removal from our server is said at once, another server never takes its place, and being added again is said', async () => {
  await started([]);
  const { guild } = chats.discord.server;
  chats.discord.guilds.leave(guild);
  await until(() => known.length === 1);
  expect(known[0]).toMatch(/removed from its server/);
  chats.discord.guilds.join(ELSEWHERE);
  chats.discord.server.addChannel(THEIR_CHANNEL, 'theirs', [...chats.discord.server.users.keys()], ELSEWHERE);
  expect(await asked(chats.discord, 'theirs')).toBe(1);
  await expect(front.member('discord:700000000000000001')).rejects.toThrow('50001');
  chats.discord.guilds.join(guild);
  await until(() => known.at(-1) === null);
  await asked(chats.discord, 'gpu');
  expect(taken).toEqual(['command']);
});

it('what works again of the token does not hide that the server is lost', async () => {
  await started();
  chats.discord.guilds.leave(chats.discord.server.guild);
  await until(() => known.length === 1);
  const direct = () => front.directPlace('discord:700000000000000001');
  chats.discord.faults.mode = { kind: 'error', code: '0', at: ['direct'] };
  await expect(direct()).rejects.toThrow('401');
  chats.discord.faults.mode = null;
  await direct();
  expect(known.at(-1)).toMatch(/removed from its server/);
});

it('a server that is away for a while is not lost', async () => {
  await started();
  chats.discord.guilds.leave(chats.discord.server.guild, true);
  await asked(chats.discord, 'gpu');
  expect(known).toEqual([]);
  expect(taken).toEqual(['command']);
});

it('a server of the settings in which the bot is not is named', async () => {
  await started([DISCORD_ROOM.channel], ELSEWHERE);
  expect(known).toEqual([expect.stringMatching(/not in the server 900000000000000011/)]);
});
