import { expect, it } from 'vitest';
import { seldom } from '../../src/entry/repeatedly.ts';

it('a read that hangs holds up no other part of the watch, is not begun twice, and is begun again afterwards', async () => {
  let begun = 0;
  let release = () => {};
  const turn = seldom(
    () => {
      begun += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
    2,
    () => {},
  );
  for (let turns = 0; turns < 4; turns++) await turn();
  expect(begun).toBe(1);
  release();
  await expect.poll(() => turn().then(() => begun)).toBe(2);
});

it('a read that fails is told, and is begun again', async () => {
  const told: string[] = [];
  const turn = seldom(
    () => Promise.reject(new Error('away')),
    1,
    ({ message }) => told.push(message),
  );
  await expect.poll(() => turn().then(() => told.length)).toBeGreaterThan(1);
});
