import { REST } from 'discord.js';
import { expect, it } from 'vitest';
import { listen } from '../../emulators/http.ts';
import { readMember } from '../../src/bot/discord/people.ts';
import { membershipOf } from '../../src/bot/slack/people.ts';

const IS_GUEST = 1 << 4;

it.each([
  ['a full member', {}, 'member'],
  ['somebody whose team Slack leaves out', { team_id: undefined }, 'unknown'],
  ['a guest of several channels', { is_restricted: true }, 'guest'],
  ['a guest of one channel', { is_restricted: true, is_ultra_restricted: true }, 'guest'],
  ['a guest of whom Slack sets the narrower flag alone', { is_ultra_restricted: true }, 'guest'],
  ['somebody whom Slack calls a stranger', { is_stranger: true }, 'stranger'],
  ['somebody of another home team', { team_id: 'T2' }, 'stranger'],
  ['a guest of another home team', { team_id: 'T2', is_restricted: true }, 'stranger'],
  ['a bot', { is_bot: true }, 'bot'],
  ['Slackbot, which Slack does not call a bot', { id: 'USLACKBOT' }, 'bot'],
  ['a bot of another home team', { is_bot: true, team_id: 'T2' }, 'bot'],
  ['somebody who left', { deleted: true }, 'deactivated'],
  ['a guest who left', { deleted: true, is_restricted: true, is_bot: true, is_stranger: true }, 'deactivated'],
])('on Slack, %s counts as such', (_, flags, membership) => {
  expect(membershipOf({ id: 'U1', team_id: 'T1', ...flags } as Parameters<typeof membershipOf>[0], 'T1')).toBe(
    membership,
  );
});

it('on Discord, only those who passed the screening and were invited as members count as members', async () => {
  const people: Record<string, { pending?: boolean; flags?: number; bot?: boolean; error?: number }> = {
    member: {},
    'rejoined, which is another flag': { flags: 1 },
    pending: { pending: true },
    'guest invite': { flags: IS_GUEST },
    'guest invite, after onboarding': { flags: IS_GUEST | 2 },
    bot: { bot: true },
    'pending bot': { bot: true, pending: true },
    'not in the server': { error: 10_007 },
  };
  const names = Object.keys(people);
  const server = await listen(async ({ path }) => {
    const {
      pending = false,
      flags = 0,
      bot = false,
      error,
    } = people[names[Number(path.split('/').at(-1))] ?? ''] ?? {};
    if (error !== undefined) return { status: 404, body: { code: error, message: 'Unknown Member' } };
    return { status: 200, body: { nick: null, roles: [], pending, flags, user: { username: 'x', bot } } };
  });
  try {
    const rest = new REST({ api: `http://127.0.0.1:${server.port}` }).setToken('t');
    const read = await Promise.all(names.map((_, i) => readMember(rest, 'g', `discord:${i}`)));
    expect(Object.fromEntries(names.map((name, i) => [name, read[i]?.membership]))).toEqual({
      member: 'member',
      'rejoined, which is another flag': 'member',
      pending: 'guest',
      'guest invite': 'guest',
      'guest invite, after onboarding': 'guest',
      bot: 'bot',
      'pending bot': 'bot',
      'not in the server': 'deactivated',
    });
  } finally {
    await server.close();
  }
});
