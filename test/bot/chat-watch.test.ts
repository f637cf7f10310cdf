import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChatWatch, CUT_OFF_MS } from '../../src/bot/chat-watch.ts';
import { health } from '../../src/bot/commands/health.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { note } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { Pulse } from '../../src/bot/pulse.ts';
import type { Asker } from '../../src/bot/services.ts';
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
    const post = (marker: string) => front.post(place, note('info', 'the card'), { marker, ping: [] });
    await expect(post('m1')).rejects.toThrow();
    expect(front.pulse.read().postedAt).toBeNull();
    chats[chat].faults.mode = null;
    await post('m2');
    expect(front.pulse.read().postedAt).not.toBeNull();
    await chats[chat].close();
    await until(() => !front.pulse.read().isOpen);
  },
);
