import type { Finding } from '../../../policy/findings/finding.ts';
import { EVENT_RULES, type RuleName } from '../../../policy/findings/thresholds.ts';
import {
  type Block,
  type Button,
  card,
  fields,
  type Message,
  moment,
  plain,
  type Span,
  text,
} from '../../message/message.ts';
import { type AccountsOf, mention } from '../request-words.ts';
import { wordsFor } from './words.ts';

/** Rows that a list of findings shows before it says how many more there are. */
const MAX_ROWS = 15;

/** One finding, or several of a kind in a list; without `sums` nothing of the account's money. */
export function findingCard(
  findings: readonly Finding[],
  accountsOf: AccountsOf,
  ping: readonly Span[],
  sums = true,
): Message {
  const [first] = findings;
  if (!first) return card('Nothing', 'info', []);
  const message = findings.length === 1 ? alone(first, accountsOf, ping.length > 0, sums) : several(findings);
  const open = findings.some(({ status }) => status === 'open');
  return ping.length > 0 && open ? { ...message, lead: [...ping] } : message;
}

const TONE = { note: 'info', warn: 'warn', urgent: 'bad', critical: 'bad' } as const;

/** A jump is over when the burn is, or when it has lasted for a day. */
const USUAL = 'Back to usual, or by lasting for a day the new usual, since ';

function alone(finding: Finding, accountsOf: AccountsOf, mentioned: boolean, sums: boolean): Message {
  const words = wordsFor(finding.facts, sums);
  const resolved = finding.status === 'resolved';
  const event = EVENT_RULES.includes(finding.rule);
  const { facts } = finding;
  if (finding.resolvedAs === 'gone' && 'pod' in facts && !event) {
    return card(`${facts.pod.name} is gone`, 'info', [
      text('It was warned of: “', words.title(), '”. The pod is no more since ', moment(finding.resolvedAt ?? 0), '.'),
    ]);
  }
  if (resolved && facts.rule === 'budget') {
    const when = moment(finding.resolvedAt ?? finding.raisedAt);
    return card(`Over: ${words.title()}`, 'info', [
      ...words.say(),
      text('That was when it was last looked at. Since ', when, ' it is a new day, a new month or another budget.'),
    ]);
  }
  if (resolved && !event) {
    if (finding.resolvedWhy !== undefined) return noMore(finding, sums);
    return card(`Over: ${words.title()}`, 'good', [
      ...words.say(),
      text(
        finding.rule === 'burn-jump' ? USUAL : 'No longer so since ',
        moment(finding.resolvedAt ?? finding.raisedAt),
        '.',
      ),
    ]);
  }
  const blocks: Block[] = [...words.say()];
  // Whoever is mentioned above the card need not stand in it again.
  if (finding.owner && !mentioned) blocks.push(fields(['Owner', mention(finding.owner, accountsOf)]));
  blocks.push(...snoozeText([finding], accountsOf));
  return card(words.title(), TONE[finding.severity], blocks, resolved ? [] : buttonsOf(finding));
}

/** Not mended: nobody looks at it any more. */
function noMore({ facts, resolvedWhy = '', resolvedAt, raisedAt }: Finding, sums: boolean): Message {
  const words = wordsFor(facts, sums);
  return card(`Over: ${words.title()}`, 'info', [
    text(
      `${resolvedWhy} It was warned of since `,
      moment(raisedAt),
      '; the warning ended ',
      moment(resolvedAt ?? 0),
      '.',
    ),
  ]);
}

function several(findings: readonly Finding[]): Message {
  const open = findings.filter(({ status }) => status === 'open');
  const shown = (open.length > 0 ? open : findings).slice(0, MAX_ROWS);
  const [first] = shown;
  if (!first) return card('Nothing', 'info', []);
  const { many } = wordsFor(first.facts);
  const total = open.length > 0 ? open.length : findings.length;
  const table: Block = {
    kind: 'table',
    header: [...many.header, 'Owner'],
    rows: shown.map((finding) => [...wordsFor(finding.facts).row(), [plain(finding.owner?.name ?? '–')]]),
    more: total - shown.length,
  };
  if (open.length === 0) {
    const gone = findings.filter(({ resolvedAs }) => resolvedAs === 'gone').length;
    const end =
      gone === 0 ? 'None of them is so any more.' : `None of them is so any more; ${gone} of the pods are gone.`;
    return card(`Over: ${many.title(findings.length)}`, gone === 0 ? 'good' : 'info', [table, text(end)]);
  }
  const over = findings.length - open.length;
  const blocks: Block[] = [text(many.why), table];
  if (over > 0) blocks.push(text(`${over} of ${findings.length} are over.`));
  blocks.push(...snoozeText(open, () => []));
  return card(many.title(open.length), TONE[first.severity], blocks, groupButtons(first));
}

function snoozeText(findings: readonly Finding[], accountsOf: AccountsOf): Block[] {
  const snoozed = findings.filter(({ snooze }) => snooze !== null);
  const [first] = snoozed;
  if (!first?.snooze) return [];
  const { by, until, topUp } = first.snooze;
  const alone = findings.length === 1;
  const what = topUp ? ' will top up; quiet ' : ` snoozed ${alone ? 'it' : `${snoozed.length} of ${findings.length}`} `;
  const end = until === null ? ['until it changes'] : ['until ', moment(until)];
  return [text(alone ? mention(by, accountsOf) : by.name, what, ...end, '.')];
}

const button = (label: string, action: string, id: string, more: Partial<Button> = {}): Button => ({
  label,
  token: `v1.${action}.${id}`,
  ...more,
});

/** The subject of the rule is a pod, whose buttons carry its id. */
const ON_POD: Partial<Record<RuleName, readonly ('start' | 'stop' | 'terminate')[]>> = {
  'stopped-double': ['start', 'terminate'],
  stale: ['start', 'terminate'],
  'zero-gpu': ['stop', 'terminate'],
  idle: ['stop', 'terminate'],
  evicted: ['start', 'terminate'],
  unowned: ['terminate'],
  duplicate: ['stop', 'terminate'],
  stuck: ['stop', 'terminate'],
};

function buttonsOf(finding: Finding): Button[] {
  const { facts, id, card: on, subject, owner, rule } = finding;
  if (rule === 'changed-outside' || rule === 'blind') return [];
  if (rule === 'first-look') return [button('Claim mine…', 'claim-all', id, { style: 'primary' })];
  // What ended with an error can only be started again.
  const ended = facts.rule === 'stuck' && facts.state === 'error';
  const onPod = (ON_POD[rule] ?? []).map((act) => {
    if (act === 'stop' && ended) return button('Start', 'start', subject);
    if (act === 'terminate') return button('Terminate…', 'terminate', subject);
    if (act === 'stop') return button('Stop', 'stop', subject);
    return button(rule === 'evicted' ? 'Start the old one' : 'Start', 'start', subject);
  });
  return [
    ...firstButton(finding),
    ...onPod,
    button('Snooze…', 'snooze', on),
    ...(owner && 'pod' in facts ? [button('Not mine', 'disown', id)] : []),
  ];
}

/** What ends it, where there is one way. */
function firstButton({ facts, id, card: on }: Finding): Button[] {
  switch (facts.rule) {
    case 'runway':
    case 'low-balance':
    case 'auto-pay':
      return [button('I will top up', 'top-up', id, { style: 'primary' })];
    case 'two-writers':
    case 'burn-jump':
      return facts.pods.length > 0 ? [button('Stop…', 'stop-found', on, { style: 'primary' })] : [];
    case 'budget':
      return [button('Costs', 'cost', `cost_${facts.first}_${facts.last}.pod`, { style: 'primary' })];
    case 'unowned':
      return [button('Claim', 'claim', id, { style: 'primary' })];
    case 'evicted':
      return [button('Relaunch on a fresh host', 'relaunch', `${facts.row}.same`, { style: 'primary' })];
    default:
      return [];
  }
}

function groupButtons({ rule, card: on }: Finding): Button[] {
  const acts = ON_POD[rule as RuleName] ?? [];
  return [
    ...(rule === 'unowned' ? [button('Claim…', 'claim-found', on, { style: 'primary' })] : []),
    ...(acts.includes('stop') ? [button('Stop…', 'stop-found', on)] : []),
    ...(acts.includes('terminate') ? [button('Terminate…', 'terminate-found', on)] : []),
    button('Snooze…', 'snooze', on),
  ];
}
