import { expect, it } from 'vitest';
import { ownerOf } from '../../src/policy/ownership.ts';
import { BOB } from './requests.ts';
import { ALICE, newRow } from './rows.ts';

const people = [
  { key: 'alice', name: 'Alice', accounts: [ALICE.account], podPrefixes: ['sweep-'] },
  { key: 'bob', name: 'Bob', accounts: [BOB.account] },
  { key: 'ghost', name: 'Ghost', accounts: [] },
];
const claim = (by: typeof BOB | null) => ({ by, room: null, at: 0 });

it.each([
  ['whoever claimed it, before all others', 'alice-run7-k3f9t2', claim(BOB), newRow({ by: ALICE }), 'bob'],
  ['nobody, where its owner gave it up', 'alice-run7-k3f9t2', claim(null), newRow({ by: ALICE }), null],
  ['whoever launched it here', 'bob-run7-k3f9t2', undefined, newRow({ by: ALICE }), 'alice'],
  ['not whoever first acted on it', 'stray', undefined, newRow({ by: ALICE, spec: null }), null],
  ['by a prefix that the policy file gives', 'sweep-3', undefined, null, 'alice'],
  ['by the short name that begins one of our names', 'bob-run7-k3f9t2', undefined, null, 'bob'],
  ['by the short name alone', 'bob-thing', undefined, null, 'bob'],
  ['not by its mere beginning', 'bobby-thing', undefined, null, null],
  ['nobody without an account', 'ghost-thing', undefined, null, null],
])('a pod is owned by %s', (_, name, claimed, row, expected) => {
  expect(ownerOf(name, { claim: claimed, row, people })?.person ?? null).toBe(expected);
});
