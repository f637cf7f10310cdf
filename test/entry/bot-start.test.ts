import { afterEach, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import { DisownedChats } from '../../src/bot/disowned-chats.ts';
import { readPolicy } from '../../src/config/load.ts';
import { runBot } from '../../src/entry/bot.ts';
import type { Connections } from '../../src/entry/process.ts';
import { bothChats, botServices, DISCORD_ROOM } from '../bot/chats.ts';
import { KEY } from '../jobs/context.ts';
import { useRedis } from '../store/redis.ts';
import { connectionsTo } from './connections.ts';

const redis = useRedis();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function connections(auth: { username?: string; password?: string }): Connections {
  const opened = connectionsTo(redis.path(), auth);
  closing.push(opened.close);
  return opened;
}

const SLACK_ALONE = 'rooms: { gpu: { slack: { channel: C0GPU } } }';

/** A whole bot, of Slack alone where its policy names no Discord; the policy names nobody to call. */
async function slackBot(auth: Parameters<typeof connections>[0] = {}, yaml = SLACK_ALONE) {
  const chats = await bothChats();
  closing.push(chats.close);
  const { services } = botServices(redis.client(), 'slack');
  const isBoth = yaml.includes('discord');
  const { policy } = readPolicy(yaml, isBoth ? ['slack', 'discord'] : ['slack']);
  if (!policy) throw new Error('the policy does not parse');
  const ended: string[] = [];
  const start = async () => {
    const bot = await runBot({
      settings: {
        slack: { botToken: 'xoxb-t', appToken: 'xapp-t', apiUrl: chats.slack.url },
        discord: isBoth ? { token: 'a.b.c', apiUrl: chats.discord.url, guildId: null } : null,
        policy,
        criticalWebhook: null,
      },
      redis: connections(auth),
      auditKey: KEY,
      clocks: services.clocks,
      log: services.log,
      onFatal: (reason) => ended.push(reason),
    });
    let closed: Promise<void> | null = null;
    const close = () => (closed ??= bot.close());
    closing.push(close);
    return { close };
  };
  return { chats, services, start, ended };
}

it('a bot starts where a card for the pods of somebody who left can be shown to nobody', async () => {
  const { chats, services, start, ended } = await slackBot();
  const user = chats.slack.workspace.users.get('U0BOB');
  if (!user) throw new Error('no bob');
  user.deleted = true;
  const account = 'slack:T0PODW/U0BOB';
  const claim = { by: { account, person: null, name: 'bob' }, room: null, at: 0 };
  await services.owners.change((pods) => ({ ...pods, pod3: claim }), []);
  const pod = { id: 'pod3', name: 'bob-run7', status: 'RUNNING', gpuName: 'A6000', gpuCount: 1, cloud: 'SECURE' };
  await services.snapshots.saveFleet({ readAt: services.clocks.now(), pods: [{ ...pod, ...REST }] });
  chats.slack.faults.mode = chatTrouble('error:is_archived:post');
  await start();
  expect(ended).toEqual([]);
});

it('a bot that its chat lets in again ends the warning of the one before it', async () => {
  const { services, start } = await slackBot();
  const before = new DisownedChats(services, ['slack'], () => {});
  before.told('slack', 'Slack: token_revoked');
  const open = async () => (await services.findings.open()).length;
  await expect.poll(open, { timeout: 10_000 }).toBe(1);
  before.close();
  await start();
  await expect.poll(open, { timeout: 10_000 }).toBe(0);
});

const BOTH = `home_chat: slack
rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "${DISCORD_ROOM.channel}" } } }
default_room: gpu`;

it.each([
  { dead: 'discord', alive: 'slack', refusal: 'error:0:any' },
  { dead: 'slack', alive: 'discord', refusal: 'error:invalid_auth:any' },
] as const)(
  'a bot whose token is dead in $dead starts, hears $alive, and warns there',
  async ({ dead, alive, refusal }) => {
    const { chats, start, ended } = await slackBot({}, BOTH);
    chats[dead].faults.mode = chatTrouble(refusal);
    await start();
    await chats[alive].command('alice', 'gpu', '/pod whoami');
    const seen = () => chats[alive].visibleTo('alice').map(({ text }) => text);
    await expect.poll(seen, { timeout: 10_000 }).toContainEqual(expect.stringMatching(/^You are alice/));
    await expect
      .poll(seen, { timeout: 10_000 })
      .toContainEqual(expect.stringMatching(/A chat does not know Podwarden/));
    expect(ended).toEqual([]);
  },
);

it('a bot that is killed counts for nothing in /pod health where the chat does not know the one after it', async () => {
  const { chats, services, start } = await slackBot({}, BOTH.replace('home_chat: slack', 'home_chat: discord'));
  const at = services.clocks.realNow();
  const killed = { chat: 'slack', isOpen: true, changedAt: at, eventAt: at, postedAt: at, at };
  await services.pulses.save('killed', killed);
  chats.slack.faults.mode = chatTrouble('error:invalid_auth:apps.connections.open');
  await start();
  await chats.discord.command('alice', 'gpu', '/pod health');
  const seen = () => chats.discord.visibleTo('alice').map(({ text }) => text);
  await expect.poll(seen, { timeout: 10_000 }).toContainEqual(expect.stringContaining('Podwarden is not well'));
  const said = seen().find((text) => text.includes('Podwarden is not well'));
  expect(said).toMatch(/Slack: does not know Podwarden: [^;\n]*invalid_auth[^;\n]*, since /);
  expect(said).not.toMatch(/Slack: connected/);
});

it('a bot that closes in order is connected to nothing any more, and what it last posted is still known', async () => {
  const { services, start } = await slackBot();
  const bot = await start();
  const state = async () =>
    (await services.pulses.states(['slack'], services.clocks.realNow(), { bot: 'none', told: [] }))[0];
  await expect.poll(async () => (await state())?.isOpen, { timeout: 10_000 }).toBe(true);
  const before = await state();
  await bot.close();
  expect(await state()).toMatchObject({ isOpen: false, eventAt: before?.eventAt });
});

it('a bot that both chats refuse does not start, and says why of each', async () => {
  const { chats, start } = await slackBot({}, BOTH);
  chats.discord.faults.mode = chatTrouble('error:0:any');
  chats.slack.faults.mode = chatTrouble('error:invalid_auth:any');
  await expect(start()).rejects.toThrow(/invalid_auth.*; .*401|401.*; .*invalid_auth/);
});

it('a bot says in /pod health how it is connected, and when something last came in, also where Redis does not know that yet', async () => {
  const { chats, start } = await slackBot();
  await start();
  // What it tells every 15 seconds is not there.
  await expect.poll(() => redis.client().del('{podwarden}:pulses'), { timeout: 10_000 }).toBe(1);
  await chats.slack.command('alice', 'gpu', '/pod health');
  const answers = () => chats.slack.visibleTo('alice').map(({ text }) => text);
  await expect.poll(answers, { timeout: 10_000 }).toContainEqual(expect.stringContaining('Slack: '));
  expect(answers().join()).toMatch(/Slack: connected; last event (?!never)/);
});

it('a bot starts with a user of Redis that may use its keys and no messages', async () => {
  await redis.client().call('ACL', 'SETUSER', 'podwarden', 'on', '>secret', '~*', 'resetchannels', '+@all');
  closing.push(() => redis.client().call('ACL', 'DELUSER', 'podwarden'));
  const { start, ended } = await slackBot({ username: 'podwarden', password: 'secret' });
  await start();
  expect(ended).toEqual([]);
});

const REST = {
  dataCenter: null,
  microUsdPerHour: 490_000,
  containerDiskGb: 50,
  volumeDisk: null,
  networkVolume: null,
  locked: false,
  createdAt: '2026-08-01T00:00:00Z',
  startedAt: null,
  reporting: true,
  gpuId: 'NVIDIA RTX A6000',
  imageMark: '',
};
