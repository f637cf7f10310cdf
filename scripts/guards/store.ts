import type { Guard } from './guard.ts';

const WATCHED = 'test/jobs/watch-store.test.ts';
const FULL = 'test/jobs/out-of-memory.test.ts';

/** What holds where Redis loses what it held, or takes nothing any more. */
export const STORE_GUARDS: readonly Guard[] = [
  {
    guard: 'a Redis that is full keeps no bot from starting',
    file: 'src/entry/owed-writes.ts',
    without: 'if (!isOutOfMemory(error)) throw error;',
    to: 'throw error;',
    test: 'test/entry/full-start.test.ts',
    name: 'a bot starts while Redis is out of memory',
  },
  {
    guard: 'a stop past a full Redis is known to the scans',
    file: 'src/jobs/direct-stop.ts',
    without: '    this.asked.set(pod, clocks.now());\n',
    test: 'test/jobs/scan.test.ts',
    name: 'does not call a stop that went past a full Redis one from elsewhere',
  },
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
  {
    guard: 'a stop that passes by Redis without a write is taken from bots alone',
    file: 'src/store/direct-line.ts',
    without: ', json, mac)) return null;\n',
    to: ', json, mac)) json.at(0);\n',
    test: FULL,
    name: 'passes on no stop of somebody without the audit key',
  },
  {
    guard: 'who may not stop does not where Redis is out of memory either',
    file: 'src/bot/out-of-memory.ts',
    without: 'const { may, person } = await this.standing(work.account);',
    to: 'const { person } = await this.standing(work.account);\n    const may = true;',
    test: FULL,
    name: 'stops nothing for who may not',
  },
  {
    guard: 'a Redis that takes no writes is not asked for jobs thousands of times a second',
    file: 'src/jobs/run.ts',
    without: '    if (isOutOfMemory(error)) rest(worker);\n',
    test: FULL,
    name: 'has a worker rest instead of asking for jobs thousands of times a second',
  },
];
