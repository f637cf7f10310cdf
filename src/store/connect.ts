import { Cluster, Redis } from 'ioredis';

/** Where Redis is; the config parses it out of `REDIS_URL`. */
export type RedisAddress =
  | { kind: 'socket'; path: string; db: number; auth: Auth }
  | { kind: 'single'; host: string; port: number; db: number; tls: boolean; auth: Auth }
  | { kind: 'sentinel'; nodes: Node[]; master: string; db: number; tls: boolean; auth: Auth }
  | { kind: 'cluster'; nodes: Node[]; tls: boolean; auth: Auth };

interface Auth {
  username?: string;
  password?: string;
}
interface Node {
  host: string;
  port: number;
}

export type RedisClient = Redis | Cluster;

/**
 * `producer` fails within seconds, so that a person hears that the store is away; `worker` waits for ever, as BullMQ
 * asks of connections that block.
 */
export type Profile = 'producer' | 'worker';

/** How long a producer's command may take before it counts as failed, ms: a short restart of Redis costs nobody anything. */
const PRODUCER_TIMEOUT_MS = 2500;

/** Redis did not answer in time: what was asked of it may have been done. */
export class StoreUnsure extends Error {
  constructor() {
    super('Redis did not say in time whether it was done');
    this.name = 'StoreUnsure';
  }
}

/** The command was sent, and its answer did not come within the connection's limit. */
export const timedOut = (error: unknown): boolean => error instanceof Error && error.message === 'Command timed out';

/** Words of Redis and of its client for a store that is away, or takes nothing now. Source: ioredis' errors, Redis' error prefixes. */
const AWAY =
  /^(Command timed out|Connection is closed|Stream isn't writeable|Reached the max retries|Failed to refresh slots|None of startup nodes|ClusterAllFailed|All sentinels|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS|UNKILLABLE|getaddrinfo|connect E|read E|write E)/;

/** Redis answers reads and takes no writes. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && /\bOOM command not allowed/.test(error.message);

/** Whether the store, and not what was asked of it, is the matter: the same is worth trying again. */
export function storeIsAway(error: unknown): boolean {
  if (error instanceof StoreUnsure) return true;
  return error instanceof Error && AWAY.test(error.message);
}

/** Redis is there and does not take us: our password, our user, or its rights. Source: Redis' error prefixes. */
const REFUSED = /^(Ready check failed: )?(NOAUTH|WRONGPASS|NOPERM)\b/;

/** Only people can change that. */
export function storeRefuses(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message);
}

/** Opens a connection; it retries for ever in the background. `onError` hears each failure, without credentials. */
export function connect(to: RedisAddress, profile: Profile, onError: (message: string) => void): RedisClient {
  const client = open(to, optionsOf(to, profile));
  client.on('error', (error: Error) => onError(error.message));
  return client;
}

function optionsOf(to: RedisAddress, profile: Profile) {
  return {
    // BullMQ and the scripts here read RESP2's reply shapes.
    protocol: 2 as const,
    maxRetriesPerRequest: profile === 'producer' ? 20 : null,
    enableOfflineQueue: true,
    retryStrategy: (times: number) => Math.min(1000, 50 * times),
    ...(profile === 'producer' ? { commandTimeout: PRODUCER_TIMEOUT_MS } : {}),
    ...to.auth,
    ...('tls' in to && to.tls ? { tls: {} } : {}),
  };
}

function open(to: RedisAddress, options: ReturnType<typeof optionsOf>): RedisClient {
  switch (to.kind) {
    case 'socket':
      return new Redis({ ...options, path: to.path, db: to.db });
    case 'single':
      return new Redis({ ...options, host: to.host, port: to.port, db: to.db });
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: to.nodes,
        name: to.master,
        db: to.db,
        enableTLSForSentinelMode: to.tls,
        ...(to.auth.password === undefined ? {} : { sentinelPassword: to.auth.password }),
        ...(to.auth.username === undefined ? {} : { sentinelUsername: to.auth.username }),
      });
    case 'cluster': {
      const { enableOfflineQueue, ...redisOptions } = options;
      return new Cluster(to.nodes, { redisOptions, enableOfflineQueue });
    }
  }
}

/** Waits until the connection can be used. @throws after `timeoutMs` with the last failure. */
export async function ready(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return;
  let last = 'no answer';
  const onError = (error: Error) => {
    last = error.message;
  };
  client.on('error', onError);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', () => resolve());
      signal.addEventListener('abort', () => reject(new Error(`Redis is not reachable: ${last}`)), { once: true });
    });
  } finally {
    client.off('error', onError);
  }
}

/** Redis' eviction policy as `INFO memory` tells it (CONFIG is often forbidden on hosted Redis). */
export async function evictionPolicy(client: RedisClient): Promise<string> {
  const info = await client.info('memory');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}
