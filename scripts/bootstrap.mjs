// Sets the project up and runs one of its commands. Needs nothing but Node; safe to run again at any time.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = [20, 19];

/** Programs that are not npm packages, and the packages that bring them, by package manager. */
const REDIS = {
  name: 'redis-server',
  programs: ['redis-server', 'valkey-server'],
  instead: ', or set REDIS_URL',
  packages: { 'apt-get': ['redis-server'], dnf: ['redis'], apk: ['redis'], brew: ['redis'] },
};
/** For the page's browser tests. The font is for their pictures: without one, emoji are boxes. */
const CHROMIUM = {
  name: 'chromium',
  programs: ['chromium', 'chromium-browser', 'google-chrome'],
  instead: '',
  packages: {
    'apt-get': ['chromium', 'fonts-noto-color-emoji'],
    dnf: ['chromium', 'google-noto-color-emoji-fonts'],
    apk: ['chromium', 'font-noto-emoji'],
  },
};

/** How each package manager is asked, in the order in which they are looked for. */
const MANAGERS = [
  { name: 'apt-get', before: [['update']], install: ['install', '-y', '--no-install-recommends'], root: true },
  { name: 'dnf', before: [], install: ['install', '-y'], root: true },
  { name: 'apk', before: [], install: ['add', '--no-cache'], root: true },
  { name: 'brew', before: [], install: ['install'], root: false },
];

const COMMANDS = {
  demo: (args) => ['--import', 'tsx', 'demo/main.ts', ...args],
  start: (args) => ['--import', 'tsx', 'src/cli.ts', 'start', ...args],
  bench: (args) => ['--import', 'tsx', 'bench/main.ts', ...args],
  storm: (args) => ['--import', 'tsx', 'storm/main.ts', ...args],
  test: (args) => ['node_modules/vitest/vitest.mjs', 'run', ...args],
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function say(message) {
  process.stderr.write(`bootstrap: ${message}\n`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  fail(`Podwarden needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org.`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** npm's own record is not trusted: an interrupted install leaves one behind. */
function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const stamp = join(ROOT, 'node_modules', '.podwarden-stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('npm ci');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (npm.status !== 0) fail('npm ci failed; its output is above.');
  writeFileSync(stamp, lock);
}

function mayInstall(manager) {
  if (!manager.root || process.getuid?.() === 0) return [];
  const sudo = onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudo ? ['sudo', '-n'] : null;
}

function installProgram({ name, programs, packages, instead }) {
  if (programs.some(onPath)) return;
  const manager = MANAGERS.find((one) => packages[one.name] && onPath(one.name));
  if (!manager) fail(`Podwarden needs ${programs.join(' or ')}: install one${instead}.`);
  const install = [...manager.install, ...packages[manager.name]];
  const typed = `${manager.root ? 'sudo ' : ''}${manager.name} ${install.join(' ')}`;
  const prefix = mayInstall(manager);
  if (prefix === null) fail(`Podwarden needs ${name}. Type: ${typed}`);
  say(`no ${name}: ${manager.name} ${install.join(' ')}`);
  for (const args of [...manager.before, install]) {
    const [program, ...rest] = [...prefix, manager.name, ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const done = spawnSync(program, rest, { stdio: ['ignore', 2, 2], env });
    if (done.status !== 0) fail(`${manager.name} failed. Type: ${typed}`);
  }
  if (!programs.some(onPath)) fail(`${manager.name} ended well, yet ${name} is not on PATH. Type: ${typed}`);
}

function needsRedis(command) {
  return command !== 'start' || !process.env.REDIS_URL;
}

function main([command, ...args]) {
  checkNode();
  const toRun = COMMANDS[command];
  if (!toRun && command !== 'setup') fail(`bootstrap.mjs ${[...Object.keys(COMMANDS), 'setup [browser]'].join(' | ')}`);
  installPackages();
  if (needsRedis(command)) installProgram(REDIS);
  if (command === 'setup' && args.includes('browser')) installProgram(CHROMIUM);
  if (!toRun) return;
  run(toRun(args));
}

/** The command takes over the terminal; signals are passed on, and its end is ours. */
function run(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us: once is enough.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

main(process.argv.slice(2));
