import type { FactsOf } from '../../../policy/findings/finding.ts';
import { formatUsd } from '../../../policy/money.ts';
import { spokenName } from '../../../policy/pod-names.ts';
import type { Change } from '../../../policy/scan/memory.ts';
import { stoppedPerDay } from '../../../policy/storage.ts';
import { bold, moment, money, plain, type Span, text } from '../../message/message.ts';
import { quoted } from '../../message/visible.ts';
import { gb, type Words } from './phrases.ts';

const VERB: Record<Change['what'], string> = {
  stopped: 'was stopped',
  started: 'was started',
  terminated: 'was terminated',
  'removed by RunPod': 'was removed by RunPod',
  renamed: 'was renamed',
  resized: 'was resized',
  'image changed': 'got another image',
};

function oneChange({ name, what, now, said }: Change): (Span | string)[] {
  const by = said === null || said === '' ? '' : ` (RunPod: ${quoted(said)})`;
  return [bold(spokenName(name)), ` ${VERB[what]}${now === '' ? '' : ` to ${now}`}${by}`];
}

const STUCK: Record<FactsOf<'stuck'>['state'], string> = {
  coming:
    'is still coming up. A large image takes minutes; longer usually means that the image cannot be pulled, or a bad host',
  'no-runtime': 'is called running and reports nothing. That usually means a bad host, or a network volume that hangs',
  silent:
    'is called running, and its container reports nothing any more. It may have crashed, or its host be in trouble',
  error: 'does so where its image cannot be pulled, or where the start of it fails',
};

export const zeroGpu: Words<'zero-gpu'> = {
  title: ({ pod }) => `${pod.name} runs without a GPU`,
  say: ({ since: at }) => [
    text(
      'Somebody else rented its GPU while it was off. It is good for copying files out, and for nothing else, since ',
      moment(at),
      '. Copy what you need, stop it, and launch a new one.',
    ),
  ],
  still: () => ['runs without a GPU.'],
  many: {
    title: (count) => `${count} pods run without a GPU`,
    why: 'Good for copying files out, and for nothing else.',
    header: ['Pod', 'Since'],
    row: ({ pod, since: at }) => [[plain(pod.name)], [moment(at)]],
  },
};

export const idle: Words<'idle'> = {
  title: ({ pod, gpus }) =>
    gpus ? `${gpus.idle} of ${gpus.of} GPUs of ${pod.name} are idle` : `${pod.name} has been idle`,
  say: ({ pod, since: at, cost, below, gpus }) =>
    gpus
      ? [
          text(
            `${gpus.idle} of ${gpus.of} GPUs are under ${below} %, the first since `,
            moment(at),
            '. They cost ',
            bold(formatUsd(cost)),
            ' so far, at ',
            money(gpus.perHour, 'hour'),
            ' of the pod’s ',
            money(pod.rate, 'hour'),
            '. The pod keeps running: use the idle GPUs, or launch a smaller pod.',
          ),
        ]
      : [
          text(
            `All GPUs of ${pod.gpu} have been under ${below} % since `,
            moment(at),
            '. That cost ',
            bold(formatUsd(cost)),
            ' so far, at ',
            money(pod.rate, 'hour'),
            '. The pod keeps running until somebody stops it.',
          ),
        ],
  still: ({ cost, pod, gpus }) => [
    gpus ? `has ${gpus.idle} of ${gpus.of} GPUs idle: ` : 'is idle: ',
    money(cost),
    ' so far, at ',
    money(gpus?.perHour ?? pod.rate, 'hour'),
    '.',
  ],
  many: {
    title: (count) => `${count} pods have been idle`,
    why: 'At least half of their GPUs have been idle for a while. The pods keep running until somebody stops them.',
    header: ['Pod', 'Idle', 'Costs', 'So far'],
    row: ({ pod, cost, gpus }) => [
      [plain(pod.name)],
      [plain(gpus ? `${gpus.idle} of ${pod.gpu}` : pod.gpu)],
      [money(gpus?.perHour ?? pod.rate, 'hour')],
      [money(cost)],
    ],
  },
};

export const evicted: Words<'evicted'> = {
  title: ({ pod }) => `${pod.name} was evicted`,
  say: ({ at, volumeDiskGb, networkVolume, wasPerHour, outbid }) => [
    text(
      'RunPod took the spot pod’s GPU back at ',
      moment(at),
      outbid ? ': somebody pays more. ' : ', and does not say why. ',
      money(wasPerHour, 'hour'),
      ' ended.',
    ),
    networkVolume
      ? text(
          'Its network volume is untouched: a relaunch on a fresh host mounts it, and starts with an empty container disk.',
        )
      : volumeDiskGb > 0
        ? text(
            `A relaunch on a fresh host starts empty. The ${gb(volumeDiskGb)} volume disk stays on the old pod and costs `,
            money(stoppedPerDay(volumeDiskGb), 'day'),
            ' until that is terminated; starting the old pod goes on with it.',
          )
        : text('Nothing of it is kept: a relaunch on a fresh host starts empty.'),
  ],
  still: () => ['is off since its eviction.'],
  many: {
    title: (count) => `${count} spot pods were evicted`,
    why: 'RunPod took their GPUs back. A relaunch starts empty; volume disks stay on the old pods.',
    header: ['Pod', 'GPU', 'When', 'Volume disk'],
    row: ({ pod, at, volumeDiskGb }) => [[plain(pod.name)], [plain(pod.gpu)], [moment(at)], [plain(gb(volumeDiskGb))]],
  },
};

export const changedOutside: Words<'changed-outside'> = {
  title: ({ changes }) => {
    const [first] = changes;
    if (changes.length !== 1 || !first) return `${changes.length} changes were made elsewhere`;
    const removed = first.what === 'removed by RunPod';
    return `${spokenName(first.name)} ${VERB[first.what]}${removed ? '' : ' elsewhere'}`;
  },
  say: ({ changes }) => {
    const shown = changes.slice(0, 12);
    const lines = shown.flatMap((change, i) => [i === 0 ? '' : '\n', ...oneChange(change)]);
    const more = changes.length > shown.length ? [`\nand ${changes.length - shown.length} more`] : [];
    const at = changes[0]?.at ?? 0;
    const removed = changes.every(({ what }) => what === 'removed by RunPod');
    const why = removed
      ? 'RunPod removes what has been off for about 30 days, with its volume disks.'
      : 'Nobody asked for it here: it was done in RunPod’s console or by its API, or by RunPod.';
    return [text(...lines, ...more, '.'), text('Seen ', moment(at), `. ${why}`)];
  },
  still: () => ['was changed elsewhere.'],
  many: {
    title: (count) => `${count} changes were made elsewhere`,
    why: '',
    header: ['Pod'],
    row: ({ changes }) => [[plain(changes.map(({ name }) => spokenName(name)).join(', '))]],
  },
};

export const unowned: Words<'unowned'> = {
  title: ({ pod }) => `${pod.name} is nobody’s`,
  say: ({ pod, up }) => [
    text(
      `It ${up ? 'runs' : 'is kept'} on ${pod.gpu} for `,
      money(pod.rate, 'hour'),
      ', and neither its name nor Podwarden says whose it is. Whoever claims it hears of it.',
    ),
  ],
  still: ({ pod }) => ['is nobody’s, at ', money(pod.rate, 'hour'), '.'],
  many: {
    title: (count) => `${count} pods are nobody’s`,
    why: 'Neither their names nor Podwarden say whose they are. Whoever claims one hears of it.',
    header: ['Pod', 'GPU', 'Costs'],
    row: ({ pod }) => [[plain(pod.name)], [plain(pod.gpu)], [money(pod.rate, 'hour')]],
  },
};

export const duplicate: Words<'duplicate'> = {
  title: ({ first }) => `${first}: a second pod turned up for this launch`,
  say: ({ pod }) => [
    text(`${pod.id} came late. It bills too, `, money(pod.rate, 'hour'), ': stop the one you do not need.'),
  ],
  still: ({ pod }) => ['is a second pod, at ', money(pod.rate, 'hour'), '.'],
  many: {
    title: (count) => `${count} launches have a second pod`,
    why: 'They bill too: stop those you do not need.',
    header: ['Pod', 'Id', 'Costs'],
    row: ({ pod }) => [[plain(pod.name)], [plain(pod.id)], [money(pod.rate, 'hour')]],
  },
};

const STUCK_TITLE: Partial<Record<FactsOf<'stuck'>['state'], string>> = {
  silent: 'stopped reporting',
  error: 'ended with an error',
};

export const stuck: Words<'stuck'> = {
  title: ({ pod, state }) => `${pod.name} ${STUCK_TITLE[state] ?? 'does not come up'}`,
  say: ({ state, since: at, pod }) => [
    text(`It ${STUCK[state]}. Since `, moment(at), ', at ', money(pod.rate, 'hour'), '.'),
  ],
  still: ({ pod, state }) =>
    state === 'error'
      ? ['ended with an error.']
      : [state === 'silent' ? 'reports nothing, at ' : 'is stuck, at ', money(pod.rate, 'hour'), '.'],
  many: {
    title: (count) => `${count} pods do not run as they should`,
    why: 'A large image takes minutes; longer usually means that it cannot be pulled, or a bad host.',
    header: ['Pod', 'Since', 'Costs'],
    row: ({ pod, since: at }) => [[plain(pod.name)], [moment(at)], [money(pod.rate, 'hour')]],
  },
};
