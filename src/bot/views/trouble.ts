import { alternatives, type Cloud, type GpuType, gpuKey } from '../../policy/gpu.ts';
import { cloudName } from '../../policy/launch.ts';
import type { LaunchSpec, Row, Trouble } from '../../policy/ledger.ts';
import { formatUsd } from '../../policy/money.ts';
import { type Block, type Button, text } from '../message/message.ts';
import { quoted } from '../message/visible.ts';
import { NOTHING_TO_STOP } from './odd-card.ts';
import { gpuOfRow } from './words.ts';

/** Community hosts stand outside of RunPod's data centers, mostly: a region leaves few of them, or none. */
function bounded(spec: LaunchSpec | null): spec is LaunchSpec {
  return spec?.cloud === 'COMMUNITY' && spec.dataCenterIds.length > 0 && spec.networkVolume === null;
}

const MAX_PLACES = 3;

function places(ids: readonly string[]): string {
  const more = ids.length - MAX_PLACES;
  return more > 0 ? `${ids.slice(0, MAX_PLACES).join(', ')} and ${more} more` : ids.join(', ');
}

/** What each ending means, and what RunPod itself said. */
const MEANING: Record<Trouble['kind'], (row: Row) => string> = {
  'no-capacity': (row) =>
    bounded(row.spec)
      ? `Community Cloud has no ${gpuOfRow(row)} in ${places(row.spec.dataCenterIds)} right now. Few of its hosts are in a data center that Runpod lists, so the region is the likely cause. Nothing was created and nothing bills.`
      : `RunPod has no capacity for ${gpuOfRow(row)} there right now. Nothing was created and nothing bills.`,
  'no-funds': () => 'The RunPod balance is too low for this. Nothing was created; top up in RunPod’s console.',
  refused: () => 'RunPod refused it. Nothing was created and nothing bills.',
  access: () => 'The RunPod key may not do this: it was rejected, or lacks a scope.',
  'no-spot-price': () => 'RunPod offers no spot price for this GPU right now.',
  'spot-gone': () => 'RunPod no longer offers spot pods here.',
  'bid-too-high': () => 'The lowest spot bid is above the team’s ceiling (spot.ceiling).',
  'no-gpu-on-host': ({ facts }) =>
    facts?.gpuCount === null
      ? 'There is no free capacity on this pod’s host. Its data is still there: start it again later.'
      : 'There are not enough free GPUs on this pod’s host: somebody else rented them. Its data is still there; a new pod starts empty on another host.',
  'zero-gpu': () =>
    'It came up without its GPU, which is only good for rescuing files. Copy what you need, stop it, and launch a new one.',
  locked: () => 'The pod is locked, so it refuses. Somebody locked it on purpose: ask before you unlock it.',
  'spot-refused': () => 'It cannot start again as spot.',
  'unknown-state': () =>
    'RunPod answered none of the attempts, and no pod of theirs turned up. Their names are watched for a day.',
  gone: () => 'The pod is gone from RunPod.',
  expired: () => 'No worker could send it in time, so it was dropped: nobody gets a pod hours later.',
  'pod-error': ({ facts, task }) =>
    facts?.odd
      ? `The pod reports ERROR. ${task?.kind === 'stop' ? NOTHING_TO_STOP : ''}`.trim()
      : 'The pod ended by itself.',
  'not-allowed': (row) => `It would have passed a budget. ${row.trouble?.detail ?? ''} Nothing was created.`,
};

/** Where RunPod's own sentence adds something. */
const QUOTE: Trouble['kind'][] = ['refused', 'no-funds', 'access', 'pod-error', 'spot-refused', 'no-spot-price'];

export function troubleText(row: Row): Block {
  const { trouble } = row;
  if (!trouble) return text('');
  const quote = QUOTE.includes(trouble.kind) && trouble.detail !== '' ? ` RunPod: ${quoted(trouble.detail)}.` : '';
  const price = trouble.onDemandMicroUsdPerHour;
  const onDemand = price === null ? '' : ` On-demand costs ${formatUsd(price)}/h.`;
  return text(MEANING[trouble.kind](row) + quote + onDemand);
}

/** Whether the same GPU elsewhere, another GPU or on-demand is a way out. */
const LAUNCH_AGAIN: Trouble['kind'][] = [
  'no-capacity',
  'no-spot-price',
  'spot-gone',
  'bid-too-high',
  'unknown-state',
  'expired',
  'no-gpu-on-host',
  'zero-gpu',
];
const MAX_ALTERNATIVES = 3;

function anywhere({ kind }: Trouble, spec: LaunchSpec, token: string): Button[] {
  return kind === 'no-capacity' && bounded(spec) ? [{ label: 'Anywhere', token, style: 'primary' }] : [];
}

/** Next steps, as buttons: on-demand instead of spot, the other cloud, GPUs with stock and at least the same memory. */
export function troubleButtons(row: Row, catalogue: readonly GpuType[]): Button[] {
  const { trouble, spec } = row;
  if (!trouble) return [];
  const token = (choice: string) => `v1.relaunch.${row.id}.${choice}`;
  const fresh = { label: 'Launch a new one', token: token('same') };
  const lostGpu = trouble.kind === 'no-gpu-on-host' || trouble.kind === 'zero-gpu';
  if (trouble.kind === 'locked')
    return [{ label: 'Unlock and stop', token: `v1.unlock-stop.${row.id}`, style: 'danger' }];
  // A pod that was made elsewhere has no launch to repeat, only a likeness to make.
  if (!spec) return lostGpu && row.facts?.gpuCount !== null ? [fresh] : [];
  if (trouble.kind === 'spot-refused') {
    const price = trouble.onDemandMicroUsdPerHour;
    return [
      {
        label: `Start on-demand${price === null ? '' : ` ${formatUsd(price)}/h`}`,
        token: `v1.start.${row.id}.on-demand`,
      },
    ];
  }
  if (!LAUNCH_AGAIN.includes(trouble.kind)) return [];
  const buttons = anywhere(trouble, spec, token('anywhere'));
  const price = trouble.onDemandMicroUsdPerHour;
  if (price !== null)
    buttons.push({ label: `On-demand ${formatUsd(price)}/h`, token: token('on-demand'), style: 'primary' });
  const other: Cloud = spec.cloud === 'SECURE' ? 'COMMUNITY' : 'SECURE';
  const gpu = catalogue.find(({ id }) => id === spec.gpuId);
  const elsewhere = gpu?.sold[other] ? gpu.price[other] : null;
  if (elsewhere !== null && elsewhere !== undefined && spec.networkVolume === null) {
    buttons.push({ label: `${cloudName(other)} ${formatUsd(elsewhere * spec.gpuCount)}/h`, token: token('cloud') });
  }
  const others = gpu ? alternatives(gpu, [...catalogue], spec.cloud).slice(0, MAX_ALTERNATIVES) : [];
  for (const next of others) {
    const rate = (next.price[spec.cloud] ?? 0) * spec.gpuCount;
    buttons.push({ label: `${next.name} ${formatUsd(rate)}/h`, token: token(`gpu-${gpuKey(next.id)}`) });
  }
  buttons.push(lostGpu ? fresh : { ...fresh, label: 'Try again' });
  return buttons;
}
