import type { Guard } from './guard.ts';

const MOVES = { file: 'src/policy/approval-moves.ts', test: 'test/policy/approval-moves.test.ts' };
const REQUESTS = { file: 'src/store/approvals.ts', test: 'test/store/approvals.test.ts' };
const FORGED = 'test/jobs/forged.test.ts';
const READS = { file: 'src/bot/live-reads.ts', test: 'test/bot/people.test.ts' };
const FLIGHTS = { file: 'src/bot/flights.ts', test: READS.test };
const DISPATCH = 'src/bot/dispatch.ts';
const PIN = { file: 'src/store/account-pin.ts', test: 'test/entry/account-gate.test.ts' };

const ENOUGH: Guard[] = [
  {
    guard: 'nothing is sent without as many persons as the quorum says',
    ...MOVES,
    without: 'personsIn(record.votes) < record.quorum || record.votes.some',
    to: 'record.votes.some',
    name: 'is not sent with fewer persons than its quorum',
  },
  {
    guard: 'nothing is sent that the requester approved',
    ...MOVES,
    without: ' || record.votes.some((v) => overlap(v.accounts, record.self)))',
    to: ')',
    name: 'cannot be sent once an approver turned out to be the requester',
  },
  {
    guard: 'nothing is sent for another pod than was approved',
    ...MOVES,
    without: "    if (compare(record.fingerprint, live).kind === 'changed') return null;\n",
    name: 'is not sent for a pod that is another than was approved',
  },
  {
    guard: 'no vote counts after a request has expired',
    ...MOVES,
    without: ' || vote.at >= record.expiresAt',
    name: 'takes a vote until the moment at which it expires',
  },
  {
    guard: 'nobody approves their own request',
    ...MOVES,
    without: 'overlap(vote.accounts, record.self) || ',
    name: 'takes no vote of the requester, nor of an account joined with theirs',
  },
  {
    guard: 'a request is not made from links that have changed',
    ...REQUESTS,
    without: "      if (Number((await this.redis.hget(guard.key, 'rev')) ?? 0) !== guard.rev) return null;\n",
    name: 'are not written where the links that they were made from have changed',
  },
  {
    guard: 'a request is not made from links that change while it is written',
    ...REQUESTS,
    without: '        guard,\n',
    name: 'are not written either where the links change between the look at them and the write',
  },
];

const LIVE: Guard[] = [
  {
    guard: 'a read that a chat has answered is not shared',
    ...FLIGHTS,
    without: '      if (this.open.get(key) === flight) this.open.delete(key);\n',
    name: 'again after a read has ended',
  },
  {
    guard: 'a read that was sent before a click decides nothing of it',
    ...FLIGHTS,
    without: 'before.then(() => read(close))',
    to: 'before.then(() => read(() => {}))',
    name: 'never by a read that was sent before the click',
  },
  {
    guard: 'groups that a decision hangs on are asked as of the click',
    file: 'src/bot/group-reads.ts',
    without: 'deciding.has(group) ? null : this.lately(group, wanted)',
    to: 'this.lately(group, wanted)',
    test: 'test/bot/group-reads.test.ts',
    name: 'has a right given or taken in any of these as of the click',
  },
  {
    guard: 'reads that are under way are shared',
    ...FLIGHTS,
    without: '    if (shared) return shared;\n',
    name: 'once or twice for fifty clicks at once',
  },
  {
    guard: 'workers judge by what was read live',
    ...READS,
    without: 'return this.keep(account, answer);',
    to: 'return answer.stamp === null ? this.keep(account, answer) : { member: answer.member, unread: null };',
    name: 'somebody who has just become an approver stays one',
  },
  {
    guard: 'a form’s submit is judged by what the chats say then',
    file: DISPATCH,
    without:
      "const asker = await this.asker(task, services, { live: ['approve', ...(action.access ? [action.access] : [])] });",
    to: "const asker = await this.asker(task, services, 'kept');",
    test: READS.test,
    name: 'by what the chats say then, not by what was kept when it opened a request to terminate',
  },
  {
    guard: 'a click decides by what the chats say then',
    file: DISPATCH,
    without: 'live: async (...rights) => (isLiveFor(rights, reading) ? standing : standingBy({ live: rights })),',
    to: 'live: async () => standing,',
    test: READS.test,
    name: 'a click decides by what the chats say then v1.approve.b1!',
  },
];

const SIGNED: Guard[] = [
  {
    guard: 'who decides on a card decides on the requests of its own form alone',
    file: REQUESTS.file,
    without: '.filter((record) => record.altered || record.batch === id)',
    test: 'test/inbox/replayed.test.ts',
    name: 'an approval is for the requests of its own form',
  },
  {
    guard: 'nobody with Redis alone has the bot say something to somebody',
    file: 'src/store/replies.ts',
    without: ', mac) ? (JSON.parse(json) as object)',
    to: ", mac) || mac !== '' ? (JSON.parse(json) as object)",
    test: 'test/store/replies.test.ts',
    name: 'nothing is said in the bot’s name that somebody with Redis alone wrote',
  },
  {
    guard: 'a record whose signature does not hold is void',
    ...REQUESTS,
    without: 'holds && votesHold ?',
    to: 'votesHold ?',
    test: FORGED,
    name: 'is void with a smaller quorum',
  },
  {
    guard: 'a vote whose signature does not hold voids its record',
    ...REQUESTS,
    without: 'holds && votesHold ?',
    to: 'holds ?',
    test: FORGED,
    name: 'deletes nothing where its record is signed and one of its votes is not',
  },
  {
    guard: 'a record without a signature is void',
    ...REQUESTS,
    without: "problem: 'unsigned' }",
    to: 'problem: null }',
    test: FORGED,
    name: 'deletes nothing where it was invented',
  },
  {
    guard: 'a request that the log knows is not asked for anew by what was put back',
    ...REQUESTS,
    without: '    if (write.again) await this.audit.neverNamed(wanted.map(({ id }) => id));\n',
    test: 'test/inbox/replayed.test.ts',
    name: 'a request that was denied is not asked for anew',
  },
  {
    guard: 'people decide by what the pod is held to',
    file: 'src/bot/commands/terminating.ts',
    without: '...factsOf(read, row.facts),',
    to: '...factsOf(pod, row.facts),',
    test: 'test/bot/asked-pod.test.ts',
    name: 'a request shows its pod as the pod is held to',
  },
  {
    guard: 'a vote is bound to its request',
    file: 'src/policy/approval-seal.ts',
    without: 'if (!signed(votePayload(record, vote, given), mac)) return false;',
    test: 'test/policy/approval-seal.test.ts',
    name: 'a signed vote does not hold for another request',
  },
  {
    guard: 'an older version of a record is void',
    ...REQUESTS,
    without: "logged.rev === record.rev && logged.seal === seal ? null : 'rolled-back'",
    to: 'null',
    test: FORGED,
    name: 'deletes nothing: the log saw it canceled',
  },
  {
    guard: 'an older version that is put back right before the claim is not claimed',
    ...REQUESTS,
    without: '      problem = await this.behindLog(before);\n',
    test: FORGED,
    name: 'deletes nothing where it is put back between the worker’s reads and its claim',
  },
  {
    guard: 'a record that was altered is said, logged and void before RunPod is asked anything',
    file: 'src/jobs/terminate-pod.ts',
    without: '    if (record?.altered) return voidAltered(context, record);\n',
    test: FORGED,
    name: 'deletes nothing where approvals were written into it, and is void, said, logged and audited',
  },
];

const OURS: Guard[] = [
  {
    guard: 'a Redis is about one RunPod account',
    ...PIN,
    without: '    if ((await this.redis.get(ACCOUNT)) !== mine) throw new AccountMismatch();\n',
    name: 'is the first that came',
  },
  {
    guard: 'the first RunPod account stays the one',
    ...PIN,
    without: "if ((await this.redis.get(ACCOUNT)) === null) await this.redis.set(ACCOUNT, mine, 'NX');",
    to: 'await this.redis.set(ACCOUNT, mine);',
    name: 'is the first that came',
  },
  {
    guard: 'nothing passes to RunPod before its account is known',
    ...PIN,
    file: 'src/entry/account-gate.ts',
    without: "if (name === 'sunset' || gate.isOpen()) return method;",
    to: 'return method;',
    name: 'is checked with the first answer where RunPod was away at the start',
  },
  {
    guard: 'a bot with a wrong clock refuses what depends on the time',
    file: 'src/bot/clock-refusal.ts',
    without: "clockState(difference) !== 'wrong' || ",
    to: 'true || ',
    test: 'test/bot/clock-refusal.test.ts',
    name: 'refuses what starts, spends, deletes or grants',
  },
  {
    guard: 'Stop works on any clock',
    file: 'src/bot/clock-refusal.ts',
    without: ' || ON_ANY_CLOCK.has(what)',
    test: 'test/bot/clock-refusal.test.ts',
    name: 'refuses what starts, spends, deletes or grants',
  },
  {
    guard: 'commands, clicks and forms are asked for the clock',
    file: DISPATCH,
    without: 'const wrongClock = clockRefusal(what, this.services.clocks);',
    to: 'const wrongClock = null;',
    test: 'test/inbox/clock.test.ts',
    name: 'carries out what it may on any clock, and refuses the rest',
  },
  {
    guard: 'a worker with a wrong clock deletes nothing',
    file: 'src/jobs/terminate-pod.ts',
    without: '  if (!mayAct(context, name.name)) return;\n',
    test: 'test/jobs/clocks.test.ts',
    name: 'a worker on a machine that is 6 minutes off deletes nothing',
  },
  {
    guard: 'a worker that slept since its claim deletes nothing on it',
    file: 'src/jobs/terminate-pod.ts',
    without: 'slept || after - before > CLAIM_FRESH_MS',
    to: 'after - before > CLAIM_FRESH_MS',
    test: 'test/jobs/clocks.test.ts',
    name: 'deletes nothing on that claim, and judges it anew',
  },
  {
    guard: '/pod audit shows nothing that the chain does not prove',
    file: 'src/store/audit.ts',
    without: 'macOf(this.secret, before, logged.json) === logged.mac ?',
    to: 'logged.json ?',
    test: 'test/store/audit.test.ts',
    name: 'shows nothing that somebody with Redis alone wrote, altered or moved',
  },
  {
    guard: 'the audit log’s export runs nothing in a spreadsheet',
    file: 'src/entry/audit-command.ts',
    without: '.test(cell) ?',
    to: '.test(cell) && false ?',
    test: 'test/store/audit.test.ts',
    name: 'exports no cell that begins like a formula',
  },
  {
    guard: 'a file of costs runs nothing in a spreadsheet',
    file: 'src/bot/views/costs/csv.ts',
    without: 'FORMULA.test(value) ?',
    to: 'false ?',
    test: 'test/bot/costs.test.ts',
    name: 'a spreadsheet runs none of them',
  },
];

/** Who decides, on what, and what is believed of it. */
export const TRUST_GUARDS: readonly Guard[] = [...ENOUGH, ...LIVE, ...SIGNED, ...OURS];
