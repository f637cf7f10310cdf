import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Finding, finding as findingSchema, subjectName } from '../policy/findings/finding.ts';
import type { FindingMove } from '../policy/findings/moves.ts';
import { nextDue } from '../policy/findings/settle.ts';
import { change, podMemory, type ScanMemory, scanMemory, volumeMemory } from '../policy/scan/memory.ts';
import {
  type Check,
  commit,
  MAX_TRIES,
  type Operation,
  TooContended,
  unnamed,
  type Writing,
  wasDone,
  writeDocument,
} from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { readDocument, readOne, readRecord, Unreadable, unlessUnreadable } from './unreadable.ts';

const SCAN = key('scan');
/** Whether the next scan should follow soon: apart from the memory, which is large. */
const SOON_KEY = key('scan', 'soon');
const OPEN_KEY = key('findings', 'open');
/** Cards that are behind: written with the finding, removed by whoever told it. */
const UNTOLD_KEY = key('findings', 'untold');
/** Findings of which the critical webhook was not told yet. */
const UNPAGED_KEY = key('findings', 'unpaged');
/** When an open finding next does something by itself, ms on Podwarden's clock. */
const DUE_KEY = key('findings', 'due');
const findingKey = (id: string) => key('finding', id);
const cardKey = (card: string) => key('finding-card', card);
const watchKey = (subject: string) => key('finding-watch', subject);

/** A resolved finding is kept this long for its buttons, and a card for its findings, real ms. */
const KEPT_MS = 400 * 86_400_000;

const SCAN_PARTS = { pods: podMemory, volumes: volumeMemory, changes: change };

/** What was read is what the result must still stand on. */
export interface Step {
  before: Finding | null;
  after: Finding;
}

/** What scans remember and what they found: written in one step, so that two scans never say the same twice. */
export class Findings {
  private readonly redis: RedisClient;
  private readonly writing: Writing;

  constructor(redis: RedisClient, writing: Writing = unnamed) {
    this.redis = redis;
    this.writing = writing;
  }

  /** The same findings, for the writes of one piece of work. */
  within(writing: Writing): Findings {
    return new Findings(this.redis, writing);
  }

  async memory(): Promise<ScanMemory | null> {
    const json = await this.redis.hget(SCAN, 'json');
    if (json === null) return null;
    const memory = await readDocument(this.redis, 'scan memory', json, scanMemory, SCAN_PARTS);
    // Taken for nothing, it would make everything news.
    if (memory === null) throw new Unreadable('what scans remember');
    return memory;
  }

  async get(id: string): Promise<Finding | null> {
    const json = await this.redis.hget(findingKey(id), 'json');
    return json === null ? null : readOne(this.redis, `warning ${id}`, json, findingSchema);
  }

  async open(): Promise<Finding[]> {
    return this.records(await this.redis.smembers(OPEN_KEY));
  }

  /** In the order in which they were raised. */
  async onCard(card: string): Promise<Finding[]> {
    const found = await this.records(await this.redis.smembers(cardKey(card)));
    return found.sort(
      (a, b) => a.raisedAt - b.raisedAt || subjectName(a).localeCompare(subjectName(b), 'en', { numeric: true }),
    );
  }

  /** Writes what one scan came to, and what follows from it. False: another scan, or somebody's press, was quicker: judge again. */
  async commit(
    before: ScanMemory | null,
    memory: ScanMemory,
    steps: readonly Step[],
    more: readonly Operation[] = [],
  ): Promise<boolean> {
    const rev = before?.rev ?? 0;
    const written = { ...memory, rev: rev + 1 };
    const checks = [{ key: SCAN, rev }, ...steps.map(checkOf)];
    const operations = [
      writeDocument(SCAN, rev + 1, written),
      ['SET', SOON_KEY, memory.unsure ? 1 : 0] as Operation,
      ...steps.flatMap(({ after }) => writes(after)),
      ...more,
    ];
    return commit(this.redis, checks, operations);
  }

  /** What people do. `moved` false where it did not apply; null: no such finding. */
  async move(id: string, move: FindingMove): Promise<{ finding: Finding; moved: boolean } | null> {
    const write = this.writing.of(findingKey(id));
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const before = await this.get(id);
      if (!before) return null;
      if (await wasDone(this.redis, write)) return { finding: before, moved: true };
      const after = move(before);
      if (after === null) return { finding: before, moved: await wasDone(this.redis, write) };
      const step = { before, after };
      if (await commit(this.redis, [checkOf(step)], writes(after), write))
        return { finding: { ...after, rev: before.rev + 1 }, moved: true };
      await pause(Math.random() * 10);
    }
    throw new TooContended(`finding ${id}`);
  }

  /**
   * What the watchdogs find, outside of scans: one open finding a subject. `judge` gets the open one, and gives its next
   * state, or null for no change.
   */
  async watch(subject: string, judge: (open: Finding | null) => Finding | null): Promise<Finding | null> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [rev, json] = await this.redis.hmget(watchKey(subject), 'rev', 'json');
      const id = json ? await readRecord(this.redis, `watch on ${subject}`, json, z.string()) : null;
      // One that cannot be read is raised anew: a watchdog that gives up is worse than one that barks twice.
      const open = id === null ? null : await unlessUnreadable(this.get(id), null);
      const before = open?.status === 'open' ? open : null;
      const after = judge(before);
      if (after === null) return null;
      const at = Number(rev ?? 0);
      const operations = [...writes(after), writeDocument(watchKey(subject), at + 1, after.id)];
      if (await commit(this.redis, [{ key: watchKey(subject), rev: at }, checkOf({ before, after })], operations))
        return after;
      await pause(Math.random() * 10);
    }
    throw new TooContended(`the watch on ${subject}`);
  }

  async unpaged(): Promise<string[]> {
    return this.redis.smembers(UNPAGED_KEY);
  }

  async untold(): Promise<string[]> {
    return this.redis.smembers(UNTOLD_KEY);
  }

  /** Every copy of the card shows these revisions; one that moved on since stays untold. */
  async told(card: string, shown: number): Promise<void> {
    const now = await this.onCard(card);
    if (now.reduce((sum, finding) => sum + finding.shown, 0) === shown) await this.redis.srem(UNTOLD_KEY, card);
  }

  /** When the next finding does something by itself; null for never. */
  async due(): Promise<number | null> {
    const [, at] = await this.redis.zrange(DUE_KEY, '0', '0', 'WITHSCORES');
    return at === undefined ? null : Number(at);
  }

  /** The share of its bound, else of its machine's memory, that Redis uses, 0 to 1; null where neither is told. */
  async memoryUse(): Promise<number | null> {
    const info = await this.redis.info('memory');
    const read = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const most = read('maxmemory') || read('total_system_memory');
    return most > 0 ? read('used_memory') / most : null;
  }

  async soon(): Promise<boolean> {
    return (await this.redis.get(SOON_KEY)) === '1';
  }

  private async records(ids: readonly string[]): Promise<Finding[]> {
    const found = await Promise.all(
      ids.map(async (id) => {
        const json = await this.redis.hget(findingKey(id), 'json');
        return json === null ? null : readRecord(this.redis, `warning ${id}`, json, findingSchema);
      }),
    );
    return found.filter((one): one is Finding => one !== null);
  }
}

const checkOf = ({ before, after }: Step): Check => ({ key: findingKey(after.id), rev: before?.rev ?? 0 });

function writes(after: Finding): Operation[] {
  const rev = after.rev + 1;
  const open = after.status === 'open';
  const at = nextDue(after);
  const operations: Operation[] = [
    writeDocument(findingKey(after.id), rev, { ...after, rev }),
    [open ? 'SADD' : 'SREM', OPEN_KEY, after.id],
    ['SADD', cardKey(after.card), after.id],
    open && at !== null ? ['ZADD', DUE_KEY, at, after.id] : ['ZREM', DUE_KEY, after.id],
  ];
  if (after.told) operations.push(['SADD', UNTOLD_KEY, after.card]);
  operations.push([after.page === after.paged ? 'SREM' : 'SADD', UNPAGED_KEY, after.id]);
  // The card's members live as long as the last of them.
  operations.push(['PEXPIRE', cardKey(after.card), KEPT_MS]);
  if (!open) operations.push(['PEXPIRE', findingKey(after.id), KEPT_MS]);
  return operations;
}
