import { expect, it } from 'vitest';
import { ChatWatch } from '../../src/bot/chat-watch.ts';
import { health } from '../../src/bot/commands/health.ts';
import { DisownedChats } from '../../src/bot/disowned-chats.ts';
import { type Front, PlaceClosed } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { ClosedPlaces } from '../../src/bot/publish/closed-places.ts';
import { RoomRights } from '../../src/bot/publish/room-rights.ts';
import { Pulse } from '../../src/bot/pulse.ts';
import type { Asker, Services } from '../../src/bot/services.ts';
import { STILL_NAMED_MS } from '../../src/bot/unconfigured.ts';
import { findingCard } from '../../src/bot/views/findings/card.ts';
import type { Finding } from '../../src/policy/findings/finding.ts';
import { CUT_OFF_MS } from '../../src/policy/posting.ts';
import { useRedis } from '../store/redis.ts';
import { botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';

type Chat = 'slack' | 'discord';
const redis = useRedis();

/** Bots over one store, each with the chats and the rooms that it is configured for, and one clock for all of them. */
function stage() {
  const { services: base } = botServices(redis.client(), 'slack');
  const time = { now: base.clocks.realNow() };
  const now = () => time.now;
  const all: Services = { ...base, clocks: { ...base.clocks, now, realNow: now } };
  const bot = (chats: readonly Chat[], rooms: readonly Chat[] = ['slack', 'discord']) => {
    const named = all.policy.rooms.map((room) => ({
      ...room,
      channels: room.channels.filter(({ chat }) => rooms.some((one) => one === chat)),
    }));
    const services = { ...all, policy: { ...all.policy, rooms: named } };
    const rights = async () => null;
    const pulses = new Map(chats.map((chat) => [chat, new Pulse(now)]));
    const fronts = new Map([...pulses].map(([chat, pulse]) => [chat as string, { chat, pulse, rights }]));
    const disowned = new DisownedChats(services, chats, () => {});
    const watch = new ChatWatch(fronts, services, () => false);
    const closed = new ClosedPlaces(services);
    const look = () => new RoomRights(fronts as unknown as Map<string, Front>, services, closed).look();
    const says = async () => plainText(await health.run({}, {} as Asker, services), 4000);
    return { disowned, watch, closed, pulses, look, says };
  };
  const open = async () => (await all.findings.open()).map(({ subject }) => subject).sort();
  return { time, bot, open, findings: all.findings };
}

/** A bot of both chats that finds Discord gone in every way. */
async function troubled({ bot, open, time }: ReturnType<typeof stage>) {
  const before = bot(['slack', 'discord']);
  for (const pulse of before.pulses.values()) pulse.event();
  await before.watch.look();
  before.pulses.get('discord')?.connection(false);
  time.now += CUT_OFF_MS + 1;
  await before.watch.look();
  await before.closed.closed(DISCORD_ROOM, new PlaceClosed('Discord: 50001', undefined, '50001'));
  before.disowned.told('discord', 'Discord: 401');
  before.disowned.close();
  const all = ['channel discord 800000000000000001', 'chat discord', 'connection discord'];
  await expect.poll(open).toEqual(all);
  return { before, all };
}

const shown = (finding: Finding | null) =>
  finding
    ? plainText(
        findingCard([finding], () => [], [], true),
        4000,
      )
    : 'nothing';

it('warnings about a chat whose token was taken away end, and say why', async () => {
  const world = stage();
  const { time, bot, open, findings } = world;
  await troubled(world);
  const ids = (await findings.open()).map(({ id }) => id);
  time.now += STILL_NAMED_MS + 1;
  const after = bot(['slack']);
  await after.watch.look();
  await after.look();
  expect(await open()).toEqual([]);
  for (const id of ids) {
    const ended = await findings.get(id);
    expect(ended).toMatchObject({
      status: 'resolved',
      resolvedAs: 'gone',
      page: ended?.page === 'none' ? 'none' : 'over',
    });
    expect(shown(ended)).toMatch(
      /^Over: .*\nDiscord is no longer configured: no running bot has its token\. It was warned of/,
    );
  }
  expect(await after.says()).not.toMatch(/takes no messages/);
});

it('a warning about a channel that no room names any more ends, and says why', async () => {
  const { bot, open, findings, time } = stage();
  await bot(['slack', 'discord']).closed.closed(
    SLACK_ROOM,
    new PlaceClosed('Slack: is_archived', undefined, 'is_archived'),
  );
  const [raised] = await findings.open();
  time.now += STILL_NAMED_MS + 1;
  await bot(['slack', 'discord'], ['discord']).look();
  expect(await open()).toEqual([]);
  expect(shown(await findings.get(raised?.id ?? ''))).toContain('podwarden.yaml no longer names that channel.');
});

it('warnings stay, and are raised once, while a bot with other settings still runs, and end once it does not', async () => {
  const world = stage();
  const { time, bot, open, findings } = world;
  const { before, all } = await troubled(world);
  const raised = (await findings.open()).map(({ id }) => id).sort();
  const after = bot(['slack'], ['slack']);
  for (let minute = 0; minute < 60; minute++) {
    time.now += 60_000;
    for (const one of [before, after]) await one.watch.look();
    await after.look();
    await before.look();
  }
  expect(await open()).toEqual(all);
  expect((await findings.open()).map(({ id }) => id).sort()).toEqual(raised);
  time.now += STILL_NAMED_MS;
  await after.look();
  expect(await open()).toEqual(all);
  time.now += 1;
  await after.look();
  expect(await open()).toEqual([]);
});

it('a bot of an earlier release, which does not say what its rooms are, keeps the warnings of its chat', async () => {
  const world = stage();
  const { bot, open } = world;
  const { all } = await troubled(world);
  const key = '{podwarden}:pulses';
  for (const [field, text] of Object.entries(await redis.client().hgetall(key))) {
    const { channels: _, ...told } = JSON.parse(text);
    await redis.client().hset(key, field, JSON.stringify(told));
  }
  await bot(['slack'], ['slack']).look();
  expect(await open()).toEqual(all);
});
