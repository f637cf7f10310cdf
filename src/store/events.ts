import type { Audit } from './audit.ts';
import { type RedisClient, StoreUnsure, timedOut } from './connect.ts';
import { key } from './keys.ts';

/** An event that is not acknowledged within this may be taken by another bot: the platforms' own limit is three seconds. */
export const UNACKNOWLEDGED_MS = 1000;
/** Whoever holds an event says so again within this, or somebody else goes on with it. */
export const LEASE_MS = 5000;
/** That an event was handled is remembered for longer than any platform redelivers. */
const KEPT_MS = 24 * 3_600_000;
/** An interaction's own address lives 15 minutes on one chat and 30 on the other. */
const ADDRESS_MS = 15 * 60_000;
const MOST_AT_ONCE = 50;
const MAX_SENDS = 4;
const KIND = 'inbox event';
/** Of a signature, in hexadecimal digits. */
const MAC_LENGTH = 64;

/** What is kept of an event, each signed as what it is. */
type Stored = 'body' | 'address' | 'answer';

/** What a bot takes over from one that left it. */
export interface Left {
  id: string;
  /** What happened, as it was taken; null where it was altered since, or written by somebody without the audit key. */
  body: unknown;
  /** Where its answer goes; null once that has lapsed, and where it was altered. */
  address: unknown;
  /** The answer, where it was found and perhaps not given; null where it was altered: it is found anew. */
  answer: unknown;
  /** How long ago it happened, ms, on the store's clock. */
  ageMs: number;
  /** How often it was begun before. */
  runs: number;
}

/** How long an event is held, and how long it may stay unacknowledged, ms. Tests shorten both. */
export interface Patience {
  leaseMs: number;
  unacknowledgedMs: number;
}

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** 1 for whoever has it now: it is new, or ours already, or nobody acknowledged it in time. */
const TAKE = `${NOW}
local owner, state, at = unpack(redis.call('HMGET', KEYS[1], 'owner', 'state', 'at'))
if state then
  if owner == ARGV[2] then return 1 end
  if state ~= 'taken' or now - tonumber(at) < tonumber(ARGV[6]) then return 0 end
end
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'state', 'taken', 'at', now, 'body', ARGV[3])
redis.call('HSETNX', KEYS[1], 'since', now)
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[8])
redis.call('ZADD', KEYS[3], now + ARGV[5], ARGV[1])
return 1`;

/**
 * Moves an event on, for its holder alone. One that the store has lost (a failover to a replica that was behind, an eviction)
 * nobody else can have: whoever has it in hand goes on.
 */
const HOLD = `${NOW}
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 1 end
if owner ~= ARGV[2] or not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'state', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'answer', ARGV[5]) end
return 1`;

const END = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'done')
redis.call('HDEL', KEYS[1], 'body', 'answer')
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1`;

const LAPSED = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])`;

const TAKE_OVER = `${NOW}
local score = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not score or tonumber(score) > now then return false end
local body, since, answer = unpack(redis.call('HMGET', KEYS[1], 'body', 'since', 'answer'))
if not body then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return false
end
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'state', 'acknowledged')
redis.call('ZADD', KEYS[3], now + ARGV[3], ARGV[1])
local runs = redis.call('HINCRBY', KEYS[1], 'runs', 1)
return { body, tostring(now - since), answer, redis.call('GET', KEYS[2]), runs }`;

const eventKey = (id: string) => key('event', id);
const addressKey = (id: string) => key('event-address', id);

/**
 * Events of one chat that were taken and are not answered yet. Each is written before it is acknowledged and removed when
 * its effect and its answer are done, so that whoever is up goes on with what its bot left. All times are the store's own.
 */
export class Events {
  private readonly redis: RedisClient;
  private readonly chat: string;
  private readonly open: string;
  private readonly audit: Pick<Audit, 'sign' | 'isSigned'>;
  private readonly patience: Patience;

  constructor(
    redis: RedisClient,
    chat: string,
    audit: Pick<Audit, 'sign' | 'isSigned'>,
    patience: Patience = { leaseMs: LEASE_MS, unacknowledgedMs: UNACKNOWLEDGED_MS },
  ) {
    this.redis = redis;
    this.chat = chat;
    this.open = key('events', chat);
    this.audit = audit;
    this.patience = patience;
  }

  /**
   * Claims an event and writes it, in one round trip. False where another delivery or another bot has it. `owner` is new
   * for each delivery. @throws StoreUnsure, and whatever says that the store is away.
   */
  async take(id: string, owner: string, body: object, address: unknown): Promise<boolean> {
    const { leaseMs, unacknowledgedMs } = this.patience;
    const args = [
      id,
      owner,
      this.signed(id, 'body', body),
      this.signed(id, 'address', address),
      leaseMs,
      unacknowledgedMs,
    ];
    const keys = [eventKey(id), addressKey(id), this.open];
    return (await this.run(TAKE, keys, [...args, KEPT_MS, ADDRESS_MS])) === 1;
  }

  /** False where somebody else has it by now. */
  acknowledged(id: string, owner: string): Promise<boolean> {
    return this.hold(id, owner, 'acknowledged', '');
  }

  /** The effect is done and this is what is to be said, so that it is not found out anew. False: somebody else says it. */
  answering(id: string, owner: string, answer: object | null): Promise<boolean> {
    return this.hold(id, owner, 'acknowledged', answer === null ? '' : this.signed(id, 'answer', answer));
  }

  /** Says that whoever holds it is alive. */
  renew(id: string, owner: string): Promise<boolean> {
    return this.hold(id, owner, '', '');
  }

  /** Lets it go: from `afterMs` on whoever is up takes it. */
  async leave(id: string, owner: string, afterMs: number): Promise<void> {
    await this.run(HOLD, [eventKey(id), this.open], [id, owner, afterMs, '', '']);
  }

  /** Effect and answer are done. False where somebody else has it. */
  async end(id: string, owner: string): Promise<boolean> {
    return (await this.run(END, [eventKey(id), addressKey(id), this.open], [id, owner])) === 1;
  }

  /** Ids of what was left by whoever held it. */
  async lapsed(): Promise<string[]> {
    return (await this.run(LAPSED, [this.open], [MOST_AT_ONCE])) as string[];
  }

  /** Null where somebody else was quicker, or its holder is back. */
  async takeOver(id: string, owner: string): Promise<Left | null> {
    const keys = [eventKey(id), addressKey(id), this.open];
    const found = (await this.run(TAKE_OVER, keys, [id, owner, this.patience.leaseMs])) as
      | [string, string, string | null, string | null, number]
      | null;
    if (!found) return null;
    const [body, age, answer, address, runs] = found;
    const proven = (what: Stored, stored: string | null) => this.proven(id, what, stored);
    return {
      id,
      body: proven('body', body),
      address: proven('address', address),
      answer: proven('answer', answer),
      ageMs: Number(age),
      runs,
    };
  }

  /** Whoever holds Redis alone must not be able to press a button or to speak in somebody's name. */
  private signed(id: string, what: Stored, value: unknown): string {
    const json = JSON.stringify(value);
    return `${this.audit.sign(KIND, this.signable(id, what, json))}${json}`;
  }

  /** Bound to its event and chat, so that it stands for nothing else elsewhere. */
  private signable(id: string, what: Stored, json: string): string {
    return `${this.chat} ${id} ${what}\n${json}`;
  }

  private proven(id: string, what: Stored, stored: string | null): unknown {
    if (stored === null) return null;
    const [mac, json] = [stored.slice(0, MAC_LENGTH), stored.slice(MAC_LENGTH)];
    return this.audit.isSigned(KIND, this.signable(id, what, json), mac) ? read(json) : null;
  }

  private async hold(id: string, owner: string, state: string, answer: string): Promise<boolean> {
    const args = [id, owner, this.patience.leaseMs, state, answer];
    return (await this.run(HOLD, [eventKey(id), this.open], args)) === 1;
  }

  /** Each of these may be sent again: the holder's name makes the second the same as the first. */
  private async run(script: string, keys: string[], args: (string | number)[]): Promise<unknown> {
    for (let sends = 1; ; sends++) {
      try {
        return await this.redis.eval(script, keys.length, ...keys, ...args);
      } catch (error) {
        if (!timedOut(error)) throw error;
        if (sends === MAX_SENDS) throw new StoreUnsure();
      }
    }
  }
}

function read(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
