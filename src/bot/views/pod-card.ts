import type { GpuType } from '../../policy/gpu.ts';
import { cloudName, isQuotedAtMost } from '../../policy/launch.ts';
import type { PodFacts, Row } from '../../policy/ledger.ts';
import { costOver, formatUsd } from '../../policy/money.ts';
import { parsePodName, spokenName } from '../../policy/pod-names.ts';
import { stopEffects, stoppedPerHour } from '../../policy/storage.ts';
import {
  ago,
  type Block,
  type Button,
  card,
  fields,
  type Message,
  moment,
  money,
  type Span,
  text,
} from '../message/message.ts';
import { oddCard } from './odd-card.ts';
import { stopConfirm } from './stop.ts';
import { troubleButtons, troubleText } from './trouble.ts';
import { gpuOfRow, podOfRow, storageText, user, where } from './words.ts';

export interface CardSurroundings {
  now: number;
  catalogue: readonly GpuType[];
  /** All accounts of the launcher, so that a mention works in either chat. */
  accounts: readonly string[];
}

/**
 * The card of a pod: what happened, what it costs, whose it is, what to press. The words Running, Stopped and Terminated
 * stand here only as the pod's present state.
 */
export function podCard(row: Row, around: CardSurroundings): Message {
  const shown = stateCard(row, around);
  if (row.duplicates.length === 0) return shown;
  return { ...shown, tone: 'warn', blocks: [...shown.blocks, duplicates(row)] };
}

function stateCard(row: Row, around: CardSurroundings): Message {
  const { facts } = row;
  if (facts?.odd && (row.status === 'running' || row.status === 'stopped')) {
    const buttons = {
      start: button('Start', 'start', row, { style: 'primary' }),
      stop: button('Stop', 'stop', row, { confirm: confirmStop(row) }),
      more: [button('Terminate…', 'terminate', row), button('More…', 'more', row)],
    };
    return oddCard(row, facts, facts.odd, [owned(row), user(row.by, around.accounts)], buttons);
  }
  const pod = podOfRow(row);
  const gpu = gpuOfRow(row);
  const by: Span = user(row.by, around.accounts);
  switch (row.status) {
    case 'asking':
      return card(
        `${pod}: waits for an approver`,
        'warn',
        [ask(row, by), text(`${row.ask?.beyond ?? ''} Another person who may approve decides within 30 minutes.`)],
        [
          button('Allow', 'allow-launch', row, { style: 'primary' }),
          button('Deny', 'deny-launch', row, { style: 'danger' }),
        ],
      );
    case 'requested':
      return card(`${pod}: queued on ${gpu}`, toneOf(row), [ask(row, by), ...allowed(row), ...heldUp(row)]);
    case 'launching':
      return card(`${pod}: launching on ${gpu}`, toneOf(row), [ask(row, by), text(askedOf(row)), ...heldUp(row)]);
    case 'settling':
      return card(`${pod}: state unknown, checking`, 'warn', [
        ask(row, by),
        text(
          'RunPod did not say whether it made the pod. Nothing new is created until both lists were read for long enough.',
        ),
      ]);
    case 'starting':
      return card(
        `${pod}: starting on ${gpu}`,
        'info',
        [ask(row, by), text(`Waits for ${row.waitsFor ?? 'a machine'}.`)],
        [button('Stop', 'stop', row, { confirm: confirmStop(row) })],
      );
    case 'running':
      return runningCard(row, by, around);
    case 'stopping':
      return card(`${pod}: stopping`, 'info', [
        text('Asked by ', user((row.task ?? row).by), '. Read back until it is so.'),
      ]);
    case 'stopped':
      return stoppedCard(row, by);
    case 'failed':
    case 'expired':
      return card(
        `${pod}: not launched on ${gpu}`,
        'bad',
        [ask(row, by), troubleText(row)],
        troubleButtons(row, around.catalogue),
      );
    case 'terminated':
      return card(`${pod}: Terminated`, 'info', [
        text('The pod is gone from RunPod, with its container and volume disk.'),
        text('Last had by ', by, '. Seen ', moment(row.since), '.'),
      ]);
  }
}

/** Taken up is not asked: a worker may be held up in between. */
function askedOf({ attempts }: Row): string {
  const last = attempts.at(-1);
  return last === undefined || last.state === 'planned'
    ? 'A worker has it, and asks RunPod next.'
    : 'RunPod was asked for it.';
}

const toneOf = ({ heldUp: why }: Row): Message['tone'] => (why ? 'warn' : 'info');
const heldUp = ({ heldUp: why }: Row): Block[] => (why ? [text(`Not sent yet: ${why}.`)] : []);

const allowed = ({ ask: asked }: Row): Block[] =>
  asked?.allowedBy ? [text(`Beyond a budget: ${asked.allowedBy.name} allowed it.`)] : [];

function ask(row: Row, by: Span): Block {
  const spec = row.spec;
  if (!spec) return text('For ', by, '.');
  const cloud = cloudName(spec.cloud);
  const price = money(spec.quotedMicroUsdPerHour, 'hour');
  const about = spec.market === 'spot' ? ` spot, ${isQuotedAtMost(spec) ? 'at most' : 'about'} ` : ' on-demand, ';
  return text('For ', by, ` in ${cloud},${about}`, price, '.');
}

function runningCard(row: Row, by: Span, around: CardSurroundings): Message {
  const { facts } = row;
  if (!facts) return card(`${podOfRow(row)}: Running`, 'good', [text('For ', by, '.')]);
  const noGpu = facts.gpuCount === 0;
  const title = noGpu ? `${podOfRow(row)}: Running without a GPU` : `${podOfRow(row)}: Running on ${gpuOfRow(row)}`;
  const blocks: Block[] = [
    fields(
      [owned(row), by],
      ['Price', money(facts.microUsdPerHour, 'hour'), row.spec?.market === 'spot' ? ' spot' : ''],
      ['Where', where(facts)],
      ['Up since', facts.startedAt === null ? 'not reported' : ago(facts.startedAt)],
      ['Cost so far', ...costSoFar(facts, around.now)],
      ['Storage', storageText(facts)],
    ),
  ];
  if (row.trouble) blocks.push(troubleText(row));
  const buttons = [
    button('Connect', 'connect', row, { style: 'primary' }),
    button('Stop', 'stop', row, { confirm: confirmStop(row) }),
    ...troubleButtons(row, []),
    button('More…', 'more', row),
  ];
  return card(title, noGpu ? 'warn' : 'good', blocks, buttons);
}

/** A pod that nobody's name is on belongs to nobody yet: whoever acted on it first is not made its owner. */
function owned(row: Row): string {
  const known = row.spec !== null || (row.facts !== null && parsePodName(row.facts.name) !== null);
  return known ? 'Owner' : 'First acted on by';
}

/** With its moment: a card is not edited because time passed, and what it says must stay true. */
export function costSoFar(facts: PodFacts, now: number): (Span | string)[] {
  if (facts.startedAt === null) return ['not known'];
  const cost = costOver(facts.microUsdPerHour, Math.max(0, now - facts.startedAt));
  return [money(cost), ` for the ${facts.gpuCount === null ? 'CPU' : 'GPU'}, as of `, moment(now)];
}

/** A second pod under the launch's name bills as well: nobody may miss it. */
function duplicates(row: Row): Block {
  return text(
    `A second pod turned up for this launch: ${row.duplicates.join(', ')}. It bills too: stop the one you do not need.`,
  );
}

function stoppedCard(row: Row, by: Span): Message {
  const { facts } = row;
  const blocks: Block[] = [];
  if (row.trouble) blocks.push(troubleText(row));
  if (facts) {
    blocks.push(
      fields([owned(row), by], ['Since', moment(row.since)], ['Bills now', ...billsNow(facts)], ['Kept', kept(facts)]),
    );
  }
  const tone = row.trouble ? 'bad' : 'info';
  const buttons = [
    button('Start', 'start', row, { style: 'primary' }),
    ...troubleButtons(row, []),
    button('Terminate…', 'terminate', row),
    button('More…', 'more', row),
  ];
  return card(`${podOfRow(row)}: Stopped`, tone, blocks, buttons);
}

function billsNow(facts: PodFacts): (Span | string)[] {
  const { kept: what } = stopEffects(facts, 0);
  if (what.kind !== 'volume-disk') return ['nothing for this pod'];
  return [money(what.microUsdPerDay, 'day'), `, ${what.times}x: a volume disk bills double while its pod is off`];
}

function kept(facts: PodFacts): string {
  if (facts.networkVolume) return `the network volume at ${facts.networkVolume.path}`;
  if (facts.volumeDisk) return `${facts.volumeDisk.sizeGb} GB at ${facts.volumeDisk.path}`;
  return 'nothing';
}

function confirmStop(row: Row) {
  const { facts } = row;
  if (!facts) return { title: `Stop ${podOfRow(row)}?`, text: 'It ends the launch and gives the GPU back.' };
  return stopConfirm({
    name: spokenName(facts.name),
    gpu: gpuOfRow(row),
    microUsdPerHour: facts.microUsdPerHour,
    storage: facts,
    savingsPlan: facts.savingsPlan,
  });
}

function button(label: string, action: string, row: Row, more: Partial<Button> = {}): Button {
  return { label, token: `v1.${action}.${row.id}`, ...more };
}

export interface Line {
  /** A line is posted once under its key. */
  key: string;
  message: Message;
}

/** Before anybody here had to do with it, and nobody waits to hear it. */
const cameUpElsewhere = (row: Row) => row.spec === null && row.task?.kind !== 'start';
const stoppedHere = (row: Row) => row.task?.kind === 'stop' && row.task.state === 'done';

/**
 * The lines that a card's thread gets: an edit pings nobody, so an ending is said anew. What was done elsewhere is a
 * finding, and said as one.
 */
export function podLines(row: Row, around: CardSurroundings): Line[] {
  const line = stateLine(row, around);
  return line ? [line] : [];
}

function stateLine(row: Row, around: CardSurroundings): Line | null {
  const by = user(row.by, around.accounts);
  const line = (key: string, tone: Message['tone'], blocks: Block[], buttons: Button[] = []) => ({
    key: `${key}-${row.since}`,
    message: { title: null, tone, blocks, buttons },
  });
  const { facts } = row;
  // What is odd about it is a warning's to say.
  if (facts?.odd && !row.trouble && (row.status === 'running' || row.status === 'stopped')) return null;
  if (row.status === 'running' && facts) {
    if (row.trouble) return line('trouble', 'warn', [text(by, ' '), troubleText(row)]);
    if (cameUpElsewhere(row)) return null;
    const price = money(facts.microUsdPerHour, 'hour');
    return line(
      'up',
      'good',
      [text(by, ` your pod is up on ${gpuOfRow(row)} for `, price, ` in ${where(facts)}.`)],
      [button('Connect', 'connect', row), button('Stop', 'stop', row, { confirm: confirmStop(row) })],
    );
  }
  if (row.status === 'failed' || row.status === 'expired') {
    return line('failed', 'bad', [text(by, ' this did not launch. '), troubleText(row)]);
  }
  if (row.status === 'stopped' && facts) {
    if (row.trouble) return line('trouble', 'bad', [text(by, ' '), troubleText(row)]);
    if (!stoppedHere(row)) return null;
    const after = formatUsd(stoppedPerHour(facts));
    const ended = facts.savingsPlan
      ? 'its savings plan is paid in advance, so its GPU saves nothing'
      : `${formatUsd(facts.microUsdPerHour)}/h ended`;
    const said = `the pod is off: ${ended}, ${after}/h goes on.`;
    return line('off', 'info', [text(by, ` ${said}`)]);
  }
  if (row.status === 'terminated') return line('gone', 'info', [text(by, ' the pod is gone from RunPod.')]);
  return null;
}
