import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BOOTSTRAP = fileURLToPath(new URL('../scripts/bootstrap.mjs', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwarden-bootstrap-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A checkout with nothing but what the bootstrap reads, and a PATH with stand-ins that write down how they were called. */
function checkout(programs: Record<string, string>) {
  const root = join(folder, 'checkout');
  const bin = join(folder, 'bin');
  mkdirSync(join(root, 'scripts'), { recursive: true });
  mkdirSync(bin);
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'scripts', 'bootstrap.mjs'), readFileSync(BOOTSTRAP));
  const record = join(folder, 'calls');
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${record}\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  for (const tool of ['sh', 'mkdir', 'cat', 'chmod', 'touch']) {
    const real = ['/bin', '/usr/bin'].map((place) => join(place, tool)).find(existsSync);
    if (real) symlinkSync(real, join(bin, tool));
  }
  const run = (...command: string[]) =>
    spawnSync(
      process.execPath,
      [join(root, 'scripts', 'bootstrap.mjs'), ...(command.length > 0 ? command : ['setup'])],
      {
        env: { PATH: bin, HOME: folder },
        encoding: 'utf8',
      },
    );
  const calls = () => (existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []);
  return { root, bin, run, calls };
}

const NPM = { npm: 'mkdir -p node_modules' };
const REDIS = { 'redis-server': '' };
const installs = (bin: string) =>
  `case "$*" in *install*|*add*) touch ${bin}/redis-server; chmod 755 ${bin}/redis-server;; esac`;

describe('the bootstrap', () => {
  it('runs npm ci once, and again only where the lock file changed', () => {
    const { root, run, calls } = checkout({ ...NPM, ...REDIS });
    expect(run().status).toBe(0);
    expect(run().status).toBe(0);
    expect(calls()).toEqual(['npm ci --no-audit --no-fund']);
    writeFileSync(join(root, 'package-lock.json'), '{"changed":true}');
    expect(run().status).toBe(0);
    expect(calls()).toHaveLength(2);
  });

  it('takes valkey-server for a redis-server', () => {
    const { run } = checkout({ ...NPM, 'valkey-server': '' });
    expect(run().status).toBe(0);
  });

  it.each([
    ['apt-get', ['apt-get update', 'apt-get install -y --no-install-recommends redis-server']],
    ['dnf', ['dnf install -y redis']],
    ['apk', ['apk add --no-cache redis']],
    ['brew', ['brew install redis']],
  ])('installs redis with %s where none is there', (manager, expected) => {
    const { run, calls } = checkout({ ...NPM, [manager]: installs(join(folder, 'bin')) });
    const { status, stderr } = run();
    expect(stderr).toContain('bootstrap: no redis-server');
    expect(status).toBe(0);
    expect(calls().filter((call) => call.startsWith(manager))).toEqual(expected);
    expect(run().stderr).toBe('');
  });

  it('brings a browser where one is asked for, and else none', () => {
    const there = `case "$*" in *chromium*) touch ${folder}/bin/chromium; chmod 755 ${folder}/bin/chromium;; esac`;
    const { run, calls } = checkout({ ...NPM, ...REDIS, 'apt-get': there });
    expect(run().status).toBe(0);
    expect(calls().filter((call) => call.startsWith('apt-get'))).toEqual([]);
    expect(run('setup', 'browser').status).toBe(0);
    expect(calls().at(-1)).toBe('apt-get install -y --no-install-recommends chromium fonts-noto-color-emoji');
    expect(run('setup', 'browser').stderr).toBe('');
  });

  it('says exactly what to type where it cannot', () => {
    const failing = checkout({ ...NPM, 'apt-get': 'exit 100' });
    expect(failing.run()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Type: sudo apt-get install -y'),
    });
  });

  it('without any package manager names both ways', () => {
    const bare = checkout(NPM);
    expect(bare.run()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/redis-server or valkey-server.*REDIS_URL/),
    });
  });

  it('says what npm said where the install fails, and tries again next time', () => {
    const { run, calls } = checkout({ npm: 'echo broken >&2; exit 1', ...REDIS });
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('npm ci failed') });
    run();
    expect(calls()).toHaveLength(2);
  });

  it('refuses an old Node by its number', () => {
    const old = join(folder, 'old.mjs');
    const source = readFileSync(BOOTSTRAP, 'utf8').replaceAll('process.versions.node', "'18.20.1'");
    mkdirSync(dirname(old), { recursive: true });
    writeFileSync(old, source);
    const { status, stderr } = spawnSync(process.execPath, [old, 'setup'], { encoding: 'utf8' });
    expect(stderr).toBe('Podwarden needs Node 20.19 or newer; this is 18.20.1. See https://nodejs.org.\n');
    expect(status).toBe(1);
  });
});
