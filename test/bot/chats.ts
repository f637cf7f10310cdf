import { Timeline } from '../../emulators/chat.ts';
import { DiscordEmulator } from '../../emulators/discord/server.ts';
import { SlackEmulator } from '../../emulators/slack/server.ts';
import { optionsOf } from '../../src/bot/commands/declare.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import { DiscordFront } from '../../src/bot/discord/front.ts';
import type { Front } from '../../src/bot/front.ts';
import type { Services } from '../../src/bot/services.ts';
import { SlackFront } from '../../src/bot/slack/front.ts';
import { readPolicy } from '../../src/config/load.ts';
import type { Log } from '../../src/jobs/ports.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Drafts } from '../../src/store/drafts.ts';
import { MachineClocks } from '../../src/store/machine-clocks.ts';
import { Places } from '../../src/store/places.ts';
import { Pulses } from '../../src/store/pulses.ts';
import { governed } from '../jobs/context.ts';

export const SLACK_ROOM = { chat: 'slack', channel: 'C0GPU' };
export const DISCORD_ROOM = { chat: 'discord', channel: '800000000000000001' };
export const ALICE_ON_DISCORD = '700000000000000001';
export const BOB_ON_DISCORD = '700000000000000002';
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const shapes = COMMANDS.map((command) => ({ ...command, options: optionsOf(command) }));

/** A room that is in both chats; what money it shows, only Slack sees. */
const POLICY = `home_chat: CHAT
rooms:
  gpu:
    slack: { channel: C0GPU }
    discord: { channel: "800000000000000001", money: false }
default_room: gpu`;

/** Both platforms with alice and bob in one room, and real clients that connect to them. */
export async function bothChats() {
  const reading = { timeline: new Timeline(), moment: String, ago: String };
  const slack = new SlackEmulator({ botToken: 'xoxb-t', appToken: 'xapp-t', ...reading });
  const discord = new DiscordEmulator({ token: 'a.b.c', ...reading });
  slack.workspace.addUser({ id: 'U0ALICE', name: 'alice' });
  slack.workspace.addUser({ id: 'U0BOB', name: 'bob' });
  slack.workspace.addChannel('C0GPU', 'gpu', ['U0ALICE', 'U0BOB']);
  discord.server.addUser({ id: ALICE_ON_DISCORD, name: 'alice', roles: [] });
  discord.server.addUser({ id: BOB_ON_DISCORD, name: 'bob', roles: [] });
  discord.server.addChannel(DISCORD_ROOM.channel, 'gpu', [ALICE_ON_DISCORD, BOB_ON_DISCORD]);
  await Promise.all([slack.start(), discord.start()]);
  const ours = { guildId: null as string | null, channels: [DISCORD_ROOM.channel] };
  const front = (
    chat: string,
    onKnown: (reason: string | null) => void = () => {},
    againMs?: number,
    server: Partial<typeof ours> = {},
  ): Front =>
    chat === 'slack'
      ? new SlackFront({ botToken: 'xoxb-t', appToken: 'xapp-t', apiUrl: slack.url }, silent, onKnown, againMs)
      : new DiscordFront({ token: 'a.b.c', apiUrl: discord.url, ...ours, ...server }, shapes, silent, onKnown);
  const close = async () => {
    await Promise.all([slack.close(), discord.close()]);
  };
  return { slack, discord, front, close };
}

/** What commands and buttons work with, over a real store, for members of one home chat. */
export function botServices(redis: RedisClient, homeChat: 'slack' | 'discord') {
  const { policy } = readPolicy(POLICY.replace('CHAT', homeChat), ['slack', 'discord']);
  if (!policy) throw new Error('the policy does not parse');
  const { context, enqueued } = governed(redis);
  const services: Services = {
    ...context,
    drafts: new Drafts(redis, context.audit),
    places: new Places(redis),
    pulses: new Pulses(redis),
    policy,
    knowsApprovers: false,
    vitals: {
      loss: async () => null,
      workersConnected: async () => 1,
      chats: () => ({ bot: 'b', told: [] }),
      disowned: () => [],
    },
    machineClocks: new MachineClocks(redis),
    tellPrivately: async () => {},
  };
  return { services, enqueued };
}
