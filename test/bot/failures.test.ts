import { readdirSync, readFileSync } from 'node:fs';
import { RESTJSONErrorCodes } from 'discord.js';
import { describe, expect, it } from 'vitest';
import * as discord from '../../src/bot/discord/failures.ts';
import type { Attempted, Failure } from '../../src/bot/failure.ts';
import * as slack from '../../src/bot/slack/failures.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const json = <T>(path: string): T => JSON.parse(readFileSync(at(path), 'utf8')) as T;
const { methods } = json<{ methods: Record<string, string[]> }>('emulators/slack/data/errors.json');
const documented = json<{ json: number[]; http: string[]; gateway: { reconnect: number[]; final: number[] } }>(
  'emulators/discord/data/errors.json',
);
const sorted = <T>(list: Iterable<T>) => [...new Set(list)].sort();

/** Methods of Slack's Web API that the front names in its source. */
function calledOnSlack(): string[] {
  const folder = 'src/bot/slack';
  const text = readdirSync(at(folder)).map((name) => readFileSync(at(`${folder}/${name}`), 'utf8'));
  return sorted([...text.join('\n').matchAll(/\bweb\.((?:\w+\.)+\w+)\(/g)].map(([, method = '']) => method));
}

describe('the table of Slack’s errors', () => {
  it('knows the documented codes of every method that is called', () => {
    expect(calledOnSlack()).toContain('chat.postMessage');
    expect(calledOnSlack().filter((method) => !(method in methods))).toEqual([]);
  });

  it('has a class for every documented code, and for no other without a reason', () => {
    const all = sorted(Object.values(methods).flat());
    expect(all.length).toBeGreaterThan(130);
    expect(sorted(slack.classed)).toEqual(sorted([...all, ...Object.keys(slack.UNLISTED)]));
    expect(Object.keys(slack.UNLISTED).filter((code) => all.includes(code))).toEqual([]);
  });

  it('has each code once', () => {
    expect(slack.classed).toHaveLength(new Set(slack.classed).size);
  });

  it.each([
    ['fatal_error', 'channel', { kind: 'wait', ms: null }],
    ['internal_error', 'channel', { kind: 'wait', ms: null }],
    ['ratelimited', 'channel', { kind: 'wait', ms: null }],
    ['request_timeout', 'channel', { kind: 'wait', ms: null }],
    ['service_unavailable', 'edit', { kind: 'wait', ms: null }],
    ['team_added_to_org', 'other', { kind: 'wait', ms: null }],
    ['restricted_action_read_only_channel', 'channel', { kind: 'channel-closed' }],
    ['restricted_action_thread_locked', 'thread', { kind: 'thread-closed' }],
    ['thread_not_found', 'thread', { kind: 'thread-closed' }],
    ['cant_update_message', 'edit', { kind: 'message-gone' }],
    ['edit_window_closed', 'edit', { kind: 'message-gone' }],
    ['channel_not_found', 'person', { kind: 'person-unreachable' }],
    ['messages_tab_disabled', 'person', { kind: 'person-unreachable' }],
    ['token_revoked', 'channel', { kind: 'disowned', by: 'token' }],
    ['nobody_has_heard_of_it', 'channel', { kind: 'unknown' }],
  ] as [string, Attempted, Failure][])('reads %s at a %s', (code, attempted, failure) => {
    expect(slack.slackFailure(code, attempted)).toEqual(failure);
  });

  it('names the scope that Slack asks for', () => {
    expect(slack.slackFailure('missing_scope', 'other', 'files:write')).toEqual({
      kind: 'right-missing',
      right: 'files:write',
    });
  });

  it('waits for a response address that is limited or behind a broken proxy, and gives up one that lapsed', () => {
    expect(slack.slackHttpFailure(429, 7000)).toEqual({ kind: 'wait', ms: 7000 });
    for (const status of [403, 500, 502, 503]) {
      expect(slack.slackHttpFailure(status, 0)).toEqual({ kind: 'wait', ms: null });
    }
    expect(slack.slackHttpFailure(404, 0)).toEqual({ kind: 'message-gone' });
  });
});

describe('the table of Discord’s errors', () => {
  it('has a class for every documented code, and for no other without a reason', () => {
    expect(sorted(discord.classed)).toEqual(sorted(documented.json));
    expect(discord.undocumented.filter((code) => documented.json.includes(code))).toEqual([]);
  });

  it('has a class for every code that the installed typings know', () => {
    const typed = Object.values(RESTJSONErrorCodes).filter((code): code is number => typeof code === 'number');
    const known = new Set([...discord.classed, ...discord.undocumented]);
    expect(typed.length).toBeGreaterThan(200);
    expect(typed.filter((code) => !known.has(code))).toEqual([]);
  });

  it('has each code once', () => {
    expect(discord.classed).toHaveLength(new Set(discord.classed).size);
  });

  it('has a class for every documented HTTP status', () => {
    for (const status of documented.http) {
      expect(discord.discordHttpFailure(Number(status.replace('xx', '00'))).kind).not.toBe('unknown');
    }
    expect(discord.discordHttpFailure(502)).toEqual({ kind: 'wait', ms: null });
    expect(discord.discordHttpFailure(401)).toEqual({ kind: 'disowned', by: 'token' });
  });

  it('waits after the close codes that Discord wants reconnected, and after no other', () => {
    const { reconnect, final } = documented.gateway;
    for (const code of reconnect) expect(discord.gatewayFailure(code).kind).toBe('wait');
    for (const code of final) expect(discord.gatewayFailure(code).kind).not.toBe('wait');
  });

  it.each([
    [160_005, 'thread', { kind: 'thread-closed' }],
    [50_083, 'thread', { kind: 'thread-closed' }],
    [160_006, 'thread', { kind: 'thread-closed' }],
    [30_033, 'thread', { kind: 'thread-closed' }],
    [10_003, 'thread', { kind: 'thread-closed' }],
    [10_003, 'channel', { kind: 'channel-closed' }],
    [10_003, 'edit', { kind: 'message-gone' }],
    [50_024, 'channel', { kind: 'channel-closed' }],
    [50_008, 'channel', { kind: 'channel-closed' }],
    [50_013, 'channel', { kind: 'right-missing', right: null }],
    [50_013, 'thread', { kind: 'thread-closed' }],
    [50_013, 'person', { kind: 'person-unreachable' }],
    [50_007, 'person', { kind: 'person-unreachable' }],
    [50_278, 'person', { kind: 'person-unreachable' }],
    [40_060, 'other', { kind: 'answered' }],
    [999_999, 'channel', { kind: 'unknown' }],
  ] as [number, Attempted, Failure][])('reads %i at a %s', (code, attempted, failure) => {
    expect(discord.discordFailure(code, 400, attempted)).toEqual(failure);
  });
});
