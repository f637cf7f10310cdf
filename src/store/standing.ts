import type { Check, Operation } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** A key that stands for long, and what it holds in words. A document is a hash with `rev` and `json`. */
interface Kind {
  key: string;
  type: 'document' | 'hash' | 'string' | 'set';
  /** Null where nobody is told that it was put back. */
  words: string | null;
}

/**
 * What may be put back where Redis lost it: facts that people or the first start set, and that no step of a promise hangs on.
 * Requests, votes and launches never are: what became of them meanwhile is not known.
 */
const KINDS: readonly Kind[] = [
  { key: key('owners'), type: 'document', words: 'claims of pods' },
  { key: key('links'), type: 'document', words: 'linked accounts' },
  { key: key('budgets'), type: 'document', words: 'budgets' },
  { key: key('scan'), type: 'document', words: 'what scans remember' },
  { key: key('choices'), type: 'hash', words: 'what people chose with /pod notify' },
  { key: key('audit', 'key'), type: 'string', words: null },
  { key: key('runpod', 'account'), type: 'string', words: null },
  { key: key('runpod', 'keys'), type: 'set', words: null },
];

interface Held {
  /** Of a document: it is read again only where that has changed. */
  rev: string | null;
  write: Operation;
}

/** Remembers in this process what stands in Redis for long. */
export class Standing {
  private readonly redis: RedisClient;
  private readonly held = new Map<string, Held>();

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  async remember(): Promise<void> {
    await Promise.all(KINDS.map((kind) => this.look(kind)));
  }

  /** The writes that put back what is missing now, the checks that it still is, and what it is in words. */
  async missing(): Promise<{ checks: Check[]; operations: Operation[]; words: string[] }> {
    const here = await Promise.all(KINDS.map(({ key }) => this.redis.exists(key)));
    const gone = KINDS.filter((kind, i) => here[i] === 0 && this.held.has(kind.key));
    return {
      checks: gone.filter(({ type }) => type === 'document').map(({ key }) => ({ key, rev: 0 })),
      operations: gone.map(({ key }) => this.held.get(key)?.write).filter((write) => write !== undefined),
      words: gone.flatMap(({ words }) => words ?? []),
    };
  }

  private async look({ key, type }: Kind): Promise<void> {
    const { redis, held } = this;
    if (type === 'document') {
      const rev = await redis.hget(key, 'rev');
      if (rev === null || rev === held.get(key)?.rev) return;
      const [now, json] = await redis.hmget(key, 'rev', 'json');
      if (now && json) held.set(key, { rev: now, write: ['HSET', key, 'rev', now, 'json', json] });
    } else if (type === 'hash') {
      const fields = Object.entries(await redis.hgetall(key)).flat();
      if (fields.length > 0) held.set(key, { rev: null, write: ['HSET', key, ...fields] });
    } else if (type === 'set') {
      const members = await redis.smembers(key);
      if (members.length > 0) held.set(key, { rev: null, write: ['SADD', key, ...members] });
    } else {
      const value = await redis.get(key);
      if (value !== null) held.set(key, { rev: null, write: ['SET', key, value] });
    }
  }
}
