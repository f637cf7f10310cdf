import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ClientRefused, NotAcknowledged, Timeline } from '../../emulators/chat.ts';
import { DiscordEmulator } from '../../emulators/discord/server.ts';
import { SlackEmulator } from '../../emulators/slack/server.ts';
import { ask } from '../page/visitor.ts';

const DAY = 86_400_000;
const reading = (now: () => number) => ({ timeline: new Timeline(), moment: String, ago: String, now });

describe('what people’s clients do, and no bot answers', () => {
  let slack: SlackEmulator;
  let discord: DiscordEmulator;
  let time = 0;

  beforeEach(async () => {
    time = Date.parse('2026-11-24T10:00:00Z');
    slack = new SlackEmulator({ botToken: 'xoxb-1', appToken: 'xapp-1', ...reading(() => time) });
    discord = new DiscordEmulator({ token: 'token', ...reading(() => time) });
    for (const name of ['alice', 'bob']) {
      slack.workspace.addUser({ id: `U0${name.toUpperCase()}`, name });
      discord.server.addUser({ id: name === 'alice' ? '71' : '72', name, roles: [] });
    }
    slack.workspace.addChannel('C0GPU', 'gpu', ['U0ALICE', 'U0BOB']);
    slack.workspace.addChannel('C0RANDOM', 'random', ['U0ALICE']);
    discord.server.addChannel('81', 'gpu', ['71', '72']);
    await Promise.all([slack.start(), discord.start()]);
  });
  afterEach(() => Promise.all([slack.close(), discord.close()]));

  /** What a socket that comes later is given. */
  async function framesForALateBot(): Promise<{ type: string }[]> {
    const socket = new WebSocket(`${slack.url.replace('http', 'ws').replace('/api/', '/link')}`);
    const frames: { type: string }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await expect.poll(() => frames.length).toBeGreaterThan(0);
    // Frames come in order: after a round trip, what was to come has come.
    await new Promise<void>((resolve) => {
      socket.once('pong', () => resolve());
      socket.ping();
    });
    socket.terminate();
    return frames;
  }

  it('a command that its client called failed is not run by a bot that comes later', async () => {
    await expect(slack.command('alice', 'gpu', '/pod launch a6000')).rejects.toThrow(NotAcknowledged);
    expect((await framesForALateBot()).map(({ type }) => type)).toEqual(['hello']);
  });

  it('a message that names the bot stands there at once, and the bot hears of it when it comes', async () => {
    await slack.say('alice', 'gpu', '@Podwarden help', null);
    expect(slack.visibleTo('bob').map(({ author, text }) => [author, text])).toEqual([['alice', '@Podwarden help']]);
    expect((await framesForALateBot()).map(({ type }) => type)).toEqual(['hello', 'events_api']);
  });

  it('an address of mail does not call the bot', async () => {
    await slack.say('alice', 'gpu', 'write to ops@podwarden.io', null);
    expect((await framesForALateBot()).map(({ type }) => type)).toEqual(['hello']);
  });

  it('nobody writes into a thread of another channel, or of none', async () => {
    await slack.say('alice', 'random', 'elsewhere', null);
    const [elsewhere] = slack.visibleTo('alice');
    await expect(slack.say('alice', 'gpu', 'here', elsewhere ?? null)).rejects.toThrow(ClientRefused);
    await expect(slack.say('alice', 'gpu', 'here', { id: '1.0' })).rejects.toThrow(ClientRefused);
    await expect(slack.say('bob', 'random', 'not in it', null)).rejects.toThrow(ClientRefused);
    await expect(discord.say('alice', 'gpu', 'here', { id: '1' })).rejects.toThrow(ClientRefused);
    expect(slack.visibleTo('alice')).toHaveLength(1);
  });

  it('a form that is closed while it is sent closes nobody else’s', async () => {
    const view = (user: string) => ({
      id: `V${user}`,
      user,
      view: { title: { text: 'Form' }, blocks: [] },
      opened: 1,
      changed: 1,
      errors: {},
      typed: {},
    });
    slack.workspace.views = [view('U0ALICE'), view('U0BOB')];
    slack.dismiss('alice', { id: 'VU0ALICE' });
    expect(() => slack.dismiss('alice', { id: 'VU0BOB' })).toThrow(ClientRefused);
    expect(slack.form('alice')).toBeNull();
    expect(slack.form('bob')?.id).toBe('VU0BOB');
  });

  it('a form of Discord’s stays where nobody acknowledged it', async () => {
    const modal = { title: 'Form', custom_id: 'v1.form', components: [] };
    discord.server.modals = [{ id: '91', user: '71', channel: '81', modal, source: null, opened: 1 }];
    const form = discord.form('alice');
    if (!form) throw new Error('no form');
    await expect(discord.submit('alice', form)).rejects.toThrow(NotAcknowledged);
    expect(discord.form('alice')?.id).toBe('91');
  });

  it('a message brings an archived thread of Discord’s back', async () => {
    const thread = { id: '95', name: 'run7', parent: '81', recipient: null, members: null };
    discord.server.channels.set('95', { ...thread, archived: true, active: { at: time - 9 * DAY, archiveMs: DAY } });
    await discord.say('alice', 'gpu', 'still there?', { id: '95' });
    expect(discord.server.channels.get('95')).toMatchObject({ archived: false, active: { at: time } });
  });

  it('web sites have no business with the emulators, whatever they know', async () => {
    const headers = { authorization: 'Bearer xoxb-1', origin: 'https://evil.example' };
    const { origin } = new URL(slack.url);
    expect(await ask(origin, '/api/auth.test', { method: 'POST', headers })).toMatchObject({ status: 403 });
    const bent = { authorization: 'Bearer xoxb-1', host: 'evil.example' };
    expect(await ask(origin, '/api/auth.test', { method: 'POST', headers: bent })).toMatchObject({ status: 403 });
    const refused = new WebSocket(`${origin.replace('http', 'ws')}/link`, { origin: 'https://evil.example' });
    await new Promise<void>((resolve) => refused.once('error', () => resolve()));
    expect(refused.readyState).not.toBe(WebSocket.OPEN);
    expect(
      await ask(origin, '/api/auth.test', { method: 'POST', headers: { authorization: 'Bearer xoxb-1' } }),
    ).toMatchObject({ status: 200 });
  });
});
