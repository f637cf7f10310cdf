import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { StoreRefusal } from '../../src/bot/store-refusal.ts';
import type { Alert } from '../../src/policy/findings/alert.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices } from './chats.ts';

const redis = useRedis();
let chats: Awaited<ReturnType<typeof bothChats>>;
const fronts = new Map<string, Front>();
const REASON = 'Redis: WRONGPASS invalid username-password pair or user is disabled.';

beforeEach(async () => {
  chats = await bothChats();
  for (const chat of ['slack', 'discord']) {
    const front = chats.front(chat);
    await front.start({} as Inbox);
    fronts.set(chat, front);
  }
});
afterEach(async () => {
  for (const front of fronts.values()) await front.stop();
  await chats.close();
});

const titles = (chat: 'slack' | 'discord') =>
  chats[chat].visibleTo('alice').map(({ text }) => text.split('\n')[0]?.replace(/^🔴 |^🟢 |^✅ /u, ''));

it('that Redis refuses us is said once in each chat and to the webhook, without Redis, and so is its end', async () => {
  const { services } = botServices(redis.client(), 'slack');
  // What must work without the store is given none of it.
  const { policy, clocks, log } = services;
  const alerts: Alert[] = [];
  const bot = () => new StoreRefusal(fronts, { policy, clocks, log }, async (alert) => void alerts.push(alert));
  await bot().told(REASON);
  await bot().told(REASON);
  for (const chat of ['slack', 'discord'] as const) expect(titles(chat)).toEqual(['Redis refuses Podwarden']);
  expect(chats.slack.visibleTo('alice')[0]?.text).toMatch(/WRONGPASS[\s\S]*REDIS_URL/);
  await bot().told(null);
  for (const chat of ['slack', 'discord'] as const) expect(titles(chat).at(-1)).toBe('Redis accepts Podwarden again');
  expect(alerts.map(({ over }) => over)).toEqual([false, false, true]);
  expect(new Set(alerts.map(({ id }) => id)).size).toBe(1);
});

it('a chat that is away keeps the other one from nothing', async () => {
  const { policy, clocks, log } = botServices(redis.client(), 'slack').services;
  chats.slack.faults.mode = { kind: 'down' };
  await new StoreRefusal(fronts, { policy, clocks, log }, null).told(REASON);
  expect(titles('discord')).toEqual(['Redis refuses Podwarden']);
});
