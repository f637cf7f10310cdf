import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Unix socket paths end at 107 bytes on Linux (`sun_path`). */
const MAX_SOCKET_PATH = 107;
const START_TIMEOUT_MS = 30_000;
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
    if (!takenOver) await launch(dataPath, socketPath);
    return { socketPath, takenOver, close: () => shutDown(socketPath, owner) };
  } catch (error) {
    owner.close();
    throw error;
  }
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
 * dies, and no process id can be mistaken for another.
 */
async function claim(path: string, dataPath: string): Promise<Server> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = createServer((socket) => {
      // Whoever looks whether we live may hang up first.
      socket.on('error', () => {});
      socket.end();
    });
    const bound = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(path, () => resolve(true));
    });
    if (bound) return server.unref();
    if (await accepts(path)) throw new DataInUse(dataPath);
    rmSync(path, { force: true });
  }
  throw new DataInUse(dataPath);
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

async function launch(dataPath: string, socketPath: string): Promise<void> {
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
    return;
  }
  throw new RedisMissing();
}

/** Detached, so that a terminal's Ctrl-C reaches Podwarden alone and jobs can still be finished. */
function serverArguments(dataPath: string, socketPath: string): string[] {
  const settings: Record<string, string> = {
    port: '0',
    unixsocket: socketPath,
    unixsocketperm: '700',
    dir: join(dataPath, 'redis'),
    appendonly: 'yes',
    appendfsync: 'everysec',
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
  while (await accepts(socketPath)) await pause(20);
  owner.close();
}
