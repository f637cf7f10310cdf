import type { Finding } from './findings.ts';
import { parseRedisUrl, type RedisTarget } from './redis-url.ts';
import type { CriticalWebhook, DiscordSettings, Part, RunpodSettings, Settings, SlackSettings } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type Environment = Omit<Settings, 'policy'> & { findings: Finding[] };

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const RUNPOD = 'https://api.runpod.io';
const PAGES = {
  runpod: 'docs/operating.md#runpod-key',
  slack: 'docs/slack.md',
  discord: 'docs/discord.md',
  redis: 'docs/operating.md#redis',
  audit: 'docs/operating.md#audit',
  warnings: 'docs/warnings.md#critical-webhook',
  general: '.env.example',
};

/** Reads the variables that `part` needs. Every finding names a variable and never shows its value. */
export function readEnvironment(env: Env, part: Part): Environment {
  const reader = new Reader(env);
  const wantsChat = part === 'start' || part === 'bot';
  const wantsRunpod = part === 'start' || part === 'worker';
  const environment = {
    runpod: wantsRunpod ? runpod(reader) : unneeded(reader, part, 'bot', ['RUNPOD_API_KEY'], PAGES.runpod),
    slack: wantsChat
      ? slack(reader)
      : unneeded(reader, part, 'worker', ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'], PAGES.slack),
    discord: wantsChat ? discord(reader) : unneeded(reader, part, 'worker', ['DISCORD_TOKEN'], PAGES.discord),
    redis: redis(reader, part),
    dataPath: reader.get('PODWARDEN_DATA') ?? '.podwarden',
    logLevel: logLevel(reader),
    auditKey: auditKey(reader, part),
    criticalWebhook: criticalWebhook(reader),
  };
  const noChat = wantsChat && environment.slack === null && environment.discord === null;
  // A chat that is half there has its own finding already.
  if (noChat && !reader.findings.some(({ name }) => /^(SLACK|DISCORD)_/.test(name))) {
    reader.say('critical', 'SLACK_BOT_TOKEN', 'set the tokens of Slack or of Discord: neither is there', PAGES.general);
  }
  return { ...environment, findings: reader.findings };
}

/** A secret in the part that never needs it is said; a command that only looks at the log minds none. */
function unneeded(reader: Reader, part: Part, by: Part, names: string[], page: string): null {
  return part === by ? reader.unwanted(names, `the ${by} never needs it`, page) : null;
}

class Reader {
  readonly findings: Finding[] = [];
  private readonly env: Env;

  constructor(env: Env) {
    this.env = env;
  }

  get(name: string): string | null {
    const value = this.env[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  say(level: Finding['level'], name: string, problem: string, page: string): void {
    this.findings.push({ level, name, problem, page });
  }

  unwanted(names: string[], why: string, page: string): null {
    for (const name of names) if (this.get(name) !== null) this.say('warning', name, `${why}: leave it out here`, page);
    return null;
  }

  /** An http(s) address whose path matches; null with a finding where it is not. */
  url(name: string, path: RegExp, shape: string, page: string): string | null {
    const value = this.get(name);
    if (value === null) return null;
    const url = URL.canParse(value) ? new URL(value) : null;
    const fits = url !== null && /^https?:$/.test(url.protocol) && path.test(url.pathname) && url.search === '';
    if (fits) return value;
    this.say('critical', name, `is not ${shape}`, page);
    return null;
  }
}

function runpod(reader: Reader): RunpodSettings | null {
  const apiKey = reader.get('RUNPOD_API_KEY');
  const url = reader.url(
    'RUNPOD_API_URL',
    /^\/?$/,
    'an origin such as https://api.runpod.io, without a path',
    PAGES.runpod,
  );
  const graphqlUrl = reader.url(
    'RUNPOD_GRAPHQL_URL',
    /./,
    'an address such as https://api.runpod.io/graphql',
    PAGES.runpod,
  );
  if (apiKey === null) {
    reader.say(
      'critical',
      'RUNPOD_API_KEY',
      'is missing: create a key in RunPod’s console under Settings',
      PAGES.runpod,
    );
    return null;
  }
  if (/\s/.test(apiKey)) reader.say('critical', 'RUNPOD_API_KEY', 'contains white space', PAGES.runpod);
  else if (!apiKey.startsWith('rpa_')) {
    reader.say('warning', 'RUNPOD_API_KEY', 'does not begin with rpa_, as current keys do', PAGES.runpod);
  }
  const origin = (url ?? RUNPOD).replace(/\/$/, '');
  return { apiKey, url: origin, graphqlUrl: graphqlUrl ?? `${origin}/graphql` };
}

function slack(reader: Reader): SlackSettings | null {
  const botToken = reader.get('SLACK_BOT_TOKEN');
  const appToken = reader.get('SLACK_APP_TOKEN');
  const apiUrl = reader.url('SLACK_API_URL', /\/api\/$/, 'an address that ends in /api/', PAGES.slack);
  if (botToken === null && appToken === null) {
    if (apiUrl !== null)
      reader.say('critical', 'SLACK_BOT_TOKEN', 'is missing while SLACK_API_URL is set', PAGES.slack);
    return null;
  }
  if (botToken === null)
    reader.say('critical', 'SLACK_BOT_TOKEN', 'is missing while SLACK_APP_TOKEN is set', PAGES.slack);
  else if (!botToken.startsWith('xoxb-'))
    reader.say('critical', 'SLACK_BOT_TOKEN', 'does not begin with xoxb-', PAGES.slack);
  if (appToken === null)
    reader.say('critical', 'SLACK_APP_TOKEN', 'is missing while SLACK_BOT_TOKEN is set', PAGES.slack);
  else if (!appToken.startsWith('xapp-'))
    reader.say('critical', 'SLACK_APP_TOKEN', 'does not begin with xapp-', PAGES.slack);
  return botToken === null || appToken === null ? null : { botToken, appToken, apiUrl };
}

function discord(reader: Reader): DiscordSettings | null {
  const token = reader.get('DISCORD_TOKEN');
  const apiUrl = reader.url(
    'DISCORD_API_URL',
    /\/api$/,
    'an address that ends in /api, without a version',
    PAGES.discord,
  );
  const guildId = reader.get('DISCORD_GUILD_ID');
  if (guildId !== null && !/^\d{5,20}$/.test(guildId)) {
    reader.say('critical', 'DISCORD_GUILD_ID', 'is not a server id (digits only)', PAGES.discord);
  }
  if (token === null) {
    if (guildId !== null || apiUrl !== null) {
      reader.say('critical', 'DISCORD_TOKEN', 'is missing while other Discord settings are there', PAGES.discord);
    }
    return null;
  }
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    reader.say('critical', 'DISCORD_TOKEN', 'has not the three parts of a bot token', PAGES.discord);
  }
  return { token, apiUrl, guildId };
}

function redis(reader: Reader, part: Part): RedisTarget {
  const value = reader.get('REDIS_URL');
  if (value === null) {
    if (part === 'bot' || part === 'worker') {
      reader.say('critical', 'REDIS_URL', `is missing: bot and worker meet in one Redis`, PAGES.redis);
    }
    return { kind: 'embedded' };
  }
  const target = parseRedisUrl(value);
  if (!('problem' in target)) return target;
  reader.say('critical', 'REDIS_URL', target.problem, PAGES.redis);
  return { kind: 'embedded' };
}

/** 32 characters: what `openssl rand -hex 16` gives. */
const AUDIT_KEY_LENGTH = 32;

function auditKey(reader: Reader, part: Part): string | null {
  const value = reader.get('PODWARDEN_AUDIT_KEY');
  if (value === null) {
    if (part === 'bot' || part === 'worker') {
      reader.say('critical', 'PODWARDEN_AUDIT_KEY', 'is missing: bot and worker sign one audit log', PAGES.audit);
    }
    return null;
  }
  if (value.length < AUDIT_KEY_LENGTH) {
    reader.say('critical', 'PODWARDEN_AUDIT_KEY', `has fewer than ${AUDIT_KEY_LENGTH} characters`, PAGES.audit);
  }
  return value;
}

/** `pagerduty:KEY`, `ntfy:https://ntfy.sh/TOPIC`, or an address that takes plain JSON. Each of them is a secret. */
function criticalWebhook(reader: Reader): CriticalWebhook | null {
  const name = 'PODWARDEN_CRITICAL_WEBHOOK';
  const value = reader.get(name);
  if (value === null) return null;
  const [, key] = /^pagerduty:([A-Za-z0-9]{16,64})$/.exec(value) ?? [];
  if (key !== undefined) return { kind: 'pagerduty', routingKey: key };
  const [, ntfy] = /^ntfy:(.+)$/.exec(value) ?? [];
  const url = ntfy ?? value;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    return { kind: ntfy === undefined ? 'json' : 'ntfy', url };
  }
  const shapes = 'pagerduty:ROUTING_KEY, ntfy:https://ntfy.sh/TOPIC, or an https address that takes JSON';
  reader.say('critical', name, `is none of ${shapes}`, PAGES.warnings);
  return null;
}

function logLevel(reader: Reader): string {
  const level = reader.get('LOG_LEVEL') ?? 'info';
  if (LEVELS.includes(level)) return level;
  reader.say('warning', 'LOG_LEVEL', `is none of ${LEVELS.join(', ')}: using info`, PAGES.general);
  return 'info';
}
