import { formatUsd } from '../../../policy/money.ts';
import { bold, moment, money, plain, text } from '../../message/message.ts';
import { namesGpu } from '../words.ts';
import { gb, since, type Words } from './phrases.ts';

const named = (pods: readonly { name: string }[]) => pods.map(({ name }) => name).join(', ');

export const stoppedDouble: Words<'stopped-double'> = {
  title: ({ pod }) => `${pod.name} is off, and its disk bills double`,
  say: ({ pod, sizeGb, perDay, sinceStop, stoppedAt, source, onNetworkVolumePerDay }) => [
    text(
      `Its ${gb(sizeGb)} volume disk costs `,
      money(perDay, 'day'),
      ' while the pod is off, twice the usual rate: ',
      bold(formatUsd(sinceStop)),
      ' ',
      ...since(source, stoppedAt),
      '. On a network volume the same would cost ',
      money(onNetworkVolumePerDay, 'day'),
      '.',
    ),
    text(
      `Terminating ends that and deletes the disk; starting goes on with it, if its host has ${namesGpu(pod.gpu) ? 'a free GPU' : 'room'}.`,
    ),
  ],
  still: ({ sinceStop, perDay }) => ['is off: ', money(sinceStop), ' since it stopped, ', money(perDay, 'day'), '.'],
  many: {
    title: (count) => `${count} pods are off, and their disks bill double`,
    why: 'A volume disk bills twice the usual rate while its pod is off, until the pod is terminated.',
    header: ['Pod', 'Disk', 'A day', 'Since it stopped'],
    row: ({ pod, sizeGb, perDay, sinceStop }) => [
      [plain(pod.name)],
      [plain(gb(sizeGb))],
      [money(perDay)],
      [money(sinceStop)],
    ],
  },
};

export const stale: Words<'stale'> = {
  title: ({ pod, losesGb }) =>
    losesGb > 0 ? `${pod.name} may be removed soon, with its disk` : `${pod.name} may be removed soon`,
  say: ({ stoppedAt, source, removedAt, losesGb }) => [
    text(
      'RunPod removes stopped pods after about 30 days. This one is off ',
      ...since(source, stoppedAt),
      ', so it may go from ',
      moment(removedAt),
      '.',
    ),
    losesGb > 0
      ? text(bold(`${gb(losesGb)} of volume disk go with it, for good.`), ' Start it and copy what you need.')
      : text('Nothing of yours goes with it: it has no volume disk.'),
  ],
  still: ({ removedAt, losesGb }) => [
    'is off, and may be removed from ',
    moment(removedAt),
    losesGb > 0 ? ` with ${gb(losesGb)} of volume disk.` : '.',
  ],
  many: {
    title: (count) => `${count} stopped pods may be removed soon`,
    why: 'RunPod removes stopped pods after about 30 days, and their volume disks with them, for good.',
    header: ['Pod', 'Volume disk', 'May go from'],
    row: ({ pod, losesGb, removedAt }) => [[plain(pod.name)], [plain(gb(losesGb))], [moment(removedAt)]],
  },
};

export const notDurable: Words<'not-durable'> = {
  title: ({ pod }) => `${pod.name} keeps nothing that would last`,
  say: ({ spot, volumeDiskGb, since: at }) => [
    text(
      spot
        ? 'It is a spot pod without a network volume: RunPod may take it at any moment. '
        : 'It has no network volume, and has been up since ',
      ...(spot ? [] : [moment(at), '. ']),
      volumeDiskGb > 0
        ? `Its ${gb(volumeDiskGb)} volume disk ends with the pod. `
        : 'Whatever it writes ends with it. ',
      'Copy checkpoints elsewhere while it runs: a network volume cannot be attached later.',
    ),
  ],
  still: () => ['has no network volume.'],
  many: {
    title: (count) => `${count} pods keep nothing that would last`,
    why: 'They have no network volume: what they write ends with them. One cannot be attached later.',
    header: ['Pod', 'Market', 'Up since'],
    row: ({ pod, spot, since: at }) => [[plain(pod.name)], [plain(spot ? 'spot' : 'on-demand')], [moment(at)]],
  },
};

export const orphanVolume: Words<'orphan-volume'> = {
  title: ({ volume }) => `The network volume ${volume.name} is not mounted`,
  say: ({ volume, since: at, exact, perMonth, sinceCost }) => [
    text(
      `No pod has mounted its ${gb(volume.sizeGb)} in ${volume.dataCenter} `,
      ...(exact ? ['since ', moment(at)] : ['since ', moment(at), ' at least, when it was first seen']),
      '. It costs ',
      bold(formatUsd(perMonth)),
      ' a month all the same, ',
      money(sinceCost),
      ' in that time. Delete it in RunPod’s console once its data is elsewhere.',
    ),
  ],
  still: ({ perMonth }) => ['is not mounted: ', money(perMonth), ' a month.'],
  many: {
    title: (count) => `${count} network volumes are not mounted`,
    why: 'They cost the same all the time. Delete them in RunPod’s console once their data is elsewhere.',
    header: ['Volume', 'Size', 'A month', 'Since'],
    row: ({ volume, perMonth, since: at }) => [
      [plain(volume.name)],
      [plain(gb(volume.sizeGb))],
      [money(perMonth)],
      [moment(at)],
    ],
  },
};

export const twoWriters: Words<'two-writers'> = {
  title: ({ volume, pods }) => `${pods.length} pods write to ${volume.name}`,
  say: ({ volume, pods }) => [
    text(
      bold(named(pods)),
      ` mount the network volume ${volume.name} at once. RunPod warns that writing from several pods may corrupt data: give each its own folder, or stop all but one.`,
    ),
  ],
  still: ({ pods }) => [`is mounted by ${named(pods)} at once.`],
  many: {
    title: (count) => `${count} network volumes have several writers`,
    why: 'Writing from several pods at once may corrupt data.',
    header: ['Volume', 'Pods'],
    row: ({ volume, pods }) => [[plain(volume.name)], [plain(named(pods))]],
  },
};
