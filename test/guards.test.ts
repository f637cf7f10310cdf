import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GUARDS } from '../scripts/guards/list.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const isThere = (path: string) => existsSync(new URL(`../${path}`, import.meta.url));

/** Whether the test of a guard fails without it takes minutes to find out: `npm run guards`. */
it('every guard that can be taken out stands in the code, once, and has a test file', () => {
  const stale = GUARDS.filter(({ file, without, test }) => read(file).split(without).length !== 2 || !isThere(test));
  expect(stale.map(({ guard, file }) => `${guard} (${file})`)).toEqual([]);
});

it('every guard has a name of its own, so that one of them can be taken out alone', () => {
  const names = GUARDS.map(({ guard }) => guard);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
