import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { budgetsIn, stretch } from '../../src/jobs/cost-reading.ts';
import { ProviderFailure } from '../../src/jobs/ports.ts';
import { readBilling } from '../../src/jobs/read-billing.ts';
import { plusDays } from '../../src/policy/costs/days.ts';
import type { BilledHour } from '../../src/policy/costs/hours.ts';
import { HOUR_MS, hourOf } from '../../src/policy/costs/hours.ts';
import { key } from '../../src/store/keys.ts';
import { governed } from '../jobs/context.ts';
import { ALICE } from '../policy/rows.ts';
import { type Stage, stage } from '../scans/stage.ts';
import { useRedis } from '../store/redis.ts';
import { digestDue, digestsIn, turn } from './staged.ts';

const DAY = 24 * HOUR_MS;
const redis = useRedis();
const signal = new AbortController().signal;

/** A worker over a RunPod in memory that billed a dollar an hour for 40 days. */
function worker(zone = 'Europe/Berlin') {
  const made = governed(redis.client());
  const { context, provider, time } = made;
  const in_ = (timezone: string) => ({
    ...context,
    governance: {
      ...context.governance,
      rooms: [{ name: 'gpu', timezone, channels: [{ chat: 'slack' }], digest: [] }],
    },
  });
  const bill = (start: number, usd: number) => {
    const hour: Omit<BilledHour, 'readAt'> = {
      total: usd,
      products: { pods: { gpu: usd } },
      parts: [['pods', 'a', { gpu: usd }]],
    };
    provider.billed.set(start, hour);
  };
  for (let start = hourOf(time.now) - 40 * DAY; start <= time.now; start += HOUR_MS) bill(start, 1);
  return { ...made, context: in_(zone), in_, bill };
}

describe('days', () => {
  it('of a timezone that is new are rolled up from what was read before', async () => {
    const { context, in_ } = worker();
    await readBilling.handle({}, context, signal);
    expect((await context.costs.sums('Europe/Berlin')).size).toBeGreaterThan(34);
    await readBilling.handle({}, in_('America/New_York'), signal);
    expect((await context.costs.sums('America/New_York')).size).toBeGreaterThan(34);
  });

  it('are rolled up by the next read where a worker died before it could', async () => {
    const { context } = worker();
    const { costs } = context;
    const dying = Object.assign(Object.create(costs), { saveDay: () => Promise.reject(new Error('killed')) });
    await expect(readBilling.handle({}, { ...context, costs: dying }, signal)).rejects.toThrow('killed');
    await readBilling.handle({}, context, signal);
    expect((await costs.sums('Europe/Berlin')).size).toBeGreaterThan(34);
  });

  it.each([
    ['claims', '{"rev":1,"pods":[]}'],
    ['a claim', '{"rev":1,"pods":{"a":7}}'],
  ])('are not nobody’s for good where %s could not be read', async (_, garbage) => {
    const { context } = worker();
    const sums = () => context.costs.sums('Europe/Berlin');
    await context.owners.change(() => ({ a: { by: ALICE, room: null, at: 0 } }), []);
    const claims = await redis.client().hget(key('owners'), 'json');
    await redis.client().hset(key('owners'), 'json', garbage);
    await readBilling.handle({}, context, signal);
    const meanwhile = [...(await sums()).values()];
    expect(meanwhile.length).toBeGreaterThan(34);
    expect(meanwhile.filter(({ final }) => final)).toEqual([]);
    await redis.client().hset(key('owners'), 'json', claims ?? '');
    await readBilling.handle({}, context, signal);
    const days = [...(await context.costs.days('Europe/Berlin', [...(await sums()).keys()])).values()];
    expect(days.filter(({ final }) => final).length).toBeGreaterThan(30);
    expect(days.flatMap(({ lines }) => lines).filter(({ owner }) => owner?.person !== ALICE.person)).toEqual([]);
  });

  it('stay what they were while RunPod fails, whatever it fails with, and that is remembered', async () => {
    const { context, provider, time } = worker();
    await readBilling.handle({}, context, signal);
    const before = await context.costs.sums('Europe/Berlin');
    time.now += 2 * HOUR_MS;
    for (const failure of [
      () => new ProviderFailure('unavailable', { detail: 'down' }),
      () => new Error('timed out') as ProviderFailure,
    ]) {
      provider.failures.billing = [failure];
      await readBilling.handle({}, context, signal);
      expect(await context.costs.trouble()).toMatchObject({ since: time.now });
    }
    expect((await context.costs.sums('Europe/Berlin')).size).toBe(before.size);
    await readBilling.handle({}, context, signal);
    expect(await context.costs.trouble()).toBeNull();
  });

  it('fold to the same sums, however many are asked for', async () => {
    const { context } = worker('UTC');
    await readBilling.handle({}, context, signal);
    const { days, missing } = await stretch(context.costs, 'UTC', '2026-10-30', '2026-11-23');
    expect(missing).toBe(0);
    expect(days).toHaveLength(1);
    expect(days[0]).toMatchObject({
      total: 25 * 24e6,
      hours: 25 * 24,
      final: false,
      lines: [{ id: 'a', amounts: { gpu: 25 * 24e6 } }],
    });
  });

  it('of which hours are not billed yet stand on what scans saw, for half a day', async () => {
    const { context, bill, time } = worker('UTC');
    const start = hourOf(time.now) - HOUR_MS;
    bill(start, 0);
    const meter = [['HINCRBYFLOAT', `{podwarden}:cost:meter:${start / HOUR_MS}`, 'pods gpu a', '5000000']] as const;
    for (const [command, ...args] of meter) await redis.client().call(command, ...args);
    await readBilling.handle({}, context, signal);
    expect((await context.costs.sums('UTC')).get('2026-11-24')?.estimated).toBe(1);
    time.now += 14 * HOUR_MS;
    await readBilling.handle({}, context, signal);
    expect((await context.costs.sums('UTC')).get('2026-11-24')?.estimated).toBe(0);
  });
});

it('a budget is not known before the bill was read, and not taken for unspent', async () => {
  const { context, time } = worker('UTC');
  const rules = { base: new Map([['team', { day: 1e6, month: null }]]), beyond: 'ask' as const };
  const ask = () => budgetsIn('UTC', time.now, { costs: context.costs, budgets: context.budgets, rules });
  expect(await ask()).toBe('unread');
  await readBilling.handle({}, context, signal);
  expect(await ask()).toMatchObject([{ scope: 'team', spent: expect.any(Number) }]);
});

describe('the record of a digest', () => {
  it('is written once, whatever step its worker dies at, and is owed to the chats until it is told', async () => {
    const made = worker('UTC');
    const { time, enqueued } = made;
    const room = { name: 'gpu', timezone: 'UTC', channels: [{ chat: 'slack' }], digest: ['daily' as const] };
    const context = { ...made.context, governance: { ...made.context.governance, rooms: [room] } };
    await turn({ context });
    const written: string[] = [];
    const STEPS = 26;
    let deaths = 0;
    for (let step = 0; step < STEPS; step++) {
      time.now += DAY;
      // Dies right before the n-th thing that it would do of the digest.
      let left = step;
      const dying = <T extends object>(of: T, ...names: (keyof T)[]): T => {
        const mortal = Object.create(of);
        for (const name of names) {
          const run = (of[name] as (...args: unknown[]) => Promise<unknown>).bind(of);
          mortal[name] = async (...args: unknown[]) => {
            if (left-- === 0) throw new Error('killed');
            return run(...args);
          };
        }
        return mortal;
      };
      const mortal = {
        ...dying(context, 'enqueue'),
        ...context,
        enqueue: dying(context, 'enqueue').enqueue,
        digests: dying(context.digests, 'done', 'write', 'untold'),
        costs: dying(context.costs, 'days', 'sums', 'hoursRead', 'saveHours', 'saveDay'),
        snapshots: dying(context.snapshots, 'lastRuns', 'ran'),
        audit: dying(context.audit, 'head'),
      };
      deaths += await turn({ context: mortal }).then(
        () => 0,
        () => 1,
      );
      await turn({ context });
      const untold = await context.digests.untold();
      written.push(...untold);
      for (const id of untold) await context.digests.told(id, (await context.digests.get(id))?.rev ?? 0);
    }
    expect(deaths).toBeGreaterThan(12);
    // One a day, none left out; those that billing corrects are owed once more.
    expect([...new Set(written)].sort()).toEqual(
      Array.from({ length: STEPS }, (_, i) => `daily_${plusDays('2026-11-24', i)}_gpu`).sort(),
    );
    const told = new Set(
      enqueued.filter(({ name }) => name === 'announce-digest').map(({ payload }) => JSON.stringify(payload)),
    );
    expect(told.size).toBe(STEPS);
  });
});

describe('a digest', () => {
  const POLICY =
    'rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "800000000000000001", money: true } } }\n';
  let s: Stage;
  beforeEach(async () => {
    s = await digestDue(redis.path(), POLICY);
  }, 60_000);
  afterEach(async () => {
    await s?.close();
  });

  it('waits for a channel that is closed, and does not hold up the other', async () => {
    const channel = s.slack.workspace.channelNamed('gpu');
    channel.members.delete(s.slack.workspace.bot.user);
    await turn(s);
    await expect.poll(() => digestsIn(s, 'discord').length).toBe(1);
    expect(digestsIn(s, 'slack')).toEqual([]);
    expect(await s.context.digests.untold()).toHaveLength(1);
    channel.members.add(s.slack.workspace.bot.user);
    await expect.poll(() => digestsIn(s, 'slack').length, { timeout: 60_000, interval: 500 }).toBe(1);
    await s.quiet();
    expect(digestsIn(s, 'discord')).toHaveLength(1);
  }, 90_000);

  it('is told nowhere where money may not be shown', async () => {
    await s.close();
    s = await stage(redis.path(), POLICY.replace(', money: true', ''), 100_000);
    s.time.now = Date.parse('2026-11-25T09:00:00Z');
    await turn(s);
    await expect.poll(() => digestsIn(s, 'slack').length).toBe(1);
    await s.quiet();
    expect(digestsIn(s, 'discord')).toEqual([]);
  }, 60_000);

  it('comes without its picture where that cannot be sent', async () => {
    const { files } = s.slack.workspace;
    // Every upload is refused: the address is known, and takes no bytes.
    const set = files.set.bind(files);
    files.set = (id, file) => set(id, { ...file, length: -1 });
    await turn(s);
    await s.quiet();
    expect(digestsIn(s, 'slack')).toHaveLength(1);
    expect(digestsIn(s, 'slack')[0]).not.toContain('[Costs of');
    expect(digestsIn(s, 'discord')[0]).toContain('[Costs of');
  });

  it('of a clock that was ahead does not silence those of the days that come', async () => {
    await turn(s);
    const now = s.time.now;
    s.time.now = now + 4 * DAY;
    await turn(s);
    s.time.now = now + HOUR_MS;
    await turn(s);
    s.time.now = now + DAY;
    await s.scan();
    await turn(s);
    await s.quiet();
    const titles = digestsIn(s, 'slack').map((text) => /Costs [^:]+/.exec(text)?.[0]);
    expect(titles.filter((title) => title === 'Costs Wed 25 Nov')).toHaveLength(1);
    expect(titles.filter((title) => title === 'Costs Tue 24 Nov')).toHaveLength(1);
  });
});
