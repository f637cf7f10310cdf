import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { shareTime } from '../../src/entry/shared-time.ts';
import { MachineClocks } from '../../src/store/machine-clocks.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const MINUTE = 60_000;

/** A process on a machine whose clock the test sets, beside a real Redis. */
async function processOn(ahead: number) {
  const machine = { ahead };
  const said: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (_: object, text: string) => void said.push(text) };
  const clock = { wall: () => Date.now() + machine.ahead, steady: () => performance.now() };
  const time = await shareTime({ producer: redis.client() }, 'worker', log, clock);
  const named = async () => (await new MachineClocks(redis.client()).differing(Date.now())).map((one) => one.host);
  return { machine, said, time, named };
}

it('a process whose clock is right says nothing of it', async () => {
  const { said, time, named } = await processOn(0);
  expect(said).toEqual([]);
  expect(await named()).toEqual([]);
  await time.close();
});

it.each([
  [3000, /differs from Redis's: set it \(NTP\)/],
  [-6 * MINUTE, /is wrong: nothing but Stop is carried out here/],
])('a process %d ms ahead warns at its start, is named, and goes on with the time of Redis', async (ahead, warning) => {
  const { said, time, named } = await processOn(ahead);
  expect(said).toEqual([expect.stringMatching(warning)]);
  expect(await named()).toEqual([hostname()]);
  expect(Math.abs(time.clocks.now() - Date.now())).toBeLessThan(1000);
  expect(time.clocks.realNow() - time.clocks.now()).toBeLessThan(1000);
  await time.close();
  expect(await named()).toEqual([]);
});

it('a clock that is set while it runs is noticed within seconds, and forgotten once it is set right', async () => {
  const { machine, said, time, named } = await processOn(0);
  const before = time.clocks.now();
  machine.ahead = 20 * MINUTE;
  expect(time.clocks.now() - before).toBeLessThan(MINUTE);
  expect(time.clocks.jumped?.()).toBe(true);
  await expect.poll(named, { timeout: 10_000 }).toEqual([hostname()]);
  expect(time.clocks.jumped?.()).toBe(false);
  expect(said).toHaveLength(1);
  machine.ahead = 0;
  await expect.poll(named, { timeout: 10_000 }).toEqual([]);
  await time.close();
});
