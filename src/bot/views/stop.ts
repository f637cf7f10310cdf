import type { MicroUsdPerHour } from '../../policy/money.ts';
import { formatUsd } from '../../policy/money.ts';
import type { PodStorage } from '../../policy/storage.ts';
import { type Kept, stopEffects } from '../../policy/storage.ts';
import { type Block, bold, type Confirm, text } from '../message/message.ts';
import { namesGpu } from './words.ts';

export interface StoppingPod {
  name: string;
  gpu: string;
  microUsdPerHour: MicroUsdPerHour;
  storage: PodStorage;
  /** Its compute is paid in advance. */
  savingsPlan?: boolean | undefined;
}

function keptText(kept: Kept): string {
  switch (kept.kind) {
    case 'nothing':
      return 'nothing: there is no volume disk, and nothing bills afterwards';
    case 'network-volume':
      return `all on the network volume at ${kept.path}; nothing bills double`;
    case 'volume-disk':
      return `${kept.sizeGb} GB at ${kept.path} for ${formatUsd(kept.microUsdPerDay)} a day (${kept.times}x, double the usual rate)`;
  }
}

/** Slack's dialog holds 300 characters with the other lines. */
const PAID = 'nothing: it is on a savings plan, which is paid in advance';

function lines(pod: StoppingPod): { label: string; text: string }[] {
  const { endsMicroUsdPerHour, kept } = stopEffects(pod.storage, pod.microUsdPerHour);
  const mount = kept.kind === 'nothing' ? '' : ` outside ${kept.path}`;
  return [
    { label: 'Ends', text: pod.savingsPlan ? PAID : `${formatUsd(endsMicroUsdPerHour)}/h` },
    ...(namesGpu(pod.gpu)
      ? [{ label: 'GPU', text: `the ${pod.gpu} goes back, and may be gone on this host at the next start` }]
      : []),
    { label: 'Lost', text: `everything${mount}` },
    { label: 'Kept', text: keptText(kept) },
  ];
}

/** What stopping does to one pod, in a few short lines. */
export function stopLines(pod: StoppingPod): Block[] {
  const shown = lines(pod).flatMap(({ label, text: value }, i) => [i === 0 ? '' : '\n', bold(label), `: ${value}`]);
  return [text(bold(pod.name), ` (${pod.gpu})`), text(...shown)];
}

/** The same lines where a button asks once more. Slack's dialog holds 300 characters. */
export function stopConfirm(pod: StoppingPod): Confirm {
  const said = lines(pod).map(({ label, text: value }) => `${label}: ${value}.`);
  return { title: `Stop ${pod.name}?`, text: said.join('\n') };
}
