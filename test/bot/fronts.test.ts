import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChatEmulator, Timeline } from '../../emulators/chat.ts';
import { DiscordEmulator } from '../../emulators/discord/server.ts';
import { SlackEmulator } from '../../emulators/slack/server.ts';
import { optionsOf } from '../../src/bot/commands/declare.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import { DiscordFront } from '../../src/bot/discord/front.ts';
import { ChatUnavailable, type Front, type Inbox, type IncomingCommand } from '../../src/bot/front.ts';
import { card, type Message, note } from '../../src/bot/message/message.ts';
import { SlackFront } from '../../src/bot/slack/front.ts';
import type { Log } from '../../src/jobs/ports.ts';

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const DAY = 86_400_000;

interface Stage {
  front: Front;
  emulator: ChatEmulator;
  commands: IncomingCommand[];
  clock: { offset: number };
  room: string;
  /** Why a chat was said to be lost for good. */
  fatal: string[];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A real client of the platform against its emulator; what comes in is noted, and answered with one word. */
async function stage(chat: 'slack' | 'discord'): Promise<Stage> {
  const clock = { offset: 0 };
  const now = () => Date.now() + clock.offset;
  const reading = { timeline: new Timeline(), moment: String, ago: String, now };
  const slack = new SlackEmulator({ botToken: 'xoxb-t', appToken: 'xapp-t', ...reading });
  const discord = new DiscordEmulator({ token: 'a.b.c', ...reading });
  const emulator = chat === 'slack' ? slack : discord;
  slack.workspace.addUser({ id: 'U0ALICE', name: 'alice' });
  slack.workspace.addChannel('C0GPU', 'gpu', ['U0ALICE']);
  discord.server.addUser({ id: '700000000000000001', name: 'alice', roles: [] });
  discord.server.addChannel('800000000000000001', 'gpu', ['700000000000000001']);
  await emulator.start();
  closing.push(() => emulator.close());
  const shapes = COMMANDS.map((command) => ({ ...command, options: optionsOf(command) }));
  const fatal: string[] = [];
  const front: Front =
    chat === 'slack'
      ? new SlackFront({ botToken: 'xoxb-t', appToken: 'xapp-t', apiUrl: slack.url }, silent, () => {})
      : new DiscordFront(
          { token: 'a.b.c', apiUrl: discord.url, guildId: null, channels: [] },
          shapes,
          silent,
          (reason) => {
            if (reason !== null) fatal.push(reason);
          },
        );
  const commands: IncomingCommand[] = [];
  await front.start(inboxOf(front, commands));
  closing.push(() => front.stop());
  return { front, emulator, commands, clock, fatal, room: chat === 'slack' ? 'C0GPU' : '800000000000000001' };
}

function inboxOf(front: Front, commands: IncomingCommand[]): Inbox {
  const seen = new Set<string>();
  return {
    keeps: () => false,
    problems: async () => null,
    take: async (event) => {
      const { eventId, reply } = event.incoming;
      const ours = !seen.has(eventId) && Boolean(seen.add(eventId));
      const run = async () => {
        if (event.kind === 'hint') return front.reply(reply, event.message);
        if (event.kind === 'command') commands.push(event.incoming);
        await front.reply(reply, note('info', `heard ${commands.length}`));
      };
      const nothing = async () => {};
      const open = async () => ({ message: note('info', 'no form') });
      return { ours, opensForm: false, acknowledged: async () => true, run, open, say: nothing, done: nothing };
    },
    suggest: async () => [],
  };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await pause(20);
  }
}

/** As a job does it: not before the chat said so. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ChatUnavailable)) throw error;
      await pause(Math.max(50, error.retryAfterMs));
    }
  }
}

const line = (text: string): Message => card(text, 'info', []);
const options = (marker: string) => ({ marker, ping: [] });

describe.each(['slack', 'discord'] as const)('the front of %s', (chat) => {
  it.each(['disconnect', 'cut'] as const)('is there again after a %s, and misses nothing', async (how) => {
    const { emulator, commands } = await stage(chat);
    emulator[how]();
    await until(() => emulator.connections() === 1);
    await emulator.command('alice', 'gpu', '/pod help');
    await until(() => commands.length === 1);
    await until(() => emulator.visibleTo('alice').some(({ text }) => text === 'heard 1'));
  });

  it('says when a channel has had enough, and loses no message', async () => {
    const { front, emulator, room } = await stage(chat);
    const wanted = Array.from({ length: 8 }, (_, i) => `card ${i}`);
    for (const text of wanted) {
      await patiently(() => front.post({ chat, channel: room }, line(text), options(`m${text.replace(' ', '')}`)));
    }
    expect(emulator.visibleTo('alice').map(({ text }) => text.split('\n')[0])).toEqual(wanted);
  });

  it('edits in a thread that nobody wrote in for days', async () => {
    const { front, emulator, clock, room } = await stage(chat);
    const at = { chat, channel: room };
    const of = await front.post(at, line('the card'), options('mcard'));
    const inThread = await front.post(at, line('before'), { ...options('mline'), thread: { of, title: 'run7' } });
    clock.offset = 3 * DAY;
    await front.edit(inThread, line('after'));
    const texts = emulator.visibleTo('alice').map(({ text }) => text.split('\n')[0]);
    expect(texts).toEqual(['the card', 'after']);
  });

  it('answers who calls it by its name in a thread', async () => {
    const { front, emulator, commands, room } = await stage(chat);
    const at = { chat, channel: room };
    const of = await front.post(at, line('the card'), options('mcard'));
    await front.post(at, line('a line'), { ...options('mline'), thread: { of, title: 'run7' } });
    const [cardSeen] = emulator.visibleTo('alice');
    await emulator.say('alice', 'gpu', '@Podwarden stop run7 & go', cardSeen ?? null);
    await until(() => emulator.visibleTo('alice').length === 4);
    const said = emulator.visibleTo('alice')[2];
    expect(said).toMatchObject({ author: 'alice', thread: true });
    const answer = emulator.visibleTo('alice').at(-1);
    expect(answer?.thread).toBe(true);
    if (chat === 'slack') {
      expect(commands[0]?.input).toEqual({ kind: 'text', text: 'stop run7 & go' });
      expect(answer).toMatchObject({ text: 'heard 1', onlyFor: 'alice' });
    } else expect(answer?.text).toContain('/pod');
  });
});

it('identifies anew where Discord forgot the session', async () => {
  const { emulator, commands } = await stage('discord');
  (emulator as DiscordEmulator).invalidate();
  await until(() => emulator.connections() === 1);
  await emulator.command('alice', 'gpu', '/pod help');
  await until(() => commands.length === 1);
});

it('is there again where Discord ends a connection, and says so where it ends it for good', async () => {
  const { emulator, commands, fatal } = await stage('discord');
  (emulator as DiscordEmulator).end(4009);
  await until(() => emulator.connections() === 0);
  await until(() => emulator.connections() === 1);
  await emulator.command('alice', 'gpu', '/pod help');
  await until(() => commands.length === 1);
  expect(fatal).toEqual([]);
  (emulator as DiscordEmulator).end(4004);
  await until(() => fatal.length === 1);
  expect(fatal[0]).toContain('4004');
});

it('refuses whoever calls from another server', async () => {
  const { emulator, commands } = await stage('discord');
  const { server } = emulator as DiscordEmulator;
  server.addChannel('800000000000000099', 'theirs', ['700000000000000001'], '900000000000000099');
  await emulator.command('alice', 'theirs', '/pod help');
  await until(() => emulator.visibleTo('alice').some(({ text }) => /not allowed.*another server/.test(text)));
  expect(commands).toEqual([]);
});

describe('who is read live', () => {
  it('on Slack is a member only with a full account of this workspace', async () => {
    const { front, emulator } = await stage('slack');
    const { workspace } = emulator as SlackEmulator;
    workspace.addUser({ id: 'U0GUEST', name: 'guest', guest: true });
    workspace.addUser({ id: 'U0OTHER', name: 'other', stranger: true });
    workspace.addUser({ id: 'U0LEFT', name: 'left', deleted: true });
    const membership = async (account: string) => (await front.member(account))?.membership ?? null;
    expect(await membership('slack:T0PODW/U0ALICE')).toBe('member');
    expect(await membership('slack:T0PODW/U0GUEST')).toBe('guest');
    expect(await membership('slack:T0PODW/U0OTHER')).toBe('stranger');
    expect(await membership('slack:T0PODW/U0LEFT')).toBe('deactivated');
    expect(await membership('slack:T0PODW/U0NOBODY')).toBeNull();
    expect((await front.member('slack:U0OTHER'))?.account).toBe('slack:T0ELSEWHERE/U0OTHER');
  });

  it('on Slack is in those of the asked groups that list them', async () => {
    const { front, emulator } = await stage('slack');
    const { workspace } = emulator as SlackEmulator;
    workspace.groups.set('S1', { handle: 'ops', users: ['U0ALICE', 'U0BOB'] });
    workspace.groups.set('S2', { handle: 'all', users: ['U0ALICE'] });
    const groups = await front.groupMembers(['slack:S1', 'slack:SGONE', 'discord:900000000000000009']);
    expect([...groups]).toEqual([
      ['slack:S1', new Set(['slack:U0ALICE', 'slack:U0BOB'])],
      ['slack:SGONE', new Set()],
    ]);
  });

  it('on Slack is nobody’s stranger before the bot knows its own workspace: it cannot be read then', async () => {
    const { emulator } = await stage('slack');
    const { url } = emulator as SlackEmulator;
    const early = new SlackFront({ botToken: 'xoxb-t', appToken: 'xapp-t', apiUrl: url }, silent, () => {});
    await expect(early.member('slack:T0PODW/U0ALICE')).rejects.toThrow(ChatUnavailable);
  });

  it('on Slack is named with the workspace, also where a policy file leaves it out', async () => {
    const { front } = await stage('slack');
    expect((await front.member('slack:U0ALICE'))?.account).toBe('slack:T0PODW/U0ALICE');
  });

  it('on Discord is a member only after the server’s screening, and deactivated after leaving', async () => {
    const { front, emulator } = await stage('discord');
    const { server } = emulator as DiscordEmulator;
    server.addUser({ id: '700000000000000008', name: 'guest', roles: [], pending: true });
    const membership = async (id: string) => (await front.member(`discord:${id}`))?.membership ?? null;
    expect(await membership('700000000000000001')).toBe('member');
    expect(await membership('700000000000000008')).toBe('guest');
    expect(await membership('700000000000000007')).toBe('deactivated');
  });

  it('on Discord is nobody where the id is nobody’s, or is no id', async () => {
    const { front, emulator } = await stage('discord');
    (emulator as DiscordEmulator).server.nobodies.add('700000000000000006');
    expect(await front.member('discord:700000000000000006')).toBeNull();
    expect(await front.member('discord:alice')).toBeNull();
    await expect(front.groupMembers(['discord:900000000000000009'])).resolves.toEqual(new Map());
  });
});
