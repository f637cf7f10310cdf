import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Unix socket paths end at 107 bytes on Linux (`sun_path`). */
const MAX_SOCKET_PATH = 107;
const START_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 15_000;
const RESTART_MS = 500;
const CLEARING_PAUSE_MS = 20;
const CLEARING_TIMEOUT_MS = 5000;
const BINARIES = ['redis-server', 'valkey-server'];

export interface EmbeddedRedis {
  socketPath: string;
  /** True where a server that a killed Podwarden had left behind was found and used. */
  takenOver: boolean;
  /** Saves and ends the server, and lets go of the data folder. */
  close(): Promise<void>;
}

export class DataInUse extends Error {
  constructor(dataPath: string) {
    super(`Another Podwarden is running on ${dataPath}. Stop it first, or set PODWARDEN_DATA to another folder.`);
    this.name = 'DataInUse';
  }
}

export class RedisMissing extends Error {
  constructor() {
    super(
      'Neither redis-server nor valkey-server is on PATH. Install one (Debian: apt-get install redis-server) or set REDIS_URL.',
    );
    this.name = 'RedisMissing';
  }
}

/**
 * Runs the machine's own Redis as a child on a private unix socket, with its data under `dataPath`.
 * @throws DataInUse, RedisMissing
 */
export async function startEmbeddedRedis(dataPath: string): Promise<EmbeddedRedis> {
  mkdirSync(join(dataPath, 'redis'), { recursive: true, mode: 0o700 });
  const sockets = socketFolder(dataPath);
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  chmodSync(sockets, 0o700);
  const owner = await claim(join(sockets, 'owner.sock'), dataPath);
  const socketPath = join(sockets, 'redis.sock');
  try {
    const takenOver = await answers(socketPath);
    const watch = { closing: false };
    if (!takenOver) await launch(dataPath, socketPath, watch);
    const close = () => {
      watch.closing = true;
      return shutDown(socketPath, owner);
    };
    return { socketPath, takenOver, close };
  } catch (error) {
    owner.close();
    throw error;
  }
}

/** The socket of a server that runs on this data already, for whoever only reads; null where none does. */
export async function runningRedis(dataPath: string): Promise<string | null> {
  const socketPath = join(socketFolder(dataPath), 'redis.sock');
  return (await answers(socketPath)) ? socketPath : null;
}

/** Beside the data where the path is short enough, else a private folder whose name follows from the data path. */
function socketFolder(dataPath: string): string {
  const beside = join(dataPath, 'run');
  if (Buffer.byteLength(join(beside, 'redis.sock')) <= MAX_SOCKET_PATH) return beside;
  const name = createHash('sha256').update(dataPath).digest('hex').slice(0, 12);
  return join(tmpdir(), `podwarden-${userInfo().uid}-${name}`);
}

/**
 * The data folder belongs to whoever listens on this socket: the system lets go of it when the process dies, however it
 * dies, and no process id can be mistaken for another. The socket is bound under a name of its own and then linked to the
 * shared one, which only one of several can do; a dead one is cleared away under a lock.
 */
async function claim(path: string, dataPath: string): Promise<Server> {
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const server = createServer((socket) => {
    // Whoever looks whether we live may hang up first.
    socket.on('error', () => {});
    socket.end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(own, resolve);
  });
  try {
    while (!linked(own, path)) {
      if (await accepts(path)) throw new DataInUse(dataPath);
      await clearDead(path);
    }
    return server.unref();
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Nobody can take the name while it is there, and only here, one at a time, is it taken away: if it is still dead. */
async function clearDead(path: string): Promise<void> {
  const lock = `${path}.clearing`;
  if (!locked(lock)) return pause(CLEARING_PAUSE_MS);
  try {
    if (!(await accepts(path))) rmSync(path, { force: true });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A lock that somebody left who was killed in those few milliseconds is broken after a while. */
function locked(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > CLEARING_TIMEOUT_MS) rmSync(lock, { recursive: true, force: true });
  return false;
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function answers(path: string): Promise<boolean> {
  if (!(await accepts(path))) return false;
  await untilReady(path, () => true);
  return true;
}

/** Started again where it ends by itself: out of memory, or by somebody's hand. */
async function launch(dataPath: string, socketPath: string, watch: { closing: boolean }): Promise<void> {
  rmSync(socketPath, { force: true });
  for (const binary of BINARIES) {
    const child = spawn(binary, serverArguments(dataPath, socketPath), { stdio: 'ignore', detached: true });
    if (!(await spawned(child))) continue;
    let alive = true;
    child.once('exit', () => {
      alive = false;
    });
    child.unref();
    await untilReady(socketPath, () => alive);
    child.once('exit', () => {
      if (!watch.closing) setTimeout(() => relaunch(dataPath, socketPath, watch), RESTART_MS).unref();
    });
    return;
  }
  throw new RedisMissing();
}

function relaunch(dataPath: string, socketPath: string, watch: { closing: boolean }): void {
  if (watch.closing) return;
  launch(dataPath, socketPath, watch).catch(() =>
    setTimeout(() => relaunch(dataPath, socketPath, watch), RESTART_MS).unref(),
  );
}

/** Detached, so that a terminal's Ctrl-C reaches Podwarden alone and jobs can still be finished. */
function serverArguments(dataPath: string, socketPath: string): string[] {
  const settings: Record<string, string> = {
    port: '0',
    unixsocket: socketPath,
    unixsocketperm: '700',
    dir: join(dataPath, 'redis'),
    appendonly: 'yes',
    // A claim to send that a power cut forgets could be sent again.
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    logfile: join(dataPath, 'redis', 'redis.log'),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function spawned(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
}

async function untilReady(socketPath: string, alive: () => boolean): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await pings(socketPath)) return;
    if (!alive()) break;
    await pause(20);
  }
  throw new Error('The embedded Redis did not start. Its log is redis/redis.log in the data folder.');
}

/** False also while it is loading its data. */
async function pings(socketPath: string): Promise<boolean> {
  const client = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

async function shutDown(socketPath: string, owner: Server): Promise<void> {
  const client = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    const ended = once(client, 'close');
    client.shutdown().catch(() => {});
    await ended;
  } catch {
    // Already gone: nothing to end.
  }
  const deadline = Date.now() + CLOSE_TIMEOUT_MS;
  while (Date.now() < deadline && (await accepts(socketPath))) await pause(20);
  owner.close();
}
