import type { Guard } from './guard.ts';

const MONEY = { test: 'test/bot/money.test.ts', name: 'a channel that may not show money' };
const SLACK_PEOPLE = 'src/bot/slack/people.ts';
const DISCORD_PEOPLE = 'src/bot/discord/people.ts';
const PEOPLE = 'test/bot/member-flags.test.ts';
const ON_DISCORD = { test: PEOPLE, name: 'on Discord, only those who passed the screening' };
const LINKS = { test: 'test/bot/links.test.ts', name: 'nobody else has a say' };
const DECIDED = 'test/bot/deciding.test.ts';
const TOLD = 'test/store/told.test.ts';

const SUMS: Guard[] = [
  {
    guard: 'budget warnings only where money may be shown',
    file: 'src/bot/publish/findings.ts',
    without: "money || head.rule !== 'budget'",
    to: 'true',
    ...MONEY,
  },
  {
    guard: 'digests only where money may be shown',
    file: 'src/bot/publish/digests.ts',
    without: '.filter(({ money }) => money)',
    to: '',
    ...MONEY,
  },
  {
    guard: 'a launch beyond a budget is asked about only where money may be shown',
    file: 'src/bot/publish/pods.ts',
    without: 'chat !== home.chat && mirror && money)',
    to: 'chat !== home.chat && mirror)',
    ...MONEY,
  },
  {
    guard: 'Share posts nothing where money may not be shown',
    file: 'src/bot/actions/costs.ts',
    without: "    if (!showsMoney(asker.place, services)) return note('warn', NOT_HERE);\n",
    ...MONEY,
  },
  {
    guard: 'Share is offered only where money may be shown',
    file: 'src/bot/commands/costs.ts',
    without: 'showsMoney(asker.place, services) ?',
    to: 'true ?',
    ...MONEY,
  },
];

const STRANGERS: Guard[] = [
  ['who left', '  if (user.deleted) return', '  if (false) return', 'somebody who left'],
  ['a bot', 'if (user.is_bot || user.id', 'if (user.id', 'on Slack, a bot counts'],
  ['Slackbot', " || user.id === 'USLACKBOT'", '', 'Slackbot'],
  ['a stranger by its flag', "  if (user.is_stranger) return 'stranger';\n", '', 'whom Slack calls a stranger'],
  [
    'somebody of another team',
    "  if (!teams.includes(team)) return 'stranger';\n",
    '',
    'on Slack, somebody of another home team',
  ],
  ['a guest of several channels', 'user.is_restricted || ', '', 'on Slack, a guest of several channels'],
  ['a guest of one channel', ' || user.is_ultra_restricted', '', 'narrower flag alone'],
].map(([who = '', without = '', to = '', name = '']) => ({
  guard: `on Slack, ${who} is no member`,
  file: SLACK_PEOPLE,
  without,
  to,
  test: PEOPLE,
  name,
}));

const ON_DISCORD_TOO: Guard[] = [
  ['who did not pass the screening', 'member.pending || ', ''],
  ['a guest by invite', ' || (member.flags & GuildMemberFlags.IsGuest) !== 0', ''],
  ['a bot', "member.user.bot ? 'bot' : ", ''],
].map(([who = '', without = '', to = '']) => ({
  guard: `on Discord, ${who} is no member`,
  file: DISCORD_PEOPLE,
  without,
  to,
  ...ON_DISCORD,
}));

const ONE_PERSON: Guard[] = [
  {
    guard: 'a third account confirms no link',
    file: 'src/bot/actions/links.ts',
    without: "    if (!sides.includes(asker.who.account)) return note('bad', 'This asks two other accounts.');\n",
    ...LINKS,
  },
  {
    guard: 'a link needs both accounts',
    file: 'src/bot/actions/links.ts',
    without: '!now || !sides.every((side) => now.confirmed.includes(side))',
    to: '!now',
    ...LINKS,
  },
  {
    guard: 'a third account refuses no link',
    file: 'src/bot/actions/links.ts',
    without: `    if (![pending.a.account, pending.b.account].includes(asker.who.account))
      return note('bad', 'This asks two other accounts.');
`,
    ...LINKS,
  },
  {
    guard: 'only an admin passes rights along a link',
    file: 'src/bot/actions/links.ts',
    without:
      "    if (!who.access.may.has('admin')) return note('bad', 'You are not allowed to confirm a link: an admin must.');\n",
    ...LINKS,
  },
  {
    guard: 'no admin confirms their own link',
    file: 'src/bot/actions/links.ts',
    without: "    if (own) return note('bad', 'These are your own accounts: another admin must confirm them.');\n",
    test: LINKS.test,
    name: 'nor an admin whose own accounts they are',
  },
];

const DECIDING: Guard[] = [
  {
    guard: 'nobody else takes a request back',
    file: 'src/bot/actions/requests.ts',
    without: 'if (!same) {',
    to: 'if (false) {',
    test: DECIDED,
    name: 'only whoever asked takes a request back',
  },
  {
    guard: 'no admin lets their own requests through the breaker',
    file: 'src/bot/actions/requests.ts',
    without: "if (refusal && refusal.kind !== 'right') return",
    to: "if (refusal && !['right', 'requester'].includes(refusal.kind)) return",
    test: DECIDED,
    name: 'too many at once are let through',
  },
  {
    guard: 'no approver lets what they approved through the breaker',
    file: 'src/bot/actions/requests.ts',
    without: "return voted ? 'You approved this yourself: another approver must confirm it.' : null;",
    to: 'return voted ? null : null;',
    test: DECIDED,
    name: 'too many at once are let through',
  },
  {
    guard: 'nobody allows their own launch beyond a budget',
    file: 'src/bot/actions/launching.ts',
    without: "    if (refusal) return note('bad', refusal.text);\n",
    test: DECIDED,
    name: 'a launch beyond a budget is allowed by another person',
  },
  {
    guard: 'nobody without the right denies a launch',
    file: 'src/bot/actions/launching.ts',
    without: "own ? null : mayNotDeny(await asker.live('approve'))",
    to: 'null',
    test: DECIDED,
    name: 'a launch beyond a budget is allowed by another person',
  },
  {
    guard: 'a launch is allowed only for somebody who may launch',
    file: 'src/bot/actions/launching.ts',
    without: "if (!deciderOf(row.by.account, people).access.may.has('launch')) {",
    to: 'if (false) {',
    test: DECIDED,
    name: 'for somebody who may not launch any more',
  },
  {
    guard: 'addresses of a pod are for those who may launch',
    file: 'src/bot/actions/pods.ts',
    without: "name: 'connect',\n  access: 'launch',",
    to: "name: 'connect',\n  access: null,",
    test: DECIDED,
    name: 'every command and button asks for the right',
  },
];

const CARDS: Guard[] = [
  {
    guard: 'a pod’s card that shows an older revision leaves the newer one owed',
    file: 'src/store/ledger.ts',
    without: "[{ key: rowKey(id), rev }], [['SREM', UNTOLD_KEY, id]]",
    to: "rev ? [] : [], [['SREM', UNTOLD_KEY, id]]",
    test: 'test/store/ledger.test.ts',
    name: 'is told only at the revision that was told',
  },
  {
    guard: 'a request’s card that shows an older revision leaves the newer one owed',
    file: 'src/store/approvals.ts',
    without: '0) === revisions)',
    to: '0) >= revisions)',
    test: TOLD,
    name: 'a card of requests',
  },
  {
    guard: 'a warning’s card that shows an older revision leaves the newer one owed',
    file: 'src/store/findings.ts',
    without: '0) === shown)',
    to: '0) >= shown)',
    test: TOLD,
    name: 'a card of warnings',
  },
  {
    guard: 'a digest that shows an older revision leaves the newer one owed',
    file: 'src/store/digests.ts',
    without: "[{ key: digestKey(id), rev }], [['SREM', UNTOLD, id]]",
    to: "rev ? [] : [], [['SREM', UNTOLD, id]]",
    test: 'test/store/digests.test.ts',
    name: 'stays owed where it moved on while it was told',
  },
  {
    guard: 'no digest is skipped because a bot began anew',
    file: 'src/store/digests.ts',
    without: 'this.redis.hsetnx(DONE',
    to: 'this.redis.hset(DONE',
    test: 'test/store/digests.test.ts',
    name: 'count windows from where they were first begun',
  },
];

/** Whom what is told, and who counts as whom. */
export const BOT_GUARDS: readonly Guard[] = [
  ...SUMS,
  ...STRANGERS,
  ...ON_DISCORD_TOO,
  ...ONE_PERSON,
  ...DECIDING,
  ...CARDS,
];
