/** Where Redis is, as `REDIS_URL` says it. Holds a password: never print it. */
export type RedisTarget =
  | { kind: 'embedded' }
  | { kind: 'socket'; path: string; db: number; auth: RedisAuth }
  | { kind: 'single'; host: string; port: number; db: number; tls: boolean; auth: RedisAuth }
  | { kind: 'sentinel'; nodes: RedisNode[]; master: string; db: number; tls: boolean; auth: RedisAuth }
  | { kind: 'cluster'; nodes: RedisNode[]; tls: boolean; auth: RedisAuth };

export interface RedisAuth {
  username?: string;
  password?: string;
}

export interface RedisNode {
  host: string;
  port: number;
}

const DEFAULT_PORT = { single: 6379, sentinel: 26_379, cluster: 6379 };

/**
 * Reads `redis://`, `rediss://`, `unix://`, and Podwarden's own `redis+sentinel://u:p@h1:26379,h2:26379/mymaster/0` and
 * `redis+cluster://h1:6379,h2:6379`, each also with `rediss+`. Gives a sentence, without the value, where it cannot.
 */
export function parseRedisUrl(text: string): RedisTarget | { problem: string } {
  const match = /^(rediss?|unix|(?:rediss?)\+(?:sentinel|cluster)):\/\/(?:([^@/]*)@)?([^?#]*)$/.exec(text.trim());
  if (!match) {
    return {
      problem: 'is none of redis://, rediss://, unix://, redis+sentinel:// and redis+cluster:// (no ? or # parts)',
    };
  }
  const [, scheme = '', credentials, rest = ''] = match;
  const auth = parseAuth(credentials);
  if (auth === null) return { problem: 'has a user or password that is not percent-encoded (write % as %25)' };
  const tls = scheme.startsWith('rediss');
  if (scheme === 'unix') return socketTarget(rest, auth);
  const [hosts = '', ...path] = rest.split('/');
  if (scheme.endsWith('+sentinel')) return sentinelTarget(hosts, path, tls, auth);
  if (scheme.endsWith('+cluster')) return clusterTarget(hosts, path, tls, auth);
  const nodes = parseNodes(hosts, DEFAULT_PORT.single);
  const db = parseDb(path[0]);
  const [node] = nodes ?? [];
  if (!node || nodes?.length !== 1 || path.length > 1)
    return { problem: 'needs exactly one host, as redis://host:6379/0' };
  if (db === null) return { problem: 'needs a database number after the host' };
  return { kind: 'single', ...node, db, tls, auth };
}

function socketTarget(rest: string, auth: RedisAuth): RedisTarget | { problem: string } {
  if (!rest.startsWith('/')) return { problem: 'needs an absolute path, as unix:///run/redis/redis.sock' };
  const path = decoded(rest);
  return path === null ? { problem: 'has a path that is not percent-encoded' } : { kind: 'socket', path, db: 0, auth };
}

function sentinelTarget(
  hosts: string,
  path: string[],
  tls: boolean,
  auth: RedisAuth,
): RedisTarget | { problem: string } {
  const nodes = parseNodes(hosts, DEFAULT_PORT.sentinel);
  const [master = '', dbText] = path;
  const db = parseDb(dbText);
  if (!nodes) return { problem: 'needs sentinels, as redis+sentinel://h1:26379,h2:26379/mymaster/0' };
  if (master === '') return { problem: "needs the master's name after the hosts, as /mymaster/0" };
  if (db === null) return { problem: "needs a database number after the master's name" };
  return { kind: 'sentinel', nodes, master, db, tls, auth };
}

function clusterTarget(
  hosts: string,
  path: string[],
  tls: boolean,
  auth: RedisAuth,
): RedisTarget | { problem: string } {
  const nodes = parseNodes(hosts, DEFAULT_PORT.cluster);
  if (!nodes) return { problem: 'needs nodes, as redis+cluster://h1:6379,h2:6379' };
  if (path.some((part) => part !== '' && part !== '0')) return { problem: 'a cluster has only database 0' };
  return { kind: 'cluster', nodes, tls, auth };
}

function parseAuth(credentials: string | undefined): RedisAuth | null {
  if (credentials === undefined || credentials === '') return {};
  const [username = '', password] = credentials.split(/:(.*)/s).map(decoded);
  if (username === null || password === null) return null;
  return {
    ...(username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function parseNodes(hosts: string, defaultPort: number): RedisNode[] | null {
  const nodes = hosts.split(',').map((host) => {
    const match = /^(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(host);
    const port = Number(match?.[2] ?? defaultPort);
    return match?.[1] && port > 0 && port < 65_536 ? { host: match[1].replace(/^\[|\]$/g, ''), port } : null;
  });
  return nodes.every((node): node is RedisNode => node !== null) ? nodes : null;
}

function parseDb(text: string | undefined): number | null {
  if (text === undefined || text === '') return 0;
  const db = Number(text);
  return Number.isInteger(db) && db >= 0 && db <= 9999 ? db : null;
}
