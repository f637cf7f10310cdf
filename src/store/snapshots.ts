import type { z } from 'zod';
import { type Fleet, fleet, fleetPod } from '../policy/fleet.ts';
import { type AccountId, chatOf } from '../policy/identity.ts';
import type { Unread } from '../policy/unread.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import {
  beginRead,
  type MembersRead,
  type ReadMember,
  readKeptMember,
  readMembers,
  readUnreadPeople,
  writeMembers,
  writeUnreadPeople,
} from './members.ts';
import {
  CATALOGUE_PARTS,
  catalogue,
  type GpuType,
  type KeptMember,
  type Members,
  type NetworkVolume,
  type ReadStamp,
  type UnreadPeople,
} from './shapes.ts';
import { type Parts, readDocument, unreadableRecords } from './unreadable.ts';

const FLEET = key('fleet');
const CATALOGUE = key('catalogue');
const RUNS = key('runs');
const SEEN = key('seen');

export interface Catalogue {
  readAt: number;
  gpus: GpuType[];
  dataCenters: string[];
  networkVolumes: NetworkVolume[];
  unread?: Unread[];
}

/** What was last read from RunPod and from the chats: answers come from here, never from a call a person waits for. */
export class Snapshots {
  private readonly redis: RedisClient;
  /** Parts that were seen by this process, and when: a store that was emptied must not make it forget whom it has to miss. */
  private readonly met = new Map<string, number>();

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  fleet(): Promise<Fleet | null> {
    return this.read(FLEET, fleet, { pods: fleetPod });
  }

  saveFleet(snapshot: z.input<typeof fleet>): Promise<void> {
    return this.write(FLEET, snapshot);
  }

  catalogue(): Promise<Catalogue | null> {
    return this.read(CATALOGUE, catalogue, CATALOGUE_PARTS);
  }

  saveCatalogue(snapshot: Catalogue): Promise<void> {
    return this.write(CATALOGUE, snapshot);
  }

  members(chat: string): Promise<Members> {
    return readMembers(this.redis, chat);
  }

  /** One account, as last read. */
  member(account: AccountId): Promise<KeptMember | null> {
    return readKeptMember(this.redis, account);
  }

  /** To be called before a chat is asked, with Podwarden's time. */
  beginRead(now: number): Promise<ReadStamp> {
    return beginRead(this.redis, now);
  }

  /** Accounts that were read again since then stay as they are. Where nothing else is said, these are all that matter. */
  saveMembers(
    chat: string,
    members: ReadonlyMap<AccountId, ReadMember>,
    stamp: ReadStamp,
    { pass, dropped }: Pick<MembersRead, 'pass' | 'dropped'> = {
      pass: { readAt: stamp.at, count: members.size },
      dropped: [],
    },
  ): Promise<void> {
    return writeMembers(this.redis, chat, { stamp, members, pass, dropped });
  }

  /** Somebody who is doing something. */
  saveMember(account: AccountId, member: ReadMember, stamp: ReadStamp): Promise<void> {
    const members = new Map([[account, { ...member, seenAt: stamp.at }]]);
    return writeMembers(this.redis, chatOf(account), { stamp, members, pass: null, dropped: [] });
  }

  /** Who of a chat could not be read. */
  unreadPeople(chat: string): Promise<UnreadPeople> {
    return readUnreadPeople(this.redis, chat);
  }

  saveUnreadPeople(chat: string, unread: UnreadPeople): Promise<void> {
    return writeUnreadPeople(this.redis, chat, unread);
  }

  /** When each recurring read last ran, ms on Podwarden's clock. */
  async lastRuns(): Promise<Record<string, number>> {
    const runs = await this.redis.hgetall(RUNS);
    const read = Object.entries(runs).map(([name, at]) => [name, Number(at)] as const);
    // What never ran is due; a stamp that is no time never would be.
    return Object.fromEntries(read.filter(([, at]) => Number.isFinite(at)));
  }

  /** When a part last said that it is there, ms on Redis's clock; null for never. */
  async lastSeen(part: string): Promise<number | null> {
    const at = await this.redis.hget(SEEN, part);
    if (at !== null && Number.isFinite(Number(at))) this.met.set(part, Number(at));
    return this.met.get(part) ?? null;
  }

  async seen(part: string, realNow: number): Promise<void> {
    this.met.set(part, realNow);
    await this.redis.hset(SEEN, part, String(realNow));
  }

  async ran(name: string, at: number): Promise<void> {
    await this.redis.hset(RUNS, name, String(at));
  }

  /** Records in the store that could not be read lately. */
  unreadable(): Promise<Unread[]> {
    return unreadableRecords(this.redis);
  }

  private async read<S extends z.ZodType>(at: string, schema: S, parts: Parts): Promise<z.infer<S> | null> {
    const json = await this.redis.get(at);
    return json === null ? null : readDocument(this.redis, at.replace(/^.*:/, ''), json, schema, parts);
  }

  private async write(at: string, value: unknown): Promise<void> {
    await this.redis.set(at, JSON.stringify(value));
  }
}
