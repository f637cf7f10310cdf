import { type Approval, isOpen, LAPSE_MS, UNDECIDED } from '../../policy/approval.ts';
import { personsIn } from '../../policy/approval-moves.ts';
import { type AccountId, bare, type PersonRef } from '../../policy/identity.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { type Message, moment, note, orElse, plain, type Span, text } from '../message/message.ts';
import { oneLine, quoted } from '../message/visible.ts';
import { user } from './words.ts';

/** All accounts of a person, so that a mention works in whichever chat the reader is. */
export type AccountsOf = (who: PersonRef) => readonly AccountId[];

export const mention = (who: PersonRef, accountsOf: AccountsOf): Span => user(who, accountsOf(who));

export const podOfRequest = (record: Approval) => spokenName(record.facts.name);
export const podsOf = (records: readonly Approval[]) => records.map(podOfRequest).join(', ');
/** Requests of one form share who asked and why. */
export const first = (records: readonly Approval[]): Approval => records[0] as Approval;

/** The state of each, in one or two words; for the title where all are alike. */
export const WORDS: Record<Approval['status'], string> = {
  requested: 'waits for approval',
  approved: 'approved',
  held: 'approved, waits',
  executing: 'terminating',
  done: 'Terminated',
  denied: 'denied',
  expired: 'request expired',
  cancelled: 'request withdrawn',
  void: 'request void',
  failed: 'not terminated',
};

/** Bad where one failed, a warning while anything is open. */
export function toneOf(records: readonly Approval[]): Message['tone'] {
  if (records.some(({ status }) => status === 'failed')) return 'bad';
  if (records.some(({ status }) => isOpen(status))) return 'warn';
  return 'info';
}

const spans = (...parts: (Span | string)[]): Span[] =>
  parts.map((part) => (typeof part === 'string' ? plain(part) : part));

function votes(record: Approval, accountsOf: AccountsOf): (Span | string)[] {
  return record.votes.flatMap((vote, i) => [i === 0 ? '' : ', ', mention(vote.by, accountsOf), ' ', moment(vote.at)]);
}

export function statusOf(record: Approval, accountsOf: AccountsOf): Span[] {
  const { status, end, quorum } = record;
  const by = end?.by ? mention(end.by, accountsOf) : 'Podwarden';
  const approved = record.votes.length === 0 ? [] : ['Approved by ', ...votes(record, accountsOf), '. '];
  const stopped = record.stoppedAt === null ? [] : [' It stopped ', moment(record.stoppedAt), ', after the request.'];
  switch (status) {
    case 'requested': {
      const missing = quorum - personsIn(record.votes);
      const wanted = missing === 1 ? 'one approval' : `${missing} approvals`;
      return spans(
        ...approved,
        `Waits for ${wanted} by somebody else. Expires `,
        moment(record.expiresAt),
        '.',
        ...stopped,
      );
    }
    case 'approved':
      return spans(...approved, ...(overdueText(record) ?? ['It is carried out now.']));
    case 'held':
      return spans(...approved, ...(overdueText(record) ?? holdText(record, accountsOf)), ...stopped);
    case 'executing':
      return spans(...approved, 'Terminating; RunPod is read back until the pod is gone.');
    case 'done':
      return spans(...approved, 'Terminated, verified ', moment(end?.at ?? record.since), '.');
    case 'denied':
      return spans('Denied by ', by, ' ', moment(end?.at ?? record.since), `: ${quoted(end?.text ?? '')}.`);
    case 'cancelled':
      return spans('Withdrawn by ', by, ' ', moment(end?.at ?? record.since), '.');
    default:
      return spans(
        ...approved,
        `${ENDED[status] ?? ''}: ${oneLine(end?.text ?? '')}. ${record.attempt === null && !record.altered ? 'Nothing was deleted. ' : ''}`,
        moment(end?.at ?? record.since),
        '.',
      );
  }
}

const ENDED: Partial<Record<Approval['status'], string>> = {
  expired: 'Expired',
  void: 'Void',
  failed: 'Not terminated',
};

function overdueText({ overdue, dueAt, hold }: Approval): (Span | string)[] | null {
  if (overdue === null || dueAt === null || hold === 'breaker') return null;
  return [`Not carried out yet: ${overdue}. The approval lapses `, moment(dueAt + LAPSE_MS), '.'];
}

function holdText(record: Approval, accountsOf: AccountsOf): (Span | string)[] {
  if (record.hold === 'breaker')
    return ['So many terminations at once wait until an admin confirms that they are meant.'];
  if (!record.owner || record.dueAt === null) return ['It is carried out now.'];
  return [
    'It is carried out ',
    moment(record.dueAt),
    ' unless ',
    mention(record.owner, accountsOf),
    ', whose pod it is, denies it.',
  ];
}

/** Where a card without a link is; `next`: nowhere yet, since its line comes first. */
export type Whereabouts = keyof typeof WHERE;
const WHERE = {
  thread: ' The card is in the thread.',
  channel: ' The card is in this channel.',
  direct: ' The card went out by direct message.',
  next: ' Its card follows.',
  unknown: '',
};

/** The line in the channel that leads to the card. */
export function requestLine(
  records: readonly Approval[],
  card: { link: string } | Whereabouts,
  accountsOf: AccountsOf,
): Message {
  const head = first(records);
  const state = records.every(({ status }) => status === head.status) ? WORDS[head.status] : 'decided one by one';
  const where: (Span | string)[] =
    typeof card === 'string' ? [WHERE[card]] : [' ', { kind: 'link', text: 'See the card', url: card.link }];
  return note(
    toneOf(records),
    text(mention(head.by, accountsOf), ` asked to terminate ${podsOf(records)}: ${state}.`, ...where),
  );
}

export interface RequestLine {
  key: string;
  message: Message;
  /** Whom it is for. */
  ping: readonly PersonRef[];
  /** Groups of chats that it is for, as `<chat>:<id>`. */
  groups?: readonly string[];
}

/** The lines that the card's thread gets: edits ping nobody, so whoever waits is named anew. */
export function requestLines(
  records: readonly Approval[],
  accountsOf: AccountsOf,
  approvers: { people: readonly PersonRef[]; groups: readonly string[] },
): RequestLine[] {
  const head = first(records);
  const lines: RequestLine[] = [];
  const owners = new Map(
    records.flatMap(({ owner, self, status }) =>
      owner && UNDECIDED.includes(status) && !self.includes(bare(owner.account)) ? [[owner.account, owner]] : [],
    ),
  );
  for (const owner of owners.values()) {
    const own = records.filter((record) => record.owner?.account === owner.account);
    lines.push({
      key: `owner-${owner.account}`,
      ping: [owner],
      message: note(
        'warn',
        text(
          mention(owner, accountsOf),
          ` ${head.by.name} asks to terminate your ${podsOf(own)}. You can deny it here.`,
        ),
      ),
    });
  }
  const reminded = Math.max(...records.map((record) => record.reminded));
  if (reminded > 0 && records.some(({ status }) => status === 'requested')) {
    const names = approvers.people.flatMap((who, i): (Span | string)[] => [
      i === 0 ? '' : ' ',
      mention(who, accountsOf),
    ]);
    const groups: Span[] =
      approvers.groups.length > 0 ? [{ kind: 'group', groups: approvers.groups, name: 'approvers' }, plain(' ')] : [];
    lines.push({
      key: `remind-${reminded}`,
      ping: approvers.people,
      groups: approvers.groups,
      message: note('warn', text(...groups, ...names, ` ${podsOf(records)} still waits for somebody else’s approval.`)),
    });
  }
  const ended = records.filter(({ end }) => end !== null);
  if (ended.length === records.length) {
    lines.push({
      key: 'ended',
      ping: [head.by],
      message: note(
        toneOf(records),
        text(mention(head.by, accountsOf), ` ${podsOf(records)}: `, ...endLine(records, accountsOf)),
      ),
    });
  }
  return lines;
}

function endLine(records: readonly Approval[], accountsOf: AccountsOf): (Span | string)[] {
  const head = first(records);
  if (records.every(({ status }) => status === head.status)) return statusOf(head, accountsOf);
  return [records.map((record) => `${podOfRequest(record)} ${WORDS[record.status]}`).join(', '), '.'];
}

const NOTHING_ASKED = 'There is no such request. /pod list shows what there is.';

/** What somebody is told who asks again, or comes late. */
export function openRequest(records: readonly Approval[]): Message {
  return note(
    'info',
    ...orElse(
      records.map((record) =>
        text(
          `${podOfRequest(record)}: asked for by ${record.by.name} already. `,
          ...statusOf(record, (who) => [who.account]),
        ),
      ),
      text(NOTHING_ASKED),
    ),
  );
}

export function standing(records: readonly Approval[]): Message {
  return note(
    'info',
    ...orElse(
      records.map((record) => text(`${podOfRequest(record)}: `, ...statusOf(record, (who) => [who.account]))),
      text(NOTHING_ASKED),
    ),
  );
}
