import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import { DisownedChats } from '../../src/bot/disowned-chats.ts';
import type { Front, Inbox, IncomingEvent } from '../../src/bot/front.ts';
import { note } from '../../src/bot/message/message.ts';
import { announcements } from '../../src/bot/publish/announcements.ts';
import { Cards } from '../../src/store/cards.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';
import { until } from './running-bots.ts';

type Chat = 'slack' | 'discord';
const redis = useRedis();
const AGAIN_MS = 20;
const SOON_MS = 30;

let chats: Awaited<ReturnType<typeof bothChats>>;
let front: Front;
let taken: string[];

/** Which events come in; nothing is done of them. */
const inbox = () =>
  ({
    keeps: () => false,
    take: async ({ kind }: IncomingEvent) => {
      taken.push(kind);
      return { ours: false };
    },
  }) as Partial<Record<keyof Inbox, unknown>> as Inbox;

beforeEach(async () => {
  chats = await bothChats();
  taken = [];
});
afterEach(async () => {
  for (const chat of ['slack', 'discord'] as const) chats[chat].faults = { mode: null, redeliver: false };
  await front.stop();
  await chats.close();
});

const fault = (chat: Chat, value: string | null) => {
  chats[chat].faults.mode = value === null ? null : chatTrouble(value);
};

async function connected(chat: Chat): Promise<(string | null)[]> {
  const known: (string | null)[] = [];
  front = chats.front(chat, (reason) => known.push(reason), AGAIN_MS);
  await front.start(inbox());
  known.length = 0;
  return known;
}

it('an app token that Slack knows no more at a refresh is said, and tried until it is known again', async () => {
  const known = await connected('slack');
  fault('slack', 'error:invalid_auth:apps.connections.open');
  chats.slack.disconnect();
  await until(() => known.length >= 2);
  expect(known[0]).toMatch(/invalid_auth/);
  fault('slack', null);
  await until(() => known.at(-1) === null && chats.slack.connections() === 1);
  await chats.slack.command('alice', 'gpu', '/pod help');
  expect(taken).toEqual(['command']);
});

it('Slack does not know us again by its bot token while it does not know the app’s', async () => {
  const known = await connected('slack');
  const post = (marker: string) => front.post(SLACK_ROOM, note('info', 'the card'), { marker, ping: [] });
  fault('slack', 'error:invalid_auth:apps.connections.open,post');
  chats.slack.disconnect();
  await until(() => known.length >= 2);
  await expect(post('m1')).rejects.toThrow('invalid_auth');
  fault('slack', 'error:invalid_auth:apps.connections.open');
  await post('m2');
  expect(known).not.toContain(null);
});

it('one 401 of Discord’s does not leave its client without a token', async () => {
  const known = await connected('discord');
  fault('discord', 'error:0:post');
  const post = (marker: string) => front.post(DISCORD_ROOM, note('info', 'the card'), { marker, ping: [] });
  await expect(post('m1')).rejects.toThrow('401');
  expect(known).toEqual([expect.stringContaining('401')]);
  fault('discord', null);
  await post('m2');
  expect(known.at(-1)).toBeNull();
  expect(chats.discord.visibleTo('alice').map(({ text }) => text)).toEqual(['the card']);
});

it('a chat that knows us no more is a critical warning in the other one, and ends the process where it lasts', async () => {
  const { services } = botServices(redis.client(), 'slack');
  front = chats.front('discord');
  await front.start(inbox());
  const ends: string[] = [];
  const disowned = new DisownedChats(services, ['slack'], (reason) => ends.push(reason), SOON_MS);
  for (let times = 0; times < 3; times++) disowned.told('slack', 'Slack: invalid_auth');
  await until(() => ends.length > 0);
  expect(ends).toEqual(['Slack: invalid_auth']);
  const open = async () => services.findings.open();
  await expect.poll(open).toEqual([expect.objectContaining({ severity: 'critical', page: 'open' })]);
  const [finding] = await open();
  await announcements(new Map([['discord', front]]), services, new Cards(redis.client())).finding(finding?.card ?? '');
  expect(chats.discord.visibleTo('alice')[0]?.text).toMatch(/A chat does not know Podwarden any more/);
  disowned.told('slack', null);
  await expect.poll(open).toEqual([]);
  disowned.close();
});

it('a bot that one chat still hears does not end; one that neither has heard for as long ends with both reasons', async () => {
  const { services } = botServices(redis.client(), 'slack');
  front = chats.front('discord');
  const ends: string[] = [];
  const disowned = new DisownedChats(services, ['slack', 'discord'], (reason) => ends.push(reason), SOON_MS);
  disowned.told('slack', 'Slack: invalid_auth');
  await pause(5 * SOON_MS);
  expect(ends).toEqual([]);
  disowned.told('discord', 'Discord: 401');
  disowned.told('slack', null);
  disowned.told('slack', 'Slack: token_revoked');
  await until(() => ends.length > 0);
  expect(ends).toEqual(['Discord: 401; Slack: token_revoked']);
  disowned.close();
  await expect.poll(async () => (await services.findings.open()).length).toBe(2);
});
