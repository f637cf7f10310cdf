import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SECRETS } from '../demo/world/world.ts';
import { Timeline } from '../emulators/chat.ts';
import { type RunpodEmulator, startRunpodEmulator } from '../emulators/runpod/server.ts';
import { SlackEmulator } from '../emulators/slack/server.ts';
import { startEmbeddedRedis } from '../src/store/embedded-redis.ts';
import { programOf } from './demo/processes.ts';

const CLI = programOf(fileURLToPath(new URL('../src/cli.ts', import.meta.url)));
const { DISCORD_TOKEN: _, ...SLACK_ONLY } = SECRETS;

let folder: string;
let slack: SlackEmulator;
let runpod: RunpodEmulator;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podwarden-cli-'));
  writeFileSync(
    join(folder, 'podwarden.yaml'),
    'rooms: { gpu: { slack: { channel: C0GPU } } }\ndefaults: { image: team/image }\n',
  );
  runpod = await startRunpodEmulator({
    clock: Date.now,
    apiKey: SECRETS.RUNPOD_API_KEY,
    delays: { provisioning: 500, starting: 500, reporting: 60_000 },
  });
  slack = new SlackEmulator({
    botToken: SECRETS.SLACK_BOT_TOKEN,
    appToken: SECRETS.SLACK_APP_TOKEN,
    timeline: new Timeline(),
    moment: String,
    ago: String,
  });
  slack.workspace.addUser({ id: 'U0ALICE', name: 'alice' });
  slack.workspace.addChannel('C0GPU', 'gpu', ['U0ALICE']);
  await slack.start();
});

afterEach(async () => {
  const ending = children.splice(0).filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(
    ending.map((child) => {
      child.kill('SIGKILL');
      return once(child, 'exit');
    }),
  );
  await Promise.all([slack.close(), runpod.close()]);
  // A killed one leaves its Redis to whoever comes next: that is us.
  const left = await startEmbeddedRedis(join(folder, '.podwarden'));
  await left.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string, more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [CLI, ...command.split(' ')], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...SLACK_ONLY, RUNPOD_API_URL: runpod.url, SLACK_API_URL: slack.url, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stderr, child.stdout]) {
    stream?.on('data', (data) => {
      said += data;
    });
  }
  return { child, said: () => said };
}

async function until(holds: () => boolean, what: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(what());
    await pause(50);
  }
}

async function started() {
  const running = run('start');
  await until(() => running.said().includes('"msg":"ready"'), running.said);
  return running;
}

const seen = () =>
  slack
    .visibleTo('alice')
    .map((m) => m.text)
    .join('\n');

describe('podwarden start', () => {
  it('serves a launch, lets go within its deadline while one is under way, and takes it up again', async () => {
    const first = await started();
    await slack.command('alice', 'gpu', '/pod launch a6000 name=run7');
    await until(() => /starting on RTX A6000/.test(seen()), seen);
    const asked = Date.now();
    first.child.kill('SIGTERM');
    const [code] = await once(first.child, 'exit');
    expect(code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(20_000);

    for (const pod of runpod.account.pods.values()) pod.reportsAt = 0;
    await started();
    await until(() => /run7: Running on RTX A6000/.test(seen()), seen);
    expect(runpod.calls.filter((call) => call.method === 'POST' && call.path === '/v2/pods')).toHaveLength(1);
  });

  it('a second one on the same data is refused, and the first goes on', async () => {
    await started();
    const second = run('start');
    const [code] = await once(second.child, 'exit');
    expect(code).toBe(1);
    expect(second.said()).toMatch(/^Another Podwarden is running on .*PODWARDEN_DATA/m);
    await slack.command('alice', 'gpu', '/pod help');
    await until(() => /launch a pod/i.test(seen()), seen);
  });

  it('with a key of another Runpod account is refused, and says what to do', async () => {
    const first = await started();
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    const apiKey = SECRETS.RUNPOD_API_KEY;
    const other = await startRunpodEmulator({ clock: Date.now, apiKey: `${apiKey}2`, accountId: 'user_other' });
    const second = run('start', { RUNPOD_API_URL: other.url, RUNPOD_API_KEY: `${apiKey}2` });
    const [code] = await once(second.child, 'exit');
    expect(code).toBe(1);
    expect(second.said()).toMatch(/^RUNPOD_API_KEY belongs to another Runpod account .*give this one its own Redis/m);
    expect(other.calls.map(({ path }) => path)).toEqual(['/graphql:myself']);
    await other.close();
  });

  it('a second signal exits at once', async () => {
    const { child } = await started();
    await slack.command('alice', 'gpu', '/pod launch a6000 name=run8');
    await until(() => /run8: starting/.test(seen()), seen);
    child.kill('SIGTERM');
    await pause(300);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
  });

  it('a chat that refuses the token ends the start with its name, and leaves no Redis behind', async () => {
    const { child, said } = run('start', { SLACK_BOT_TOKEN: 'xoxb-wrong' });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(said()).toMatch(/invalid_auth/);
    expect(said()).not.toMatch(/xoxb-wrong/);
    await started();
  });

  it('names everything that is wrong, at once', async () => {
    const { child, said } = run('bot', { SLACK_APP_TOKEN: '', SLACK_API_URL: 'nowhere' });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(said().match(/^critical: \w+/gm)).toEqual([
      'critical: SLACK_API_URL',
      'critical: SLACK_APP_TOKEN',
      'critical: REDIS_URL',
      'critical: PODWARDEN_AUDIT_KEY',
    ]);
  });
});

describe('podwarden audit', () => {
  const audit = async (args: string) => {
    const { child, said } = run(`audit ${args}`);
    const [code] = await once(child, 'exit');
    return { code, said: said() };
  };

  it('verifies the log beside a running podwarden, and after it, with the key that start made', {
    timeout: 120_000,
  }, async () => {
    const first = await started();
    const key = join(folder, '.podwarden', 'audit.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const running = await audit('verify');
    expect(running).toMatchObject({ code: 0 });
    const head = /head (\d+:[0-9a-f]{64})/.exec(running.said)?.[1] ?? '';
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    expect(await audit(`verify --head ${head}`)).toMatchObject({ code: 0 });
    expect((await audit('export --format csv')).said).toContain('"config-loaded"');
    writeFileSync(key, 'another key, of more than thirty-two letters');
    expect(await audit('verify')).toMatchObject({ code: 1 });
    const other = run('start');
    const [code] = await once(other.child, 'exit');
    expect(code).toBe(1);
    expect(other.said()).toContain('PODWARDEN_AUDIT_KEY is not the key');
  });
});
