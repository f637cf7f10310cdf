import { type Approval, type DataStatement, UNDECIDED } from '../../policy/approval.ts';
import { costOver, formatUsd, type MicroUsd, type MicroUsdPerHour } from '../../policy/money.ts';
import { runningPerHour, stoppedPerHour } from '../../policy/storage.ts';
import { afterTerminate, losesData, type Survival } from '../../policy/survival.ts';
import {
  ago,
  type Block,
  type Button,
  bold,
  type Confirm,
  card,
  code,
  fields,
  type Message,
  moment,
  money,
  plain,
  type Span,
  text,
} from '../message/message.ts';
import { quoted } from '../message/visible.ts';
import {
  type AccountsOf,
  first,
  mention,
  podOfRequest as pod,
  podsOf,
  statusOf,
  toneOf,
  WORDS,
} from './request-words.ts';
import { gpuText } from './words.ts';

/** The card of one form: who asks, what is lost, what it saves, and what became of it. */
export function requestCard(records: readonly Approval[], now: number, accountsOf: AccountsOf): Message {
  const head = first(records);
  const asks = text('Asked by ', mention(head.by, accountsOf), ' ', moment(head.createdAt), '.', ...why(head));
  const about = records.length === 1 ? onePod(head, now, accountsOf) : manyPods(records);
  const said =
    head.data === null
      ? []
      : [text(bold('Data'), `: ${DATA[head.data]}${head.where ? ` (${quoted(head.where)})` : ''}.`)];
  return card(
    titleOf(records),
    toneOf(records),
    [asks, ...about, ...said, ...rescue(records), ...statusBlocks(records, accountsOf)],
    buttonsOf(records),
  );
}

const DATA: Record<DataStatement, string> = {
  nothing: 'nothing to keep, says the requester',
  local: 'pulled to local, and loaded from there, says the requester',
  'network-volume': 'on a network volume, and loaded from there, says the requester',
};

const why = ({ reason }: Approval): string[] => (reason === null ? [] : [` Reason: ${quoted(reason)}.`]);

function titleOf(records: readonly Approval[]): string {
  const head = first(records);
  const alike = records.every(({ status }) => status === head.status);
  if (alike && head.status === 'requested') return `${head.by.name} asks to terminate ${podsOf(records)}`;
  const what = records.length === 1 ? pod(head) : `${records.length} pods`;
  return `${what}: ${alike ? WORDS[head.status] : 'decided one by one'}`;
}

/** Its disks are all that ends. */
const PAID = ' for its disks; its GPU is paid in advance (savings plan)';

function onePod(record: Approval, now: number, accountsOf: AccountsOf): Block[] {
  const { facts, fingerprint, owner } = record;
  const survival = afterTerminate(facts, facts.networkVolumeGb);
  const up = fingerprint.standing === 'up';
  const run = up && facts.startedAt !== null ? costOver(facts.microUsdPerHour, now - facts.startedAt) : null;
  const cpu = facts.gpuCount === null;
  const undecided: [string, ...(Span | string)[]][] = [
    ['Made', ago(facts.createdAt)],
    ['Read', ago(facts.readAt)],
    ...(cpu ? [] : [['GPU use', gpuUse(record)] as [string, string]]),
    ['Spent so far', ...(run === null ? ['not known'] : [money(run), ` for the ${cpu ? 'CPU' : 'GPU'} in this run`])],
  ];
  return [
    fields(
      ['Pod', `${gpuText(facts.gpuName, facts.gpuCount)}${stateText(record)}`],
      ['Owner', ...(owner ? [mention(owner, accountsOf)] : ['nobody known'])],
      ['Saves', money(savedPerDay(record), 'day'), ...(facts.savingsPlan && up ? [PAID] : [])],
      ...(UNDECIDED.includes(record.status) ? undecided : []),
    ),
    text(bold('Lost'), `: ${lostText(survival)}.\n`, bold('Survives'), `: ${survivesText(survival)}.`),
  ];
}

/** As long as it can be decided: afterwards the pod may be anything. */
function stateText({ status, fingerprint }: Approval): string {
  if (!UNDECIDED.includes(status)) return '';
  const words = { up: ', Running', stopped: ', Stopped', other: ', in an unusual state' };
  return words[fingerprint.standing];
}

function gpuUse({ facts, fingerprint }: Approval): string {
  if (fingerprint.standing !== 'up') return 'off; when it was last used is not known';
  if (facts.gpuUtil.length === 0) return 'not known';
  return `${facts.gpuUtil.map((percent) => `${percent} %`).join(', ')} when it was last read`;
}

function lostText({ lost }: Survival): string {
  return lost.map(({ what, sizeGb, path }) => `${what} (${sizeGb} GB${path ? ` at ${path}` : ''})`).join(' and ');
}

function survivesText({ survives }: Survival): string {
  if (!survives) return 'nothing';
  const size = survives.sizeGb === null ? '' : `, ${survives.sizeGb} GB`;
  const cost = survives.microUsdPerDay === null ? '' : ` for ${formatUsd(survives.microUsdPerDay)} a day`;
  return `the network volume at ${survives.path}${size}, which goes on billing${cost}`;
}

export function hourlyNow({ facts, fingerprint }: Approval): MicroUsdPerHour {
  if (fingerprint.standing !== 'up') return stoppedPerHour(facts);
  return (facts.savingsPlan ? 0 : facts.microUsdPerHour) + runningPerHour(facts);
}

const savedPerDay = (record: Approval): MicroUsd => hourlyNow(record) * 24;

function manyPods(records: readonly Approval[]): Block[] {
  const total = records.reduce((sum, record) => sum + savedPerDay(record), 0);
  return [
    {
      kind: 'table',
      header: ['Pod', 'GPU', 'Owner', 'State', 'Made', 'Saves a day', 'Lost', 'Decision'],
      rows: records.map((record) => [
        [plain(pod(record))],
        [plain(gpuText(record.facts.gpuName, record.facts.gpuCount))],
        [plain(record.owner?.name ?? '–')],
        [plain(stateText(record).replace(', ', '') || '–')],
        [plain(new Date(record.facts.createdAt).toISOString().slice(0, 10))],
        [money(savedPerDay(record))],
        [plain(record.facts.volumeDisk ? `${record.facts.volumeDisk.sizeGb} GB` : 'container')],
        [plain(WORDS[record.status])],
      ]),
      more: 0,
    },
    text('Together they save ', money(total, 'day'), '.'),
    ...records.filter(({ status }) => UNDECIDED.includes(status)).flatMap(undecidedLine),
  ];
}

/** What else there is to know of one of several: what it is doing, and what goes on billing. */
function undecidedLine(record: Approval): Block[] {
  const { facts, fingerprint } = record;
  const survival = afterTerminate(facts, facts.networkVolumeGb);
  const goesOn = survival.survives ? ` Survives: ${survivesText(survival)}.` : '';
  const since = fingerprint.standing === 'up' && facts.gpuCount !== null ? ` GPU use: ${gpuUse(record)}.` : '';
  if (since + goesOn === '') return [];
  return [text(bold(pod(record)), `:${since}${goesOn}`)];
}

/** Where nothing durable exists and it can still be decided: how files are saved while that is possible. */
function rescue(records: readonly Approval[]): Block[] {
  const bare = records.filter(({ facts, status }) => facts.networkVolume === null && UNDECIDED.includes(status));
  if (bare.length === 0) return [];
  const off = bare.every(({ fingerprint }) => fingerprint.standing !== 'up');
  const start = off ? 'Start it first. ' : '';
  const what = records.length === 1 ? 'this pod' : podsOf(bare);
  return [
    text(
      bold(`🔴 Nothing of ${what} survives: it has no network volume.`),
      ` To save files: ${start}`,
      code('rsync -avP -e "ssh -p PORT" root@IP:/workspace/ .'),
      ' over full SSH, or ',
      code('runpodctl send FILE'),
      off ? ' for small ones, while it is up.' : ' for small ones, before the pod stops.',
    ),
  ];
}

/** Who decided what, and when; for several pods, each that stands apart. */
function statusBlocks(records: readonly Approval[], accountsOf: AccountsOf): Block[] {
  const said = records.map((record) => ({ record, spans: statusOf(record, accountsOf) }));
  const key = (spans: Span[]) => JSON.stringify(spans);
  const groups = new Map<string, { records: Approval[]; spans: Span[] }>();
  for (const { record, spans } of said) {
    const group = groups.get(key(spans)) ?? { records: [], spans };
    groups.set(key(spans), { ...group, records: [...group.records, record] });
  }
  const alone = groups.size === 1;
  return [...groups.values()].map((group) => text(alone ? '' : `${podsOf(group.records)}: `, ...group.spans));
}

function buttonsOf(records: readonly Approval[]): Button[] {
  const { batch } = first(records);
  const token = (action: string) => `v1.${action}.${batch}`;
  const open = records.filter(({ status }) => UNDECIDED.includes(status));
  if (open.length === 0) return again(records, token);
  const up = open.filter(({ fingerprint }) => fingerprint.standing === 'up');
  const asked = open.filter(({ status }) => status === 'requested');
  const tripped = open.some(({ hold }) => hold === 'breaker');
  return [
    ...(up.length > 0 ? [stopNow(up, token)] : []),
    ...unlock(open, token),
    ...(tripped ? [{ label: 'Confirm: so many are meant', token: token('release'), style: 'danger' as const }] : []),
    ...(asked.length > 0 ? [approveButton(asked, token)] : []),
    { label: 'Deny', token: token('deny') },
    { label: 'Cancel', token: token('cancel') },
  ];
}

/** A locked pod refuses to stop; one that is off has nothing to stop. */
function unlock(records: readonly Approval[], token: (action: string) => string): Button[] {
  const locked = records.some(({ locked: is, fingerprint }) => is && fingerprint.standing === 'up');
  return locked ? [{ label: 'Unlock and stop', token: token('unlock-asked'), style: 'danger' }] : [];
}

/** One button to ask again, where what was asked for is no more. */
function again(records: readonly Approval[], token: (action: string) => string): Button[] {
  const ended = records.filter(({ status }) => status === 'void' || status === 'expired' || status === 'failed');
  return ended.length > 0 ? [...unlock(ended, token), { label: 'Ask again', token: token('ask-again') }] : [];
}

/** "$30.00/h → $0.14/h": what ends the bill now, without a second person. */
function stopNow(up: readonly Approval[], token: (action: string) => string): Button {
  const before = up.reduce((sum, record) => sum + hourlyNow(record), 0);
  const after = up.reduce((sum, { facts }) => sum + stoppedPerHour(facts), 0);
  return {
    label: `Stop now: ${formatUsd(before)}/h → ${formatUsd(after)}/h`,
    token: token('stop-asked'),
    style: 'primary',
  };
}

function approveButton(asked: readonly Approval[], token: (action: string) => string): Button {
  const confirm = approveConfirm(asked);
  return { label: 'Approve', token: token('approve'), style: 'danger', ...(confirm ? { confirm } : {}) };
}

/** Asked once more where data is lost. */
export function approveConfirm(records: readonly Approval[]): Confirm | null {
  const losing = records.filter(({ facts }) => losesData(facts));
  if (losing.length === 0) return null;
  const disks = losing.map((record) => `${record.facts.volumeDisk?.sizeGb} GB of ${pod(record)}`);
  const shown = disks.slice(0, 4).join(', ') + (disks.length > 4 ? ` and ${disks.length - 4} more` : '');
  return {
    title: `Terminate ${records.length === 1 ? pod(first(records)) : `${records.length} pods`}?`,
    text: `This deletes for good: ${shown}. Nobody can bring it back.`,
  };
}
