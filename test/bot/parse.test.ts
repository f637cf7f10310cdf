import { describe, expect, it } from 'vitest';
import { typedCommand } from '../../emulators/discord/client.ts';
import { optionsOf, usageOf } from '../../src/bot/commands/declare.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import { parseOptions, parseText, splitCommand, tokenize, UsageError } from '../../src/bot/commands/parse.ts';
import { guildCommands } from '../../src/bot/discord/commands.ts';
import { slackManifest } from '../../src/entry/slack-manifest.ts';
import { MAX_MIDDLE } from '../../src/policy/pod-names.ts';

const fromText = (text: string) => {
  const { command, rest } = splitCommand(text, COMMANDS);
  return { name: command.name, args: parseText(command, rest) };
};

describe('text', () => {
  it.each([
    ['launch a6000 spot', { gpu: 'a6000', market: 'spot' }],
    ['LAUNCH  A6000   SPOT', { gpu: 'A6000', market: 'spot' }],
    ['launch a6000 spot 2', { gpu: 'a6000', market: 'spot', count: 2 }],
    ['launch a6000 2', { gpu: 'a6000', count: 2 }],
    ['launch spot a6000', { gpu: 'a6000', market: 'spot' }],
    ['launch pro 6000', { gpu: 'pro 6000' }],
    ['launch pro 6000 wk spot 2', { gpu: 'pro 6000 wk', market: 'spot', count: 2 }],
    ['launch a100 80gb pcie', { gpu: 'a100 80gb pcie' }],
    ['launch 4090', { gpu: '4090' }],
    ['launch 4090 4', { gpu: '4090', count: 4 }],
    ['launch "h100 sxm" name="run7"', { gpu: 'h100 sxm', name: 'run7' }],
    ['launch “h100 sxm” —name run7', { gpu: 'h100 sxm', name: 'run7' }],
    [
      'launch a6000 --disk=60 --volume 100 cloud=Community',
      { gpu: 'a6000', disk: 60, volume: '100', cloud: 'community' },
    ],
    ['launch gpu=a6000 Count=3', { gpu: 'a6000', count: 3 }],
    ['launch a6000 on-demand', { gpu: 'a6000', market: 'on-demand' }],
    ['launch gpu="h100 sxm" 2', { gpu: 'h100 sxm', count: 2 }],
    ["launch a6000 name='run7'", { gpu: 'a6000', name: 'run7' }],
    ['launch a6000 name=‘run7’', { gpu: 'a6000', name: 'run7' }],
    ['launch a6000 count = 2', { gpu: 'a6000', count: 2 }],
    ['list', {}],
    ['list MINE', { whose: 'mine' }],
    ['stop run7,vision', { pods: 'run7,vision' }],
    ['stop run7, vision', { pods: 'run7, vision' }],
    ['gpus', {}],
    ['help', {}],
  ])('%s', (text, args) => {
    expect(fromText(text).args).toEqual(args);
  });

  const limited = COMMANDS.flatMap((command) =>
    optionsOf(command).flatMap(({ name: option }) => {
      const issue = command.args.shape[option]?.safeParse('x'.repeat(1999)).error?.issues[0];
      return issue?.code === 'too_big' ? [{ of: command.name, option, most: issue.maximum }] : [];
    }),
  );
  it.each(limited)('$of refuses a $option that is too long with its limit', ({ of, option, most }) => {
    const command = COMMANDS.find(({ name }) => name === of) as (typeof COMMANDS)[number];
    expect(() => parseOptions(command, { [option]: 'x'.repeat(1999) })).toThrow(
      `${option} has 1999 characters; it takes at most ${most}.`,
    );
  });

  it('a reason or a name that is too long says how long it may be', () => {
    expect(() => fromText(`terminate run7 reason="${'x'.repeat(301)}"`)).toThrow(
      'reason has 301 characters; it takes at most 300.',
    );
    expect(() => fromText(`launch a6000 name=${'x'.repeat(MAX_MIDDLE + 1)}`)).toThrow(
      `name has ${MAX_MIDDLE + 1} characters; it takes at most ${MAX_MIDDLE}.`,
    );
  });

  it('nothing is help', () => {
    expect(fromText('').name).toBe('help');
    expect(fromText('   ').name).toBe('help');
  });

  it.each([
    ['lunch a6000', /no \/pod lunch. Did you mean \/pod launch/],
    ['launch', /gpu is missing/],
    ['launch a6000 disc=3', /no option disc. Did you mean disk/],
    ['launch a6000 count=two', /count is a whole number/],
    ['launch a6000 count=1.5', /count is a whole number/],
    ['launch a6000 count=2.0', /count is a whole number/],
    ['launch a6000 disk=1e2', /disk is a whole number/],
    ['launch a6000 disk=50 disk=60', /disk is there twice/],
    ['launch a6000 market=free', /market is one of spot, on-demand/],
    ['list everything', /do not know what to do with "everything"|whose is one of all, mine/],
    ['launch a6000 \u0007bell', /control characters/],
    [`launch ${'x'.repeat(5000)}`, /5000 characters; a command has at most 2000/],
    ['whoami now', /do not know what to do with "now"/],
  ])('%s is refused', (text, problem) => {
    expect(() => fromText(text)).toThrow(UsageError);
    expect(() => fromText(text)).toThrow(problem);
  });

  it('keeps what is quoted together, and an unclosed quote harmless', () => {
    expect(tokenize('a "b c" d=“e f”')).toEqual({ words: ['a', 'b c'], named: new Map([['d', 'e f']]) });
    expect(tokenize('say "hello').words).toEqual(['say', 'hello']);
  });
});

describe('every command', () => {
  const registered = guildCommands(COMMANDS.map((command) => ({ ...command, options: optionsOf(command) })));

  it.each(COMMANDS.flatMap((c) => c.examples.map((example) => [c.name, example] as const)))(
    '%s: the example "%s" parses to the same through both chats',
    (name, example) => {
      const { command, rest } = splitCommand(example, COMMANDS);
      expect(command.name).toBe(name);
      const text = parseText(command, rest);
      const quoted = example.replace('h100 sxm', '"h100 sxm"');
      const typed = typedCommand(`/pod ${quoted}`, registered as unknown as Record<string, unknown>[]);
      const values = Object.fromEntries(typed.options.map((o) => [o.name, o.value]));
      expect(parseOptions(command, values)).toEqual(text);
    },
  );

  it.each(COMMANDS.map((c) => [c.name, c] as const))('%s fits what Discord allows', (_, command) => {
    expect(command.name).toMatch(/^[a-z-]{1,32}$/);
    expect(command.summary.length).toBeLessThanOrEqual(100);
    expect(usageOf(command)).toMatch(/^\/pod /);
    for (const option of optionsOf(command)) {
      expect(option.name).toMatch(/^[a-z_]{1,32}$/);
      expect(option.description).not.toBe(option.name);
      expect(option.description.length).toBeLessThanOrEqual(100);
    }
  });

  it('options declare types, required and autocomplete only', () => {
    const allowed = new Set(['type', 'name', 'description', 'required', 'autocomplete', 'options']);
    const keys = JSON.stringify((registered[0] as { options?: unknown }).options).match(/"([a-z_]+)":/g) ?? [];
    expect([...new Set(keys.map((key) => key.slice(1, -2)))].filter((key) => !allowed.has(key))).toEqual([]);
  });

  it('Slack’s manifest opens the Messages tab for buttons and answers, and asks for no scope that no call needs', () => {
    const { features, oauth_config } = JSON.parse(slackManifest());
    expect(features.app_home).toEqual({ messages_tab_enabled: true, messages_tab_read_only_enabled: false });
    // A direct message is posted to the person: no call opens a conversation.
    expect(oauth_config.scopes.bot).not.toContain('im:write');
  });

  it('is in Slack’s manifest', () => {
    const manifest = JSON.parse(slackManifest());
    expect(manifest.features.slash_commands[0].usage_hint).toContain('launch | list | show');
    expect(manifest.settings.socket_mode_enabled).toBe(true);
  });
});
