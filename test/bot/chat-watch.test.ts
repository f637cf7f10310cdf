import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChatWatch } from '../../src/bot/chat-watch.ts';
import { health } from '../../src/bot/commands/health.ts';
import { DisownedChats } from '../../src/bot/disowned-chats.ts';
import { ChatUnavailable, type Front, type Inbox } from '../../src/bot/front.ts';
import { note } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { Pulse } from '../../src/bot/pulse.ts';
import type { Asker } from '../../src/bot/services.ts';
import { CUT_OFF_MS } from '../../src/policy/posting.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';
import { until } from './running-bots.ts';

const redis = useRedis();
let closing: (() => unknown)[] = [];
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

/** Bots whose connection and clock are moved by hand. */
function watching(isDisowned = () => false) {
  const { services } = botServices(redis.client(), 'slack');
  const began = services.clocks.realNow();
  const time = { passed: 0 };
  const now = () => began + time.passed;
  const moved = { ...services, clocks: { ...services.clocks, now, realNow: now } };
  const bot = () => {
    const pulse = new Pulse(now);
    return { pulse, watch: new ChatWatch(new Map([['slack', { pulse }]]), moved, isDisowned) };
  };
  const warnings = async () => (await services.findings.open()).map(({ facts, severity }) => [facts, severity]);
  const says = async () => plainText(await health.run({}, {} as Asker, moved), 4000);
  return { time, bot, warnings, says, moved };
}

it('a chat that no bot is connected to is a warning after five minutes, critical in the end, and over once one is', async () => {
  const { time, bot, warnings, says } = watching();
  const { pulse, watch } = bot();
  pulse.event();
  await watch.look();
  expect(await says()).toMatch(/Slack: connected; last event/);
  pulse.connection(false);
  time.passed = CUT_OFF_MS;
  await watch.look();
  expect(await warnings()).toEqual([]);
  time.passed = CUT_OFF_MS + 1;
  await watch.look();
  await watch.look();
  expect(await warnings()).toEqual([[expect.objectContaining({ what: 'connection', detail: 'slack' }), 'urgent']]);
  expect(await says()).toMatch(/Slack: NOT CONNECTED since/);
  time.passed = 31 * 60_000;
  await watch.look();
  expect(await warnings()).toEqual([[expect.objectContaining({ what: 'connection' }), 'critical']]);
  pulse.connection(true);
  await watch.look();
  expect(await warnings()).toEqual([]);
});

it('health says how the bot that answers is connected now, before it has told that', async () => {
  const { time, bot, moved } = watching();
  const { pulse, watch } = bot();
  const said = async () => {
    const services = { ...moved, vitals: { ...moved.vitals, chats: () => watch.own() } };
    return plainText(await health.run({}, {} as Asker, services), 4000);
  };
  expect(await said()).toMatch(/Slack: NOT CONNECTED.*; last event never, last post never/);
  pulse.event();
  await pulse.posted(Promise.resolve());
  expect(await said()).toMatch(/Slack: connected; last event (?!never).*, last post (?!never)/);
  await watch.look();
  time.passed = 14_000;
  pulse.connection(false);
  expect(await said()).toMatch(/Slack: NOT CONNECTED since/);
  // Another one that hears it is enough still.
  const other = bot();
  other.pulse.event();
  await other.watch.look();
  expect(await said()).toMatch(/Slack: connected/);
});

it('one bot that hears a chat is enough, and one that is gone does not count', async () => {
  const { time, bot, warnings } = watching();
  const [hears, deaf] = [bot(), bot()];
  hears.pulse.event();
  for (const one of [hears, deaf]) await one.watch.look();
  time.passed = CUT_OFF_MS + 1;
  await hears.watch.look();
  await deaf.watch.look();
  expect(await warnings()).toEqual([]);
  time.passed *= 2;
  await deaf.watch.look();
  expect(await warnings()).toHaveLength(1);
});

const AWAY = () => Promise.reject(new ChatUnavailable('Slack: 503', 0));
const failing = (pulse: Pulse) => pulse.posted(AWAY()).catch(() => {});

it('a chat that takes no posts for five minutes is a warning, critical in the end, and over once it takes one', async () => {
  const { time, bot, warnings, says } = watching();
  const { pulse, watch } = bot();
  pulse.event();
  await failing(pulse);
  await watch.look();
  expect(await says()).toMatch(/Slack: connected; .*posts fail since .*\(503\)/);
  time.passed = CUT_OFF_MS;
  await failing(pulse);
  await watch.look();
  expect(await warnings()).toEqual([]);
  time.passed = CUT_OFF_MS + 1;
  await failing(pulse);
  await watch.look();
  await watch.look();
  expect(await warnings()).toEqual([[expect.objectContaining({ what: 'posts', detail: 'Slack: 503' }), 'urgent']]);
  expect(await says()).toMatch(/Slack: connected; .*posts fail since .*\(503\)/);
  time.passed = 31 * 60_000;
  await watch.look();
  expect(await warnings()).toEqual([[expect.objectContaining({ what: 'posts' }), 'critical']]);
  await pulse.posted(Promise.resolve());
  await watch.look();
  expect(await warnings()).toEqual([]);
  expect(await says()).not.toMatch(/posts/i);
});

it('a chat to which nothing is posted after one failure is no warning', async () => {
  const { time, bot, warnings, says } = watching();
  const { pulse, watch } = bot();
  pulse.event();
  await failing(pulse);
  for (time.passed of [1, 2 * CUT_OFF_MS, 3 * CUT_OFF_MS]) await watch.look();
  expect(await warnings()).toEqual([]);
  expect(await says()).not.toMatch(/posts fail/);
});

it('one bot that posts is enough, and one that begins anew does not end what nothing worked for', async () => {
  const { time, bot, warnings } = watching();
  const [fails, works] = [bot(), bot()];
  for (const { pulse } of [fails, works]) pulse.event();
  for (time.passed of [0, CUT_OFF_MS - 1000, CUT_OFF_MS + 2]) {
    await failing(fails.pulse);
    await works.pulse.posted(Promise.resolve());
    for (const { watch } of [fails, works]) await watch.look();
  }
  expect(await warnings()).toEqual([]);
  time.passed += CUT_OFF_MS;
  await failing(fails.pulse);
  time.passed += CUT_OFF_MS;
  await failing(fails.pulse);
  await fails.watch.look();
  expect(await warnings()).toHaveLength(1);
  const next = bot();
  next.pulse.event();
  await next.watch.look();
  expect(await warnings()).toHaveLength(1);
  await next.pulse.posted(Promise.resolve());
  await next.watch.look();
  expect(await warnings()).toEqual([]);
});

it('a bot knows at once which chats know it no more, and the store has it from the others', async () => {
  const { moved, says } = watching();
  const own = { chat: 'slack', why: 'Slack: invalid_auth', since: moved.clocks.now() };
  const services = { ...moved, vitals: { ...moved.vitals, disowned: () => [own] } };
  expect(plainText(await health.run({}, {} as Asker, services), 4000)).toMatch(
    /Slack: does not know Podwarden: invalid_auth, since /,
  );
  const other = new DisownedChats(moved, ['slack', 'discord'], () => {});
  other.told('discord', 'Discord: 401');
  expect(other.all()).toEqual([{ chat: 'discord', why: 'Discord: 401', since: moved.clocks.now() }]);
  await expect.poll(says).toMatch(/Discord: does not know Podwarden: 401, since /);
  other.told('discord', null);
  expect(other.all()).toEqual([]);
  other.close();
  await expect.poll(says).not.toMatch(/does not know/);
});

it('what is said of a chat that knows us no more is not said twice', async () => {
  const { time, bot, warnings } = watching(() => true);
  time.passed = CUT_OFF_MS + 1;
  await bot().watch.look();
  expect(await warnings()).toEqual([]);
});

it.each(['slack', 'discord'] as const)(
  'the front of %s notes its connection, what comes in, and what is posted',
  async (chat) => {
    const chats = await bothChats();
    closing.push(chats.close);
    const front: Front = chats.front(chat);
    closing.push(() => front.stop());
    expect(front.pulse.read()).toMatchObject({ isOpen: false, postedAt: null });
    await front.start({
      take: async () => ({ ours: true, opensForm: false, acknowledged: async () => true, run: async () => {} }),
    } as unknown as Inbox);
    expect(front.pulse.read()).toMatchObject({ isOpen: true, postedAt: null });
    const before = front.pulse.read().eventAt;
    await until(() => Date.now() > (before ?? 0));
    await chats[chat].command('alice', 'gpu', '/pod help');
    expect(front.pulse.read().eventAt).toBeGreaterThan(before ?? 0);
    chats[chat].faults.mode = { kind: 'down' };
    const place = chat === 'slack' ? SLACK_ROOM : DISCORD_ROOM;
    const account = chat === 'slack' ? 'slack:T0PODW/U0ALICE' : 'discord:700000000000000001';
    const post = (marker: string) => front.post(place, note('info', 'the card'), { marker, ping: [] });
    await expect(post('m1')).rejects.toThrow();
    expect(front.pulse.read()).toMatchObject({ postedAt: null, failing: { why: expect.stringContaining('503') } });
    chats[chat].faults.mode = null;
    await post('m2');
    expect(front.pulse.read()).toMatchObject({ postedAt: expect.any(Number), failing: null });
    chats[chat].faults.mode = { kind: 'down' };
    await expect(front.direct(account, note('info', 'only for you'))).rejects.toThrow();
    expect(front.pulse.read().failing).not.toBeNull();
    chats[chat].faults.mode = null;
    await front.direct(account, note('info', 'only for you'));
    expect(front.pulse.read().failing).toBeNull();
    await chats[chat].close();
    await until(() => !front.pulse.read().isOpen);
  },
);
