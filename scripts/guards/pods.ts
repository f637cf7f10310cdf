import type { Guard } from './guard.ts';

const GONE = { file: 'src/jobs/gone.ts', test: 'test/jobs/gone.test.ts' };
const PODS = 'test/jobs/pods.test.ts';
const TERMINATE = 'test/jobs/terminate.test.ts';
const JUDGED = { file: 'src/store/approvals.ts', test: 'test/store/judged.test.ts' };
const MOVES = { file: 'src/policy/approval-moves.ts', test: 'test/policy/approval-moves.test.ts' };
const ROWS = { file: 'src/policy/ledger-moves.ts', test: 'test/policy/ledger-moves.test.ts' };

const ONE_POD: Guard[] = [
  {
    guard: 'the settle time that ships',
    file: 'src/entry/worker.ts',
    without: 'settleMs: 180_000,',
    to: 'settleMs: 90_000,',
    test: 'test/entry/timings.test.ts',
    name: 'longer than the create itself may take',
  },
  {
    guard: 'no new attempt before the settle time has passed',
    file: 'src/jobs/settle.ts',
    without: 'waited < needed || ',
    test: PODS,
    name: 'with the settings that ship, waits both lists answer',
  },
  {
    guard: 'without the second list, twice the settle time',
    file: 'src/jobs/settle.ts',
    without: ' * (look.onlyOneList ? 2 : 1)',
    test: PODS,
    name: 'with the settings that ship, waits the second list is retired',
  },
  {
    guard: 'a failed look for a launch proves nothing',
    file: 'src/jobs/settle.ts',
    without: "  if (look === 'unreadable') return;\n  if (look.pod)",
    to: "  if (look !== 'unreadable' && look.pod)",
    test: PODS,
    name: 'creates nothing while the lists cannot be read',
  },
  {
    guard: 'a launch is absent only after two looks',
    file: 'src/jobs/settle.ts',
    without: ' || last.absentReads + 1 < ABSENT_READS',
    test: PODS,
    name: 'creates nothing while the lists cannot be read',
  },
  {
    guard: 'a spot pod is started under its ceiling',
    file: 'src/jobs/start-pod.ts',
    without: 'bid !== null && bid <= (spec.bidCeilingMicroUsd ?? 0)',
    to: 'bid !== null',
    test: PODS,
    name: 'bids no more for a spot pod than its ceiling',
  },
  {
    guard: 'a launch beyond a budget is allowed only while it is asked about',
    ...ROWS,
    without:
      "    if (now - row.createdAt > ASK_TTL_MS) return notAllowed('Nobody allowed it within 30 minutes.', now)(row);\n",
    name: 'is allowed within half an hour and by nobody later',
  },
  {
    guard: 'no read brings a terminated row back',
    ...ROWS,
    without: '    if (!OPEN.includes(row.status)) return null;\n    return enter(row, status, now, { facts: facts',
    to: '    return enter(row, status, now, { facts: facts',
    name: 'a row that has ended is brought back by no read',
  },
  {
    guard: 'a read that is older than what was done moves no row',
    file: 'src/jobs/follow-rows.ts',
    without: ' || since >= memory.lastAt',
    test: 'test/jobs/follow-rows.test.ts',
    name: 'follows only what is newer',
  },
];

const ITS_END: Guard[] = [
  {
    guard: 'a DELETE is claimed on exactly the record that was judged',
    ...JUDGED,
    without: ' || canonical(stored.record) !== canonical(judged)',
    name: 'a claim to delete is lost where the record moved on',
  },
  {
    guard: 'the breaker counts two at once',
    ...JUDGED,
    without: '      checks: [{ key: BREAKER_KEY, rev: state.rev }],\n',
    name: 'of two workers that claim to delete at once',
  },
  {
    guard: 'two scans at once are not both believed',
    ...JUDGED,
    file: 'src/store/findings.ts',
    without: 'const checks = [{ key: SCAN, rev }, ',
    to: 'const checks = [',
    name: 'of two scans that read the same memory',
  },
  {
    guard: 'a pod that the list shows is not gone',
    ...GONE,
    without: "    if (listed && stateOf(listed) !== 'gone') return false;\n",
    name: 'in the list alone',
  },
  {
    guard: 'a spot pod that the other list shows is not gone',
    ...GONE,
    without: '    if (!spot) return true;\n',
    to: '    return true;\n',
    name: 'in the other list alone',
  },
  {
    guard: 'another list that does not answer proves nothing',
    ...GONE,
    without: 'others !== null && !others.has(podId)',
    to: '!others?.has(podId)',
    name: 'and the other list failed: spot true',
  },
  {
    guard: 'gone is read twice',
    ...GONE,
    without: '    if (!(await missing())) return false;\n    const { pods, unread }',
    to: '    const { pods, unread }',
    name: 'by id at the second read',
  },
  {
    guard: 'a claim that nothing was sent on is no DELETE',
    file: 'src/jobs/terminate-pod.ts',
    without: 'await context.approvals.move(record.id, moves.unsent(number), ',
    to: 'await context.approvals.move(record.id, (state) => ({ ...state, rev: state.rev + 1 }), ',
    test: 'test/jobs/terminate.test.ts',
    name: 'a claim that nothing was sent on is no DELETE',
  },
  {
    guard: 'a second worker waits for a DELETE that may be on its way',
    file: 'src/jobs/terminate-pod.ts',
    without: '    if (age <= CLAIM_FRESH_MS) throw new TryLater(CLAIM_FRESH_MS);\n',
    test: TERMINATE,
    name: 'a second worker touches nothing while the first may still be sending',
  },
  {
    guard: 'five DELETEs are the most',
    file: 'src/jobs/terminate-pod.ts',
    without: '(record.attempt?.number ?? 0) >= MAX_SENDS',
    to: 'false',
    test: TERMINATE,
    name: 'a pod that stays after five DELETEs',
  },
  {
    guard: 'a list from before a request ends no request',
    file: 'src/jobs/review-requests.ts',
    without: 'readAt > record.since && ',
    test: TERMINATE,
    name: 'takes a list from before the request for nothing',
  },
  {
    guard: 'a request is not void while its DELETE is on the way',
    ...MOVES,
    without: "    if (record.status === 'executing' && record.attempt?.state === 'sending') return null;\n",
    name: 'is not void while its DELETE is on the way',
  },
  {
    guard: 'too many at once wait for a person',
    ...MOVES,
    without: "record.hold !== 'breaker' && record.dueAt !== null && now >=",
    to: 'record.dueAt !== null && now >=',
    name: 'is due only when a person let it through',
  },
  {
    guard: 'the owner’s wait is ended by nobody else',
    ...MOVES,
    without: "record.status !== 'held' || record.hold !== 'breaker'",
    to: "record.status !== 'held'",
    name: 'that waits for its owner is let through by nobody else',
  },
  {
    guard: 'a vote without accounts is none',
    ...MOVES,
    without: ' || vote.accounts.length === 0',
    name: 'takes no vote of somebody whose accounts are not known',
  },
];

/** What is asked of RunPod, and what of it is believed. */
export const POD_GUARDS: readonly Guard[] = [...ONE_POD, ...ITS_END];
