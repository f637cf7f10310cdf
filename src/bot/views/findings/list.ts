import type { Finding } from '../../../policy/findings/finding.ts';
import { card, type Message, moment, plain, type Span, text } from '../../message/message.ts';
import { wordsFor } from './words.ts';

const MAX_ROWS = 20;
const RANK = { critical: 0, urgent: 1, warn: 2, note: 3 } as const;
const WORD = { critical: 'critical', urgent: 'urgent', warn: 'warning', note: 'note' } as const;

export function warningsList(findings: readonly Finding[], total: number, all: boolean, sums = true): Message {
  const heading = all ? 'Warnings' : 'Your warnings, and the account’s';
  const rest = total - findings.length;
  const others = rest > 0 ? [text(`${rest} more ${rest === 1 ? 'is' : 'are'} other people’s: /pod warnings all.`)] : [];
  if (findings.length === 0) return card(heading, 'good', [text('Nothing is warned of.'), ...others]);
  const sorted = [...findings].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || b.raisedAt - a.raisedAt || a.subject.localeCompare(b.subject),
  );
  const shown = sorted.slice(0, MAX_ROWS);
  return card(heading, 'info', [
    {
      kind: 'table',
      header: ['Warning', 'How bad', 'Since', 'Owner', 'State'],
      rows: shown.map((finding) => [
        [plain(wordsFor(finding.facts, sums).title())],
        [plain(WORD[finding.severity])],
        [moment(finding.raisedAt)],
        [plain(finding.owner?.name ?? '–')],
        stateOf(finding),
      ]),
      more: sorted.length - shown.length,
    },
    ...others,
  ]);
}

function stateOf({ snooze, told, tellAt }: Finding): Span[] {
  if (!told) return [plain('told '), moment(tellAt)];
  if (snooze === null) return [plain('open')];
  return snooze.until === null ? [plain('until it changes')] : [plain('quiet until '), moment(snooze.until)];
}
