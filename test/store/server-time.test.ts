import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockReport, MachineClocks } from '../../src/store/machine-clocks.ts';
import { estimate, MAX_ROUND_TRIP_MS, type Sample, ServerTime } from '../../src/store/server-time.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const MINUTE = 60_000;
const TRUE = Date.parse('2026-11-24T10:00:00Z');

/** A question that took `there` and `back` ms, from a machine whose clock is `ahead` and that was switched on `up` ms ago. */
function sample(ahead: number, there: number, back: number, up = 5000): Sample {
  return {
    sent: { wall: TRUE + ahead, steady: up },
    received: { wall: TRUE + ahead + there + back, steady: up + there + back },
    server: TRUE + there,
  };
}

describe('the estimate of how far a clock is off', () => {
  it.each([
    ['a machine that agrees', [sample(0, 1, 1)], 0],
    ['a machine that is 12 minutes ahead', [sample(12 * MINUTE, 1, 1)], 12 * MINUTE],
    ['a machine that is 20 minutes behind', [sample(-20 * MINUTE, 3, 3)], -20 * MINUTE],
    ['an answer that came slowly and one that came fast', [sample(500, 900, 0), sample(500, 1, 1)], 500],
  ])('of %s', (_, samples, ahead) => {
    expect(estimate(samples)?.ahead).toBe(ahead);
  });

  it('refuses what took too long, and what the machine slept or was set in', () => {
    const slow = sample(0, MAX_ROUND_TRIP_MS, 1);
    const slept = { ...sample(0, 1, 1), received: { wall: TRUE + 60_000, steady: 5002 } };
    const setBack = { ...sample(0, 1, 1), received: { wall: TRUE - 60_000, steady: 5002 } };
    expect([slow, slept, setBack].map((one) => estimate([one]))).toEqual([null, null, null]);
    expect(estimate([])).toBeNull();
    expect(estimate([slow, slept, setBack, sample(7, 2, 2)])?.ahead).toBe(7);
  });

  it('is wrong by at most half of the shortest round trip, whatever the network does', () => {
    const ms = fc.integer({ min: 0, max: 900 });
    const far = fc.integer({ min: -90 * 24 * 60 * MINUTE, max: 90 * 24 * 60 * MINUTE });
    fc.assert(
      fc.property(far, fc.array(fc.tuple(ms, ms), { minLength: 1, maxLength: 8 }), (ahead, trips) => {
        const measured = estimate(trips.map(([there, back]) => sample(ahead, there, back)));
        const shortest = Math.min(...trips.map(([there, back]) => there + back));
        expect(measured?.error).toBe(shortest / 2);
        expect(Math.abs((measured?.ahead ?? Number.NaN) - ahead)).toBeLessThanOrEqual(shortest / 2);
      }),
    );
  });
});

/** A machine whose clocks only the test moves, beside a real Redis. */
async function machine(ahead: number) {
  const at = { wall: Date.now() + ahead, steady: 1000 };
  const time = new ServerTime(redis.client(), { wall: () => at.wall, steady: () => at.steady });
  await time.measure();
  const pass = (ms: number) => {
    at.wall += ms;
    at.steady += ms;
  };
  return { time, at, pass };
}

describe('the time of Redis on a machine', () => {
  it.each([0, 12, 20, -6])('that is %d minutes ahead is the time of Redis', async (minutes) => {
    const { time } = await machine(minutes * MINUTE);
    const [seconds] = await redis.client().time();
    expect(Math.abs(time.now() - Number(seconds) * 1000)).toBeLessThan(2000);
    expect(Math.abs(time.ahead() - minutes * MINUTE)).toBeLessThan(1000);
  });

  it('goes on evenly between measurements, in whole ms', async () => {
    const { time, pass } = await machine(0);
    const before = time.now();
    pass(1500);
    expect(time.now() - before).toBe(1500);
    expect(Number.isInteger(time.now())).toBe(true);
  });

  it('does not move where the clock is set back, and says at once that it differs', async () => {
    const { time, at } = await machine(0);
    const before = time.now();
    at.wall -= 20 * MINUTE;
    expect(time.now()).toBe(before);
    expect(time.ahead()).toBeLessThan(-19 * MINUTE);
    expect(time.jumped()).toBe(true);
    await time.measure();
    expect(time.jumped()).toBe(false);
    expect(Math.abs(time.now() - before)).toBeLessThan(2000);
  });

  it('does not move either where the clock is set ahead, or the machine slept: Redis says which it was', async () => {
    const { time, at } = await machine(0);
    const before = time.now();
    at.wall += 10 * MINUTE;
    expect(time.now()).toBe(before);
    expect(time.jumped()).toBe(true);
    await time.measure();
    expect(time.jumped()).toBe(false);
    expect(time.now() - before).toBeLessThan(2000);
  });

  it('stands still rather than to go back a little', async () => {
    const { time, at } = await machine(0);
    const before = time.now();
    // The steady clock ran fast: measured anew, it is earlier than was said.
    at.steady += 100;
    at.wall += 100;
    const said = time.now();
    at.steady -= 100;
    at.wall -= 100;
    expect(said - before).toBe(100);
    expect(time.now()).toBe(said);
  });

  it('is refused where nobody measured it', () => {
    expect(() => new ServerTime(redis.client()).now()).toThrow(/not measured/);
  });
});

describe('the list of clocks that differ', () => {
  it('names the worst first, and forgets who agrees again or has not said it for three minutes', async () => {
    const clocks = new MachineClocks(redis.client());
    const report = (ahead: number, at: number): ClockReport => ({ part: 'worker', host: 'gpu-box', ahead, at });
    await clocks.differs('a', report(3000, TRUE));
    await clocks.differs('b', report(-6 * MINUTE, TRUE));
    await clocks.differs('c', report(9000, TRUE - 4 * MINUTE));
    await redis.client().hset('{podwarden}:clocks', 'd', '{"of": "another release"}');
    expect((await clocks.differing(TRUE)).map(({ ahead }) => ahead)).toEqual([-6 * MINUTE, 3000]);
    await clocks.agrees('b');
    expect((await clocks.differing(TRUE)).map(({ ahead }) => ahead)).toEqual([3000]);
    expect(await redis.client().hlen('{podwarden}:clocks')).toBe(1);
  });
});
