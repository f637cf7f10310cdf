import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { StoreRefusal } from '../../src/bot/store-refusal.ts';
import type { Alert } from '../../src/policy/findings/alert.ts';
import { connect, ready } from '../../src/store/connect.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices } from './chats.ts';
import { bots, until } from './running-bots.ts';

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

it('that Redis refuses us again is said again, however soon', async () => {
  const { policy, clocks, log } = botServices(redis.client(), 'slack').services;
  const bots = [1, 2].map(() => new StoreRefusal(fronts, { policy, clocks, log }, null));
  for (const reason of [REASON, null, REASON, null]) for (const bot of bots) await bot.told(reason);
  const both = ['Redis refuses Podwarden', 'Redis accepts Podwarden again'];
  expect(titles('discord')).toEqual([...both, ...both]);
});

it('that Redis is out of memory is said once in each chat and to the webhook, with what works meanwhile, and so is its end', async () => {
  const { policy, clocks, log } = botServices(redis.client(), 'slack').services;
  const alerts: Alert[] = [];
  const bots = [1, 2].map(
    () => new StoreRefusal(fronts, { policy, clocks, log }, async (one) => void alerts.push(one)),
  );
  for (const isFull of [true, false]) for (const bot of bots) await bot.full(isFull);
  for (const chat of ['slack', 'discord'] as const)
    expect(titles(chat)).toEqual(['Redis is out of memory', 'Redis takes writes again']);
  expect(chats.slack.visibleTo('alice')[0]?.text).toMatch(/Stop works meanwhile/);
  expect(new Set(alerts.map(({ id, over }) => `${id} ${over}`))).toEqual(
    new Set(['redis-full false', 'redis-full true']),
  );
});

it('a chat that is away keeps the other one from nothing', async () => {
  const { policy, clocks, log } = botServices(redis.client(), 'slack').services;
  chats.slack.faults.mode = { kind: 'down' };
  await new StoreRefusal(fronts, { policy, clocks, log }, null).told(REASON);
  expect(titles('discord')).toEqual(['Redis refuses Podwarden']);
});

it('a command that Redis does not let us write is answered, and the next one is carried out once it does', async () => {
  const admin = redis.client();
  await admin.call('CONFIG', 'SET', 'requirepass', 'one');
  const own = connect({ kind: 'socket', path: redis.path(), db: 0, auth: { password: 'one' } }, 'producer', () => {});
  await ready(own, 10_000);
  const closing: (() => unknown)[] = [() => own.disconnect()];
  try {
    const { emulator, answers } = await bots(own, { chat: 'slack', count: 1, closing });
    await admin.call('CONFIG', 'SET', 'requirepass', 'two');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await emulator.command('bob', 'gpu', '/pod whoami');
    await until(() => answers(/store \(Redis\) did not take this/) === 1);
    await admin.call('CONFIG', 'SET', 'requirepass', 'one');
    await until(() => own.status === 'ready');
    await emulator.command('bob', 'gpu', '/pod whoami');
    await until(() => answers(/^You are bob/) === 1);
  } finally {
    await admin.call('CONFIG', 'SET', 'requirepass', '');
    for (const close of closing.reverse()) await close();
  }
});

it('that Redis is out of memory again is said again also by bots that were started anew meanwhile, once', async () => {
  const { policy, clocks, log } = botServices(redis.client(), 'slack').services;
  const bot = () => new StoreRefusal(fronts, { policy, clocks, log }, null);
  const before = [bot(), bot()];
  for (const isFull of [true, false]) for (const one of before) await one.full(isFull);
  const after = [bot(), ...before];
  for (const isFull of [true, false]) for (const one of after) await one.full(isFull);
  const both = titles('slack').slice(0, 2);
  for (const chat of ['slack', 'discord'] as const) expect(titles(chat)).toEqual([...both, ...both]);
});
