import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readEnvironment } from '../src/config/environment.ts';
import { VERSION } from '../src/entry/version.ts';

const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const compose = parse(file('docker-compose.yml'));
const pkg = JSON.parse(file('package.json'));

/** `${NAME:-default}` and `${NAME:?message}` as compose reads them. */
function filled(environment: Record<string, string>, values: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(
        /\$\{(\w+)(?::[-?]([^}]*))?\}/g,
        (_, variable: string, other: string) => values[variable] ?? other ?? '',
      ),
    ]),
  );
}

const secrets = {
  RUNPOD_API_KEY: 'rpa_0123456789abcdef',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  DISCORD_TOKEN: '',
  PODWARDEN_AUDIT_KEY: '0123456789abcdef0123456789abcdef',
};

describe('docker-compose.yml', () => {
  it('runs Redis with AOF and without eviction', () => {
    expect(compose.services.redis.command).toEqual([
      'redis-server',
      '--appendonly',
      'yes',
      '--maxmemory-policy',
      'noeviction',
    ]);
  });

  it.each(['bot', 'worker'] as const)('gives the %s what it needs and nothing of the other', (part) => {
    const service = compose.services[part];
    expect(service.command).toEqual([part]);
    expect(service.environment).not.toHaveProperty(part === 'bot' ? 'RUNPOD_API_KEY' : 'SLACK_BOT_TOKEN');
    const environment = readEnvironment(filled(service.environment, secrets), part);
    expect(environment.findings).toEqual([]);
    expect(environment.redis).toMatchObject({ kind: 'single', host: 'redis' });
  });

  it('mounts the policy file where the program looks for it', () => {
    const workdir = /^WORKDIR (\S+)/m.exec(file('Dockerfile'))?.[1];
    expect(compose.services.bot.volumes).toEqual([`./podwarden.yaml:${workdir}/podwarden.yaml:ro`]);
  });
});

describe('Dockerfile', () => {
  const text = file('Dockerfile');

  it('copies what is there, and runs what the build makes', () => {
    for (const [, sources = ''] of text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of sources.split(' ')) {
        expect(() => file(source === 'src' ? 'src/cli.ts' : source)).not.toThrow();
      }
    }
    expect(text).toContain(`ENTRYPOINT ["node", "${pkg.bin.podwarden}"]`);
    expect(text).toMatch(/^USER node$/m);
  });

  it('runs on the Node that the package asks for', () => {
    expect(pkg.engines.node).toBe('>=20.19');
    for (const [, version] of text.matchAll(/^FROM node:(\d+)/gm)) expect(Number(version)).toBeGreaterThanOrEqual(20);
  });

  it('needs nothing at run time that is only there for development', () => {
    expect(Object.keys(pkg.dependencies).sort()).toEqual([
      '@expo-google-fonts/inter',
      '@resvg/resvg-js',
      '@slack/bolt',
      'bullmq',
      'discord.js',
      'echarts',
      'fastest-levenshtein',
      'ioredis',
      'luxon',
      'pino',
      'undici',
      'yaml',
      'zod',
    ]);
  });
});

describe('package.json', () => {
  it('has the version that the program tells', () => {
    expect(pkg.version).toBe(VERSION);
  });

  it('records no download addresses in the lock file', () => {
    expect(file('package-lock.json')).not.toMatch(/"resolved"/);
  });
});
