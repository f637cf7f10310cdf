import type { Guard } from './guard.ts';

const SLACK = { file: 'src/bot/slack/people.ts', test: 'test/bot/membership.test.ts' };
const READS = { file: 'src/bot/people-reads.ts', test: 'test/bot/people-reads.test.ts' };
const LIVE = 'test/bot/people.test.ts';

/** Who is one of us, and what it costs where somebody cannot be read. */
export const PEOPLE_GUARDS: readonly Guard[] = [
  {
    guard: 'on Slack, whom it places in no workspace is no member',
    ...SLACK,
    without: "  if (teams.length === 0) return 'unknown';\n  if (!teams.includes(team)) return 'stranger';",
    to: "  if (teams.length > 0 && !teams.includes(team)) return 'stranger';",
    name: 'somebody whom Slack places nowhere is a unknown',
  },
  {
    guard: 'on Enterprise Grid, the list of workspaces counts and not the home',
    ...SLACK,
    without: 'grid?.teams ?? (home === undefined ? [] : [home]);',
    to: 'home === undefined ? (grid?.teams ?? []) : [home];',
    name: 'a member whose home is another workspace is a member',
  },
  {
    guard: 'an account is judged under the name that its chat gives it',
    file: 'src/bot/people.ts',
    without: 'reads.get(bare(account))?.member?.account ?? account;',
    to: 'account;',
    test: LIVE,
    name: 'is nobody of ours where Slack places them elsewhere',
  },
  {
    guard: 'whoever is placed in no workspace decides nothing',
    file: 'src/bot/live-reads.ts',
    without: "    if (facts.membership === 'unknown') return { member: null, unread: placelessText(account) };\n",
    test: LIVE,
    name: 'holds nothing where Slack places them nowhere, and hears that',
  },
  {
    guard: 'whoami is judged as a decision is',
    file: 'src/bot/commands/about.ts',
    without: "const now = await asker.live('approve');",
    to: 'const now = { ...asker, account: asker.who.account, person: asker.who.person };',
    test: LIVE,
    name: 'says the same as a decision: a right that was just taken away',
  },
  {
    guard: 'one account that cannot be read costs that account alone',
    ...READS,
    without: '        batch.failed.set(account, why);\n',
    to: '        throw error;\n',
    name: 'costs that account alone, and is named: it meets an outage',
  },
  {
    guard: 'who left has left, also where the chat does not show them any more',
    ...READS,
    without: " || byId.get(id)?.membership !== 'deactivated'",
    to: ' || true',
    name: 'that left, and is not shown any more, has still left',
  },
  {
    guard: 'a chat that limits its calls is left alone for as long as it says',
    ...READS,
    without: '    if (performance.now() < (this.pauses.get(chat) ?? 0)) return true;\n',
    name: 'waits for as long as the chat says',
  },
  {
    guard: 'whom workers judge are read first',
    ...READS,
    without: 'late(a) - late(b) || ',
    name: 'has those read first whom workers judge',
  },
  {
    guard: 'nobody else may approve is said only where rules name all who may',
    file: 'src/policy/approvers.ts',
    without: ' && granting.every(({ groups }) => groups.every(showsGroup))',
    test: 'test/policy/approvers.test.ts',
    name: 'is false: a role whose members are not',
  },
];
