import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seldom } from '../../src/entry/repeatedly.ts';

it('a read that hangs holds up no other part of the watch, is not begun twice, and is begun again afterwards', async () => {
  let begun = 0;
  let turns = 0;
  let release = () => {};
  const turn = seldom(
    () => {
      begun += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
    { everyMs: 2, now: () => turns++ },
    () => {},
  );
  for (let i = 0; i < 4; i++) await turn();
  expect(begun).toBe(1);
  release();
  await expect.poll(() => turn().then(() => begun)).toBe(2);
});

it('a read that fails is told, and is begun again', async () => {
  const told: string[] = [];
  const turn = seldom(
    () => Promise.reject(new Error('away')),
    { everyMs: 0, now: () => 0 },
    ({ message }) => told.push(message),
  );
  await expect.poll(() => turn().then(() => told.length)).toBeGreaterThan(1);
});

it('a read is begun when its time has come on the clock that it is given, and also where that clock was set back', async () => {
  let now = 1_000_000;
  let begun = 0;
  const turn = seldom(
    async () => {
      begun += 1;
    },
    { everyMs: 300_000, now: () => now },
    () => {},
  );
  const counts: number[] = [];
  for (const passed of [0, 299_999, 1, 15_000, 360_000, -3_600_000, 15_000]) {
    now += passed;
    await turn();
    // What was begun is over before the next turn.
    await setImmediate();
    counts.push(begun);
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 4, 4]);
});
