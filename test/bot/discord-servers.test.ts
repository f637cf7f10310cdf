import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatEmulator } from '../../emulators/chat.ts';
import type { DiscordChannel } from '../../emulators/discord/state.ts';
import { DiscordFront } from '../../src/bot/discord/front.ts';
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

const registeredIn = (guild: string) =>
  chats.discord.requests.some(({ path }) => path.endsWith(`/guilds/${guild}/commands`));

describe('a bot that starts while Discord cannot reach one of its servers', () => {
  const MORE = '800000000000000002';
  const rooms = [THEIR_CHANNEL, DISCORD_ROOM.channel, MORE];
  let ours: string;
  beforeEach(() => {
    const { server } = chats.discord;
    ours = server.guild;
    another();
    server.addChannel(MORE, 'research', [...server.users.keys()]);
    server.away.add(ours);
  });

  const back = async () => {
    chats.discord.guilds.back(ours);
    await until(() => registeredIn(ours));
  };

  it('takes the one with most channels of the rooms once it is back', async () => {
    await started(rooms);
    expect(await asked(chats.discord, 'theirs')).toBe(0);
    await back();
    expect(await asked(chats.discord, 'gpu')).toBe(0);
    expect(await asked(chats.discord, 'theirs')).toBe(1);
    expect(taken).toEqual(['command', 'command']);
    expect(known).toEqual([]);
  });

  it('takes the same as a bot that starts later, of two with as many channels', async () => {
    await started([DISCORD_ROOM.channel, THEIR_CHANNEL]);
    await back();
    expect(await asked(chats.discord, 'gpu')).toBe(0);
    expect(await asked(chats.discord, 'theirs')).toBe(1);
  });

  it('keeps a choice that no other server could better', async () => {
    await started([THEIR_CHANNEL, DISCORD_ROOM.channel]);
    chats.discord.guilds.back(ours);
    expect(await asked(chats.discord, 'theirs')).toBe(0);
    expect(await asked(chats.discord, 'gpu')).toBe(1);
    expect(registeredIn(ours)).toBe(false);
  });

  it('keeps its choice from then on, whatever server it is added to', async () => {
    await started(rooms);
    await back();
    const later = '900000000000000012';
    const { server, guilds } = chats.discord;
    for (const channel of [THEIR_CHANNEL, MORE, DISCORD_ROOM.channel])
      server.channels.set(channel, { ...(server.channels.get(channel) as DiscordChannel), guild: later });
    server.addChannel('800000000000000003', 'talk', [...server.users.keys()]);
    guilds.join(later);
    expect(await asked(chats.discord, 'talk')).toBe(0);
    expect(registeredIn(later)).toBe(false);
  });

  it('starts though the one that it takes for now refuses its commands', async () => {
    chats.discord.server.others.set(ELSEWHERE, { refusesCommands: true });
    await started(rooms);
    await until(() => known.length === 1);
    expect(known).toEqual([expect.stringMatching(/50001.*to the commands/)]);
    await back();
    await until(() => known.at(-1) === null);
  });

  it('closes no channel before the choice is made, and then those of other servers', async () => {
    await started(rooms);
    const rights = (channel: string) => front.rights({ chat: 'discord', channel });
    expect(await rights(DISCORD_ROOM.channel)).toBeNull();
    await back();
    expect((await rights(DISCORD_ROOM.channel))?.closed).toBeNull();
    const { closed } = (await rights(THEIR_CHANNEL)) ?? {};
    expect(closed?.why).toMatch(/it is in the Discord server 900000000000000011, and I serve 900000000000000001/);
  });

  it('waits no longer once the bot was removed from the one that is away', async () => {
    chats.discord.server.channels.delete(THEIR_CHANNEL);
    await started(rooms);
    expect(known).toEqual([]);
    chats.discord.guilds.leave(ours);
    await until(() => known.length === 1);
    expect(known[0]).toMatch(/in no server that has a channel/);
  });

  it('logs which server it waits for, and then which channels are elsewhere', async () => {
    const lines: object[] = [];
    const warn = (facts: object, message: string) => lines.push({ ...facts, message });
    const log = { debug() {}, info() {}, warn, error() {} };
    const settings = { token: 'a.b.c', apiUrl: chats.discord.url, guildId: null, channels: rooms };
    front = new DiscordFront(settings, [], log, () => {});
    await front.start(inbox());
    expect(lines).toContainEqual({
      server: ELSEWHERE,
      awaited: [ours],
      message: expect.stringMatching(/cannot reach/),
    });
    await back();
    const message = expect.stringMatching(/another server/);
    expect(lines).toContainEqual({ server: ours, elsewhere: [THEIR_CHANNEL], message });
  });
});

it('a server of the settings in which the bot is not is named', async () => {
  await started([DISCORD_ROOM.channel], ELSEWHERE);
  expect(known).toEqual([expect.stringMatching(/not in the server 900000000000000011/)]);
});
