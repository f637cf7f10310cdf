import type { Guard } from './guard.ts';

const WATCHED = 'test/jobs/watch-store.test.ts';

/** What holds where Redis loses what it held. */
export const STORE_GUARDS: readonly Guard[] = [
  {
    guard: 'no approval of an older state of Redis is believed',
    file: 'src/store/audit.ts',
    without: 'return this.process.tail.follow();',
    to: 'return Promise.resolve();',
    test: WATCHED,
    name: 'carries out no approval that it holds, though it was taken back since',
  },
  {
    guard: 'who starts after Redis was put back does not believe its old approvals either',
    file: 'src/store/witness.ts',
    without: '    if (found.doubted > 0) this.audit.doubt(found.doubted);\n',
    test: WATCHED,
    name: 'carries none out either after it was written to again, nor in a process that starts afterwards',
  },
  {
    guard: 'a Redis that was put back and written to again is still noticed',
    file: 'src/policy/store-loss.ts',
    without: "return whole ? 'same' : 'rolled-back';",
    to: "return 'same';",
    test: WATCHED,
    name: 'is said once, and requests made afterwards are carried out',
  },
  {
    guard: 'a worker that was seen once is missed whatever the store says',
    file: 'src/store/snapshots.ts',
    without: 'return this.met.get(part) ?? null;',
    to: 'return at === null ? null : Number(at);',
    test: 'test/jobs/watch.test.ts',
    name: 'a worker that was seen once is missed though the store forgot it',
  },
  {
    guard: 'whoever asked hears of a lost request once',
    file: 'src/store/witness.ts',
    without: '.filter(({ id }) => !loss.told.includes(id))',
    test: WATCHED,
    name: 'has whoever asked for a lost request hear it, once',
  },
];
