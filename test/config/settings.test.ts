import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeFindings } from '../../src/config/findings.ts';
import { loadSettings, readPolicy } from '../../src/config/load.ts';
import { policyJsonSchema } from '../../src/config/policy-file.ts';
import type { Part } from '../../src/config/settings.ts';

const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const YAML = 'rooms:\n  gpu:\n    slack: { channel: C0123456789 }\n';
const GOOD = {
  RUNPOD_API_KEY: 'rpa_0123456789abcdef',
  SLACK_BOT_TOKEN: 'xoxb-1-secret',
  SLACK_APP_TOKEN: 'xapp-1-secret',
  REDIS_URL: 'redis://:hunter2@127.0.0.1:6379',
};

function load(part: Part, env: Record<string, string>, files: Record<string, string> = { 'podwarden.yaml': YAML }) {
  const read = (path: string) => files[path.replace('/cwd/', '')] ?? null;
  return loadSettings(part, { env, read, cwd: '/cwd' });
}

function findings(part: Part, env: Record<string, string>, files?: Record<string, string>) {
  try {
    return load(part, env, files).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
}

const said = (part: Part, env: Record<string, string>, files?: Record<string, string>) =>
  findings(part, env, files).map(({ level, name }) => `${level} ${name}`);

describe('settings', () => {
  it('a team with Slack alone needs no Discord', () => {
    const { settings, warnings } = load('start', GOOD);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({ discord: null, slack: { apiUrl: null }, dataPath: '/cwd/.podwarden' });
    expect(settings.runpod).toMatchObject({
      url: 'https://api.runpod.io',
      graphqlUrl: 'https://api.runpod.io/graphql',
    });
    expect(settings.policy.access.homeChat).toBe('slack');
  });

  it('the process wins over .env', () => {
    const env = { ...GOOD, LOG_LEVEL: 'debug' };
    expect(
      load('start', env, { 'podwarden.yaml': YAML, '.env': 'LOG_LEVEL=warn\nPODWARDEN_DATA=/data' }).settings,
    ).toMatchObject({
      logLevel: 'debug',
      dataPath: '/data',
    });
  });

  it('says everything at once', () => {
    const wrong = {
      SLACK_BOT_TOKEN: 'oops',
      DISCORD_GUILD_ID: 'x',
      REDIS_URL: 'http://x',
      RUNPOD_API_URL: 'https://h/v2',
    };
    expect(said('start', wrong, {})).toEqual([
      'critical RUNPOD_API_URL',
      'critical RUNPOD_API_KEY',
      'critical SLACK_BOT_TOKEN',
      'critical SLACK_APP_TOKEN',
      'critical DISCORD_GUILD_ID',
      'critical DISCORD_TOKEN',
      'critical REDIS_URL',
      'critical PODWARDEN_CONFIG',
    ]);
  });

  it('never shows a value', () => {
    const secret = 'SECRETVALUE';
    const env = Object.fromEntries(
      [
        'RUNPOD_API_KEY',
        'RUNPOD_API_URL',
        'RUNPOD_GRAPHQL_URL',
        'SLACK_BOT_TOKEN',
        'SLACK_APP_TOKEN',
        'SLACK_API_URL',
        'DISCORD_TOKEN',
        'DISCORD_API_URL',
        'DISCORD_GUILD_ID',
        'REDIS_URL',
        'LOG_LEVEL',
        'PODWARDEN_AUDIT_KEY',
      ].map((name) => [name, `${secret} ${name}`]),
    );
    const all = findings('start', env, {
      'podwarden.yaml': `timezone: ${secret}\nrooms: { gpu: { slack: { channel: ${secret} } } }`,
    });
    expect(all.length).toBeGreaterThan(10);
    expect(describeFindings(all)).not.toContain(secret);
    for (const { page } of all) expect(page).toMatch(/^(docs\/|\.env|podwarden)/);
  });

  it.each<[Part, Record<string, string>, string[]]>([
    [
      'bot',
      { ...GOOD, REDIS_URL: '' },
      ['warning RUNPOD_API_KEY', 'critical REDIS_URL', 'critical PODWARDEN_AUDIT_KEY'],
    ],
    ['start', { ...GOOD, PODWARDEN_AUDIT_KEY: 'short' }, ['critical PODWARDEN_AUDIT_KEY']],
    [
      'worker',
      { ...GOOD, PODWARDEN_AUDIT_KEY: '0'.repeat(32) },
      ['warning SLACK_BOT_TOKEN', 'warning SLACK_APP_TOKEN'],
    ],
    ['start', { ...GOOD, SLACK_APP_TOKEN: '' }, ['critical SLACK_APP_TOKEN']],
    ['start', { RUNPOD_API_KEY: 'rpa_0123456789abcdef' }, ['critical SLACK_BOT_TOKEN', 'warning rooms.gpu.slack']],
    ['start', { ...GOOD, SLACK_API_URL: 'http://h/api' }, ['critical SLACK_API_URL']],
    ['start', { ...GOOD, DISCORD_TOKEN: 'a.b.c', DISCORD_API_URL: 'http://h/api/v10' }, ['critical DISCORD_API_URL']],
    ['start', { ...GOOD, RUNPOD_API_KEY: 'old-key' }, ['warning RUNPOD_API_KEY']],
    ['start', { ...GOOD, LOG_LEVEL: 'loud' }, ['warning LOG_LEVEL']],
  ])('%s with %o', (part, env, expected) => {
    expect(said(part, env)).toEqual(expected);
  });
});

describe('podwarden.yaml', () => {
  it.each([
    ['rooms: {}', 'rooms'],
    ['default_room: no\nrooms: { gpu: { slack: { channel: C01 } } }', 'default_room'],
    ['rooms: { gpu: {} }', 'rooms.gpu'],
    ['rooms: { gpu: { slack: { channel: general } } }', 'rooms.gpu.slack.channel'],
    ['rooms: { gpu: { slack: { channel: C01 } }, b: { slack: { channel: C01 } } }', 'rooms.b.slack.channel'],
    ['people: { a: { slack: U1 }, b: { slack: U1 } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'people.b.slack'],
    ['roles: { r: { people: [ghost] } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'roles.r.people'],
    ['roles: { r: { grant: [everything] } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'roles.r.grant.0'],
    ['timezone: Mars/Base', 'timezone'],
    ['limits: { pods_per_person: 0 }', 'limits.pods_per_person'],
    ['warnings: { quiet_hours: { from: 8, to: 20 } }', 'warnings.quiet_hours'],
    ['warnings: { off: [everything] }', 'warnings.off.0'],
    ['warnings: { ops: ghosts }\nrooms: { gpu: { slack: { channel: C01 } } }', 'warnings.ops'],
    ['warnings: { balance_below: [-1] }', 'warnings.balance_below.0'],
    ['budgets: { people: { ghost: { day: 1 } } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'budgets.people.ghost'],
    ['budgets: { projects: { no: { day: 1 } } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'budgets.projects.no'],
    ['budgets: { team: { day: -1 } }', 'budgets.team.day'],
    ['budgets: { beyond: maybe }', 'budgets.beyond'],
    ['roles: { viewer: { grant: [view] } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'roles.viewer.grant'],
    ['digest: { hour: 24 }', 'digest.hour'],
    ['rooms: { gpu: { slack: { channel: C01 }, digest: [hourly] } }', 'rooms.gpu.digest.0'],
    ['roles: { r: { people: [constructor] } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'roles.r.people'],
    ['warnings: { ops: constructor }\nrooms: { gpu: { slack: { channel: C01 } } }', 'warnings.ops'],
    ['warnings: { billing: toString }\nrooms: { gpu: { slack: { channel: C01 } } }', 'warnings.billing'],
    ['default_room: valueOf\nrooms: { gpu: { slack: { channel: C01 } } }', 'default_room'],
    [
      'budgets: { people: { toString: { day: 1 } } }\nrooms: { gpu: { slack: { channel: C01 } } }',
      'budgets.people.toString',
    ],
    [
      'budgets: { projects: { constructor: { day: 1 } } }\nrooms: { gpu: { slack: { channel: C01 } } }',
      'budgets.projects.constructor',
    ],
    ['people: { __proto__: { slack: U1 } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'people.__proto__'],
    ['roles: { "__proto__": { grant: [admin] } }\nrooms: { gpu: { slack: { channel: C01 } } }', 'roles.__proto__'],
    ['rooms: { gpu: { slack: { channel: C01 } }, __proto__: { slack: { channel: C02 } } }', 'rooms.__proto__'],
    ['__proto__: 1\nrooms: { gpu: { slack: { channel: C01 } } }', '__proto__'],
    ['room: {}', 'PODWARDEN_CONFIG'],
    ['a: [', 'PODWARDEN_CONFIG'],
  ])('%s names %s', (text, name) => {
    const { policy, findings: found } = readPolicy(text, ['slack', 'discord']);
    const criticals = found.filter(({ level }) => level === 'critical').map((f) => f.name);
    expect(criticals).toContain(name);
    expect(policy === null || criticals.length > 0).toBe(true);
  });

  it.each([
    ['slack: T1/U1', 'slack: U1', 'people.b.slack'],
    ['slack: U1', 'slack: T1/U1', 'people.b.slack'],
    ['slack: T1/U1', 'slack: T2/U1', 'people.b.slack'],
    ['slack: E1/W1', 'slack: W1', 'people.b.slack'],
    ['slack: U1', 'slack: u1', 'people.b.slack'],
    ['slack: U1', 'slack: " U1 "', 'people.b.slack'],
    ['slack: U1', 'slack: "U1\\n"', 'people.b.slack'],
    ['discord: "123456"', 'discord: "123456"', 'people.b.discord'],
    ['discord: "123456"', 'discord: "0123456"', 'people.b.discord'],
    ['discord: "123456"', 'discord: 123456', 'people.b.discord'],
  ])('one account is not two people’s, written as %s and %s', (a, b, name) => {
    const text = `people: { a: { ${a} }, b: { ${b} } }\nrooms: { gpu: { slack: { channel: C01 } } }`;
    const { findings: found } = readPolicy(text, ['slack', 'discord']);
    expect(found.filter(({ level }) => level === 'critical').map((one) => one.name)).toEqual([name]);
  });

  it('people, roles and rooms may be called what every object has, and are found under it', () => {
    const { policy, findings: found } = readPolicy(
      `people: { constructor: { slack: U1 } }
roles: { toString: { grant: [approve], people: [constructor] } }
warnings: { ops: toString }
rooms: { constructor: { slack: { channel: C01 } } }`,
      ['slack'],
    );
    expect(found).toEqual([]);
    expect(policy?.people.map(({ key, name }) => [key, name])).toEqual([['constructor', 'constructor']]);
    expect(policy?.watch.ops.people).toEqual(['constructor']);
    expect(policy?.defaultRoom).toBe('constructor');
  });

  it.each([
    ['roles: { ops: { people: [a] }, billing: { slack_groups: [S1] } }', ['a'], ['slack:S1']],
    ['roles: { ops: { people: [a] } }', ['a'], []],
    ['roles: { boss: { grant: [admin], people: [b] } }', ['b'], []],
    ['roles: { few: { grant: [approve], discord_roles: ["123456"] } }\nwarnings: {}', [], ['discord:123456']],
    ['roles: { night: { people: [b] }, ops: { people: [a] } }\nwarnings: { ops: night }', ['b'], []],
  ])('who keeps watch by %s', (text, people, groups) => {
    const whole = `${text}\npeople: { a: { slack: U1 }, b: { slack: U2 } }\nrooms: { gpu: { slack: { channel: C01 } } }`;
    const { policy } = readPolicy(whole, ['slack', 'discord']);
    expect(policy?.watch.billing).toEqual({ people: groups.includes('slack:S1') ? [] : people, groups });
    expect(policy?.watch.ops.people).toEqual(people);
  });

  const both = (more = '') =>
    `rooms: { gpu: { slack: { channel: C01 }, discord: { channel: "123456"${more} } }, b: { slack: { channel: C02 } } }`;
  const shows = (text: string, configured: ('slack' | 'discord')[]) =>
    readPolicy(text, configured).policy?.rooms.flatMap((room) =>
      room.channels.filter(({ money }) => money).map(({ chat }) => `${room.name} ${chat}`),
    );

  it('shows money in the home chat, in the only chat, and where it is said', () => {
    expect(shows(both(), ['slack', 'discord'])).toEqual(['gpu slack', 'b slack']);
    expect(shows(both(), ['discord'])).toEqual(['gpu discord']);
    expect(shows(both(', money: true'), ['slack', 'discord'])).toEqual(['gpu slack', 'gpu discord', 'b slack']);
    expect(shows(`home_chat: none\n${both()}`, ['slack', 'discord'])).toEqual([]);
  });

  it('posts digests in the default room, unless rooms say otherwise, and says where nobody would see one', () => {
    const rooms = (text: string) =>
      readPolicy(text, ['slack', 'discord']).policy?.rooms.map(({ name, digest }) => [name, digest]);
    expect(rooms(both())).toEqual([
      ['gpu', ['daily', 'weekly']],
      ['b', []],
    ]);
    expect(rooms(`default_room: b\n${both()}`)).toEqual([
      ['gpu', []],
      ['b', ['daily', 'weekly']],
    ]);
    const { findings: found } = readPolicy(`home_chat: none\n${both()}`, ['slack', 'discord']);
    expect(found).toMatchObject([{ level: 'warning', name: 'rooms.gpu.digest' }]);
  });

  it('reads budgets in micro-dollars, by scope, and the viewer’s role as all that its people hold', () => {
    const { policy } = readPolicy(
      `people: { bob: { slack: U1 } }
projects: { vision: { pods: [v-] } }
budgets: { team: { day: 1.5 }, people: { bob: { month: 2 } }, projects: { vision: { day: 3 } }, beyond: refuse }
roles: { viewer: { people: [bob] } }
${both()}`,
      ['slack'],
    );
    expect(Object.fromEntries(policy?.budgets.base ?? [])).toEqual({
      team: { day: 1_500_000, month: null },
      'person bob': { day: null, month: 2_000_000 },
      'project vision': { day: 3_000_000, month: null },
    });
    expect(policy?.budgets.beyond).toBe('refuse');
    expect(policy?.access.rules).toMatchObject([{ name: 'role viewer', only: ['money'], people: ['bob'] }]);
  });

  it('without home_chat the home is Slack where configured, and never Discord', () => {
    const home = (configured: ('slack' | 'discord')[]) => readPolicy(YAML, configured).policy?.access.homeChat;
    expect(home(['slack', 'discord'])).toBe('slack');
    expect(home(['discord'])).toBeNull();
  });
});

describe('the examples', () => {
  it('podwarden.example.yaml is good as it stands', () => {
    const { policy, findings: found } = readPolicy(file('podwarden.example.yaml'), ['slack', 'discord']);
    expect(found).toEqual([]);
    expect(policy).toMatchObject({ defaultRoom: 'gpu', defaults: { diskGb: 50, cloud: 'SECURE' } });
  });

  it('the demo’s own is good as it stands', () => {
    expect(readPolicy(file('demo/podwarden.yaml'), ['slack', 'discord']).findings).toEqual([]);
  });

  it('.env.example parses, and names every variable that the program reads', () => {
    const text = file('.env.example');
    const { settings } = load('start', {}, { 'podwarden.yaml': YAML, '.env': text });
    expect(settings.slack).not.toBeNull();
    const reads = file('src/config/environment.ts') + file('src/config/load.ts');
    const names = new Set(
      [...reads.matchAll(/\b(?:RUNPOD|SLACK|DISCORD|REDIS|PODWARDEN|LOG)_[A-Z_]+\b/g)].map(([name]) => name),
    );
    expect([...names].filter((name) => !text.includes(name))).toEqual([]);
  });

  it('the schema that editors read is the one that the program judges by', () => {
    expect(JSON.parse(file('podwarden.schema.json'))).toEqual(policyJsonSchema());
  });
});
