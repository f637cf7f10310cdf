import { isToldAtOnce } from '../../../policy/findings/blind.ts';
import { concerned, type Finding, type Said } from '../../../policy/findings/finding.ts';
import { MONEY_RULES } from '../../../policy/findings/thresholds.ts';
import type { PersonRef } from '../../../policy/identity.ts';
import { bold, code, type Message, plain, type Span, text } from '../../message/message.ts';
import { type AccountsOf, mention } from '../request-words.ts';
import { wordsFor } from './words.ts';

export interface FindingLine {
  /** Posted once under its key. */
  key: string;
  message: Message;
  /** Whom it mentions beside owners: whoever keeps watch. */
  watch: boolean;
  owners: PersonRef[];
}

/** Whoever keeps watch in one chat. */
export interface Watchers {
  people: readonly PersonRef[];
  groups: readonly string[];
}

/** What was said after the card, oldest first: of a shared card what was said at one time is one line. */
export function findingLines(
  findings: readonly Finding[],
  accountsOf: AccountsOf,
  watchers: (finding: Finding) => Watchers,
  speaksTo: (who: PersonRef, finding: Finding) => boolean,
  sums = true,
): FindingLine[] {
  const moments = new Map<string, { kind: Said['kind']; at: number; of: Finding[] }>();
  for (const finding of findings) {
    for (const { kind, at } of finding.said) {
      const key = `${kind}-${at}`;
      const known = moments.get(key) ?? { kind, at, of: [] };
      moments.set(key, { ...known, of: [...known.of, finding] });
    }
  }
  return [...moments]
    .sort(([, a], [, b]) => a.at - b.at)
    .map(([key, { kind, of }]) => lineOf(key, kind, of, accountsOf, watchers, speaksTo, sums));
}

function lineOf(
  key: string,
  kind: Said['kind'],
  of: readonly Finding[],
  accountsOf: AccountsOf,
  watchers: (finding: Finding) => Watchers,
  speaksTo: (who: PersonRef, finding: Finding) => boolean,
  sums: boolean,
): FindingLine {
  const [first] = of;
  // The account is nobody's own: whoever looks after its money is meant.
  const watch = kind === 'ops' || (first !== undefined && MONEY_RULES.includes(first.rule) && kind !== 'reminder');
  const people = first && watch ? watchers(first) : { people: [], groups: [] };
  const owners =
    kind === 'ops' ? [] : distinct(of.flatMap((finding) => concerned(finding).filter((who) => speaksTo(who, finding))));
  const named: Span[] = distinct([...owners, ...people.people]).flatMap((who) => [
    mention(who, accountsOf),
    plain(' '),
  ]);
  const groups: Span[] = people.groups.flatMap((group): Span[] => [
    { kind: 'group', groups: [group], name: 'whoever keeps watch' },
    plain(' '),
  ]);
  const message: Message = {
    title: null,
    tone: kind === 'reminder' || kind === 'back' ? 'warn' : 'bad',
    blocks: [text(...named, ...groups, ...said(kind, of, sums))],
    buttons: [],
  };
  return { key, message, watch, owners };
}

function said(kind: Said['kind'], of: readonly Finding[], sums: boolean): (Span | string)[] {
  const [first] = of;
  if (!first) return [];
  const words = wordsFor(first.facts, sums);
  const still = of.length === 1 ? [...subject(first), ...words.still()] : list(of);
  switch (kind) {
    case 'reminder':
      return ['Still: ', ...still];
    case 'back':
      return ['The snooze is over: ', ...still];
    case 'worse':
      return ['Worse now: ', ...still];
    case 'ops': {
      const title = of.length === 1 ? words.title() : words.many.title(of.length);
      const { facts } = first;
      const rest =
        facts.rule === 'blind' && !isToldAtOnce(facts.what)
          ? '. It has lasted for half an hour.'
          : '. It cannot wait; the card has what can be done.';
      return [bold(title), rest];
    }
  }
}

function subject({ facts }: Finding): (Span | string)[] {
  if ('pod' in facts) return [code(facts.pod.name), ' '];
  return 'volume' in facts ? [code(facts.volume.name), ' '] : [];
}

function list(of: readonly Finding[]): (Span | string)[] {
  const shown = of.slice(0, 8).flatMap(({ facts }) => ('pod' in facts ? [facts.pod.name] : []));
  const title = of[0] ? wordsFor(of[0].facts).many.title(of.length) : '';
  return [`${title}: ${shown.join(', ')}${of.length > shown.length ? '…' : ''}.`];
}

function distinct(owners: readonly PersonRef[]): PersonRef[] {
  return [...new Map(owners.map((owner) => [owner.person ?? owner.account, owner])).values()];
}
