import { z } from 'zod';
import { type Amounts, type Component, component, type Product, sumOf } from '../policy/costs/amounts.ts';
import { type CostDay, costDay } from '../policy/costs/day.ts';
import type { Day } from '../policy/costs/days.ts';
import { type BilledHour, billedHour, type MeteredHour } from '../policy/costs/hours.ts';
import { type DaySums, daySums, sumsOfDay } from '../policy/costs/sums.ts';
import { unread } from '../policy/unread.ts';
import type { Operation } from './commit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';
import { nameUnreadable, readRecord } from './unreadable.ts';

/** Hours are kept until their days are final and rolled up, days for more than a year; real ms. */
const HOURS_KEPT_MS = 10 * 86_400_000;
/** What was read longer ago counts as unread: its hour may be gone any moment. */
const READ_COUNTS_MS = HOURS_KEPT_MS - 86_400_000;
const DAYS_KEPT_MS = 430 * 86_400_000;

const READ_AT = key('cost', 'hours-read');
const PODS = key('cost', 'pods');
const UNREAD = key('cost', 'unread');
const TROUBLE = key('cost', 'trouble');
const hourKey = (start: number) => key('cost', 'hour', String(start / 3_600_000));
const meterKey = (start: number) => key('cost', 'meter', String(start / 3_600_000));
const zoneName = (zone: string) => zone.replace(/[^A-Za-z0-9+-]/g, '_');
const dayKey = (zone: string, day: Day) => key('cost', 'day', zoneName(zone), day);
const sumsKey = (zone: string) => key('cost', 'sums', zoneName(zone));

/** What is remembered of a pod for its costs: those outlive it. */
const seenPod = z.object({
  name: z.string(),
  /** Null for CPU pods. */
  gpu: z.string().nullable(),
  /** When a scan last saw it, ms on Podwarden's clock. */
  at: z.number(),
});
export type SeenPod = z.infer<typeof seenPod>;

const unreadBill = unread.extend({ at: z.number() });
/** A bill that does not read, and when that was found, ms on Podwarden's clock. */
export type UnreadBill = z.infer<typeof unreadBill>;

const trouble = z.object({ since: z.number(), detail: z.string() });
/** Since when billing cannot be read, and RunPod's own sentence. */
export type BillingTrouble = z.infer<typeof trouble>;

/** What was billed and metered, by the hour, and the days that were rolled up from that. */
export class Costs {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  /** When hours were last read, by their beginning; what was read longer ago than hours are kept is left out. */
  async hoursRead(now: number): Promise<Map<number, number>> {
    const all = Object.entries(await this.redis.hgetall(READ_AT));
    const old = all.filter(([, at]) => now - Number(at) >= READ_COUNTS_MS).map(([start]) => start);
    if (old.length > 0) await this.redis.hdel(READ_AT, ...old);
    return new Map(
      all.filter(([start]) => !old.includes(start)).map(([start, at]) => [Number(start), Number(at)] as const),
    );
  }

  async saveHours(hours: ReadonlyMap<number, BilledHour>): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const [start, hour] of hours) {
      pipeline.set(hourKey(start), JSON.stringify(hour), 'PX', HOURS_KEPT_MS);
      pipeline.hset(READ_AT, String(start), String(hour.readAt));
    }
    await failing(pipeline.exec());
  }

  async hours(starts: readonly number[]): Promise<Map<number, BilledHour>> {
    if (starts.length === 0) return new Map();
    const found = await this.redis.mget(...starts.map(hourKey));
    return this.readAll(starts, found, 'hour', billedHour);
  }

  async metered(starts: readonly number[]): Promise<Map<number, MeteredHour>> {
    const pipeline = this.redis.pipeline();
    for (const start of starts) pipeline.hgetall(meterKey(start));
    const found = (await failing(pipeline.exec())) as Record<string, string>[];
    const hours = new Map<number, MeteredHour>();
    for (const [i, fields] of found.entries()) {
      const start = starts[i];
      if (start === undefined || Object.keys(fields).length === 0) continue;
      const { hour, bad } = meteredFrom(fields);
      hours.set(start, hour);
      if (bad !== null) await nameUnreadable(this.redis, `metered hour ${start}`, bad);
    }
    return hours;
  }

  /** Days of a zone, by day. */
  async days(zone: string, days: readonly Day[]): Promise<Map<Day, CostDay>> {
    if (days.length === 0) return new Map();
    const found = await this.redis.mget(...days.map((day) => dayKey(zone, day)));
    return this.readAll(days, found, 'day', costDay);
  }

  /** Totals by kind of all days of a zone, without their lines. */
  async sums(zone: string): Promise<Map<Day, DaySums>> {
    const found = await this.redis.hgetall(sumsKey(zone));
    return this.readAll(Object.keys(found), Object.values(found), 'sums of', daySums);
  }

  /** Forgets what is older than days are kept: totals before `first`, and pods that no scan has seen since. */
  async prune(zone: string, first: Day, now: number): Promise<void> {
    const old = (await this.redis.hkeys(sumsKey(zone))).filter((day) => day < first);
    if (old.length > 0) await this.redis.hdel(sumsKey(zone), ...old);
    const pods = await this.redis.hgetall(PODS);
    const seen = await this.readAll(Object.keys(pods), Object.values(pods), 'costs of pod', seenPod);
    const gone = [...seen].filter(([, { at }]) => now - at > DAYS_KEPT_MS).map(([id]) => id);
    if (gone.length > 0) await this.redis.hdel(PODS, ...gone);
  }

  async saveDay(day: CostDay): Promise<void> {
    const sums = JSON.stringify(sumsOfDay(day));
    await failing(
      this.redis
        .pipeline()
        .set(dayKey(day.zone, day.day), JSON.stringify(day), 'PX', DAYS_KEPT_MS)
        .hset(sumsKey(day.zone), day.day, sums)
        .exec(),
    );
  }

  async see(pods: ReadonlyMap<string, SeenPod>): Promise<void> {
    if (pods.size === 0) return;
    await this.redis.hset(PODS, Object.fromEntries([...pods].map(([id, pod]) => [id, JSON.stringify(pod)])));
  }

  async seen(podIds: readonly string[]): Promise<Map<string, SeenPod>> {
    if (podIds.length === 0) return new Map();
    const found = await this.redis.hmget(PODS, ...podIds);
    return this.readAll(podIds, found, 'costs of pod', seenPod);
  }

  /** By their names; what cannot be read is left out, and named. */
  private async readAll<K extends string | number, S extends z.ZodType>(
    names: readonly K[],
    found: readonly (string | null)[],
    what: string,
    schema: S,
  ): Promise<Map<K, z.infer<S>>> {
    const read = new Map<K, z.infer<S>>();
    for (const [i, name] of names.entries()) {
      const json = found[i];
      const one = json == null ? null : await readRecord(this.redis, `${what} ${name}`, json, schema);
      if (one !== null) read.set(name, one);
    }
    return read;
  }

  async unread(): Promise<UnreadBill[]> {
    const json = await this.redis.get(UNREAD);
    if (json === null) return [];
    return (await readRecord(this.redis, 'bills that do not read', json, z.array(unreadBill))) ?? [];
  }

  async setUnread(bills: readonly UnreadBill[]): Promise<void> {
    await this.redis.set(UNREAD, JSON.stringify(bills));
  }

  async trouble(): Promise<BillingTrouble | null> {
    const json = await this.redis.get(TROUBLE);
    return json === null ? null : readRecord(this.redis, 'trouble of the bill', json, trouble);
  }

  async setTrouble(found: BillingTrouble | null): Promise<void> {
    if (found === null) await this.redis.del(TROUBLE);
    else await this.redis.set(TROUBLE, JSON.stringify(found));
  }
}

/** Writes that add to what was metered, for the step in which a scan is written: no interval counts twice. */
export function meterOperations(hours: ReadonlyMap<number, MeteredHour>): Operation[] {
  return [...hours].flatMap(([start, { parts }]) => [
    ...parts.flatMap(({ product, id, amounts, idle }) =>
      [...Object.entries(amounts), ['idle', idle] as const]
        .filter(([, amount]) => amount !== 0)
        .map(([name, amount]): Operation => ['HINCRBYFLOAT', meterKey(start), `${product} ${name} ${id}`, amount]),
    ),
    ['PEXPIRE', meterKey(start), HOURS_KEPT_MS] as Operation,
  ]);
}

/** `bad`: an amount that does not read, which is left out. */
function meteredFrom(fields: Record<string, string>): { hour: MeteredHour; bad: string | null } {
  let bad: string | null = null;
  const parts = new Map<string, MeteredHour['parts'][number]>();
  for (const [field, value] of Object.entries(fields)) {
    const [product = '', name = '', ...id] = field.split(' ');
    const amount = Number(value);
    const of = component.safeParse(name).data ?? null;
    if (!Number.isFinite(amount) || (of === null && name !== 'idle')) {
      bad ??= field;
      continue;
    }
    const at = `${product} ${id.join(' ')}`;
    const part = parts.get(at) ?? {
      product: product as MeteredHour['parts'][number]['product'] & Product,
      id: id.join(' '),
      amounts: {} as Amounts,
      idle: 0,
    };
    if (of === null) part.idle = amount;
    else part.amounts[of as Component] = amount;
    parts.set(at, part);
  }
  const all = [...parts.values()].filter(({ amounts, idle }) => sumOf(amounts) !== 0 || idle !== 0);
  return { hour: { parts: all }, bad };
}

/** A pipeline tells errors among its answers. */
async function failing(exec: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  const answers = (await exec) ?? [];
  for (const [error] of answers) if (error) throw error;
  return answers.map(([, value]) => value);
}
