import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PageServer } from '../../demo/page/server.ts';
import { Stage } from '../../demo/world/stage.ts';
import { ask, doAct, Window } from './visitor.ts';

const NO_BUNDLE = Promise.resolve({ js: '', css: '' });
const DAY = 86_400_000;

describe('the page’s server', () => {
  let dataPath: string;
  let stage: Stage;
  let server: PageServer;
  let address: string;
  const windows: Window[] = [];

  const open = (as: string) => {
    const window = new Window(address, as);
    windows.push(window);
    return window;
  };
  const begin = async () => {
    stage = new Stage(dataPath);
    server = new PageServer(stage, NO_BUNDLE);
    address = await server.start(0);
    await stage.start();
  };
  const end = async () => {
    for (const window of windows.splice(0)) window.close();
    await server.close();
    await stage.stop();
  };

  beforeAll(async () => {
    dataPath = mkdtempSync(join(tmpdir(), 'podwarden-page-'));
    await begin();
  });
  afterAll(async () => {
    await end();
    rmSync(dataPath, { recursive: true, force: true });
  });

  const launch = (name: string) =>
    doAct(address, {
      kind: 'command',
      chat: 'slack',
      person: 'alice',
      channel: 'gpu',
      typed: `/pod launch a6000 spot name=${name}`,
    });

  const upgraded = (headers: Record<string, string>, as = 'alice') =>
    new Promise<number | undefined>((resolve) => {
      const socket = new WebSocket(`${address.replace('http', 'ws')}/events?as=${as}`, { headers });
      socket.on('upgrade', (response) => resolve(response.statusCode));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('open', () => socket.close());
      socket.on('error', () => {});
    });

  it('refuses foreign names, foreign sites and forms, and says so', async () => {
    const host = { host: 'evil.example:80' };
    const origin = { origin: 'https://evil.example', 'content-type': 'application/json' };
    const body = JSON.stringify({ kind: 'clock', ms: DAY });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await ask(address, '/', { headers: host })).toMatchObject({ status: 403, text: /name of this page/ });
    expect(await upgraded(host)).toBe(403);
    expect(await upgraded({ origin: 'https://evil.example' })).toBe(403);
    expect(await upgraded({ origin: address })).toBe(101);
    expect(await ask(address, '/act', { method: 'POST', headers: origin, body })).toMatchObject({ status: 403 });
    expect(await ask(address, '/act', { method: 'POST', headers: form, body })).toMatchObject({ status: 403 });
    expect(await ask(address, '/')).toMatchObject({
      status: 200,
      headers: { 'x-frame-options': 'DENY', 'content-security-policy': expect.stringContaining("default-src 'none'") },
    });
  });

  it('is not there for other machines', async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const outside = others.filter(({ internal, family }) => !internal && family === 'IPv4');
    const { port } = new URL(address);
    for (const { address: ip } of outside) {
      await expect(ask(`http://${ip}:${port}`, '/')).rejects.toThrow(/ECONNREFUSED/);
    }
    await expect(ask(`http://127.0.0.2:${port}`, '/')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('takes the next port that is free', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    const second = new PageServer(stage, NO_BUNDLE);
    const found = Number(new URL(await second.start(port)).port);
    expect(found).toBeGreaterThan(port);
    expect(found).toBeLessThanOrEqual(port + 50);
    await second.close();
    await new Promise((resolve) => blocker.close(resolve));
  });

  it('says what is wrong with an act', async () => {
    const headers = { 'content-type': 'application/json' };
    const post = (body: string) => ask(address, '/act', { method: 'POST', headers, body });
    expect(await post('{')).toMatchObject({ status: 400 });
    expect(await post('{"kind":"clock","ms":-5}')).toMatchObject({ status: 400, text: /ms/ });
    expect(await post(`{"kind":"${'x'.repeat(300_000)}"}`)).toMatchObject({ status: 413 });
    expect(await upgraded({}, 'eve')).toBe(404);
    expect(await ask(address, '/files/slack/F1/x.png')).toMatchObject({ status: 404 });
    expect(await ask(address, '/../package.json')).toMatchObject({ status: 404 });
    const unknown = { kind: 'fault', name: 'gravity', value: 'off' } as const;
    expect(await doAct(address, unknown)).toEqual({ ok: false, problem: expect.stringContaining('no fault gravity') });
  });

  it('shows two windows the same, and to each person only what they may see', async () => {
    const [first, second, bob] = [open('alice'), open('alice'), open('bob')];
    expect(await launch('both')).toMatchObject({ ok: true });
    for (const window of [first, second, bob]) {
      await window.until('the card runs', () => window.says('slack', /both: Running/));
      await window.until('the fleet has it', () => window.get('account').pods.some(({ name }) => /both/.test(name)));
    }
    await doAct(address, { kind: 'command', chat: 'discord', person: 'alice', channel: 'gpu', typed: '/pod whoami' });
    await first.until('a private answer', () => first.says('discord', /"onlyYou":true.*alice/));
    await second.until('the same', () => second.says('discord', /"onlyYou":true.*alice/));
    const same = () => JSON.stringify(first.messages('slack')) === JSON.stringify(second.messages('slack'));
    await first.until('the very same', same);
    await doAct(address, { kind: 'say', chat: 'slack', person: 'bob', channel: 'gpu', under: null, typed: 'seen it' });
    await bob.until('what was said after it', () => bob.says('slack', /seen it/));
    expect(bob.says('discord', /"onlyYou":true/)).toBe(false);
  });

  it('offers what Discord’s client would', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ person: 'alice', channel: 'gpu', subcommand: 'launch', option: 'gpu', typed: 'a60' });
    const { text } = await ask(address, '/suggest', { method: 'POST', headers, body });
    expect(JSON.parse(text)).toMatchObject({ ok: true, value: [{ name: expect.stringContaining('A6000') }] });
  });

  it('tells of trouble that is on, and of a part that is down and up again', async () => {
    const alice = open('alice');
    await doAct(address, { kind: 'fault', name: 'api', value: 'slow:1500' });
    await alice.until('it is told', () => alice.get('trouble')?.includes('api=slow:1500'));
    await doAct(address, { kind: 'fault', name: 'api', value: null });
    await alice.until('it is over', () => alice.get('trouble')?.length === 0);
    await doAct(address, { kind: 'part', part: 'worker', up: false });
    await alice.until('it is down', () => alice.get('parts').worker === 'down');
    await doAct(address, { kind: 'part', part: 'worker', up: true });
    await alice.until('it is up', () => alice.get('parts').worker === 'up');
  });

  it('moves the clock while everybody can watch, adds what is asked meanwhile, and stops where it is told', async () => {
    const alice = open('alice');
    await alice.until('the clock', () => alice.get('clock') !== undefined);
    const at = () => Date.now() + alice.get('clock').offset;
    const from = at();
    await doAct(address, { kind: 'clock', ms: 3_600_000 });
    await doAct(address, { kind: 'clock', ms: 3_600_000 });
    await alice.until('it moves', () => alice.get('clock').move !== null);
    await alice.until('it came there', () => alice.get('clock').move === null);
    expect(at()).toBeGreaterThanOrEqual(from + 2 * 3_600_000);
    await doAct(address, { kind: 'clock', ms: 30 * DAY });
    await alice.until('some of it', () => at() > from + 4 * 3_600_000);
    await doAct(address, { kind: 'clock', ms: null });
    await alice.until('it stands', () => alice.get('clock').move === null);
    expect(at()).toBeLessThan(from + 30 * DAY);
  });

  it('goes on where it ended, with time standing still in between', async () => {
    const before = open('alice');
    await before.until('the card', () => before.says('slack', /both: Running/));
    await doAct(address, { kind: 'fault', name: 'balance', value: '77' });
    await doAct(address, { kind: 'fault', name: 'console', value: 'rename:vision:bob-renamed' });
    await doAct(address, { kind: 'fault', name: 'slack', value: 'redeliver' });
    await before.until('the new name', () => before.get('account').pods.some(({ name }) => name === 'bob-renamed'));
    const was = {
      slack: before.messages('slack').length,
      pods: before.get('account').pods.map(({ id, name }) => [id, name]),
      run: before.get('start').run,
      now: Date.now() + before.get('clock').offset,
    };
    await end();
    await begin();
    const after = open('alice');
    await after.until('it is up', () => after.get('start')?.state === 'up' && after.says('slack', /both: Running/));
    expect(after.messages('slack').length).toBeGreaterThanOrEqual(was.slack);
    expect(after.get('account').pods.map(({ id, name }) => [id, name])).toEqual(was.pods);
    expect(after.get('account').balance).toBeCloseTo(77, 0);
    expect(after.get('trouble')).toEqual(['slack=redeliver']);
    await doAct(address, { kind: 'fault', name: 'slack', value: null });
    expect(after.get('start').run).toBe(was.run);
    const passed = Date.now() + after.get('clock').offset - was.now;
    expect(passed).toBeGreaterThanOrEqual(0);
    expect(passed).toBeLessThan(60_000);
    const card = after
      .messages('slack')
      .map((text) => JSON.parse(text))
      .find(({ blocks }) => /both: Running/.test(JSON.stringify(blocks)));
    const stop = card.blocks.at(-1).elements.find(({ text }: { text: { text: string } }) => text.text === 'Stop');
    const press = { kind: 'press', chat: 'slack', person: 'alice', message: card.id, button: stop.action_id } as const;
    expect(await doAct(address, { ...press, label: 'Stop' })).toMatchObject({ ok: true });
    await after.until('it is stopped', () => after.says('slack', /both: Stopped/));
  });
});
