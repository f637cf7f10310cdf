import type { PodFacts, Row } from '../../policy/ledger.ts';
import { stoppedPerHour } from '../../policy/storage.ts';
import {
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
import { oneLine } from '../message/visible.ts';
import { podOfRow, storageText } from './words.ts';

type Odd = NonNullable<PodFacts['odd']>;

/** What is said where somebody would stop a pod that RunPod calls ERROR: RunPod offers start and terminate there alone. */
export const NOTHING_TO_STOP =
  'RunPod reports ERROR for it, so there is nothing to stop, and no proof that its bill ended. Start it again, or terminate it.';

/** A pod in ERROR, or in a state that Podwarden does not know: neither running nor stopped is said of it. */
export function oddCard(row: Row, facts: PodFacts, odd: Odd, owner: [string, Span], buttons: OddButtons): Message {
  const failed = odd.status === 'ERROR';
  const word = oneLine(odd.status).slice(0, 30);
  const about = failed
    ? 'RunPod reports ERROR, often because the image cannot be pulled. Start it again, or terminate it.'
    : `RunPod calls its state ${word}, which Podwarden does not know.`;
  const stopped = row.task?.kind === 'stop' && row.task.state === 'failed';
  const blocks: Block[] = [
    text(failed && stopped ? NOTHING_TO_STOP : about),
    fields(
      owner,
      ['Since', moment(row.since)],
      ['Bills now', ...billsNow(odd, facts)],
      ['Storage', storageText(facts)],
    ),
  ];
  const { start, stop, more } = buttons;
  return card(`${podOfRow(row)}: ${failed ? 'Error' : word}`, failed ? 'bad' : 'warn', blocks, [
    failed ? start : stop,
    ...more,
  ]);
}

interface OddButtons {
  start: Button;
  stop: Button;
  more: Button[];
}

function billsNow(odd: Odd, facts: PodFacts): (Span | string)[] {
  if (odd.microUsdPerHour > 0) return [money(odd.microUsdPerHour, 'hour'), ', as RunPod reports it'];
  const disk = stoppedPerHour(facts);
  return disk > 0 ? [money(disk, 'hour'), ' for its volume disk'] : ['nothing, as RunPod reports it'];
}
