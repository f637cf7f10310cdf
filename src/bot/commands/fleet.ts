import { z } from 'zod';
import { statusText } from '../../policy/fleet.ts';
import { findGpu } from '../../policy/gpu.ts';
import { card, fields, moment, money, note, text } from '../message/message.ts';
import { fleetList, gpuList, ratePerHour } from '../views/lists.ts';
import { gpuText, storageText } from '../views/words.ts';
import { defineCommand, oneOf } from './declare.ts';
import { suggestGpus } from './launching.ts';
import { knownPods, namedPods, ownedBy, suggestPods } from './pods.ts';

export const list = defineCommand({
  name: 'list',
  summary: 'List pods',
  args: z.strictObject({ whose: oneOf(['all', 'mine']).optional().describe('all or mine') }),
  positional: ['whose'],
  access: 'view',
  outsideRooms: true,
  examples: ['list', 'list mine'],
  suggest: { whose: async () => ['all', 'mine'].map((value) => ({ name: value, value })) },
  async run({ whose }, asker, services) {
    const fleet = await services.snapshots.fleet();
    if (!fleet) return note('warn', 'The fleet was not read yet. Try again in a minute.');
    const pods = await knownPods(services);
    const times = { readAt: fleet.readAt, now: services.clocks.now() };
    if (whose !== 'mine') return fleetList(pods, times, 'Pods');
    return fleetList(
      pods.filter((pod) => ownedBy(pod, asker)),
      times,
      'Your pods',
    );
  },
});

export const show = defineCommand({
  name: 'show',
  summary: 'Show one pod',
  args: z.strictObject({ pod: z.string().trim().min(1).max(200).describe('Name, id, or the beginning of one') }),
  positional: ['pod'],
  access: 'view',
  outsideRooms: false,
  examples: ['show run7'],
  suggest: { pod: suggestPods },
  async run({ pod: word }, _asker, services) {
    const [pod] = await namedPods(word, services);
    if (!pod) return note('warn', 'No such pod.');
    const row = await services.ledger.byPod(pod.id);
    const market = row?.spec?.market === 'spot' ? ' spot' : '';
    const buttons = row
      ? [
          { label: 'Connect', token: `v1.connect.${row.id}` },
          { label: 'More…', token: `v1.more.${row.id}` },
        ]
      : [{ label: 'Connect', token: `v1.connect.${pod.id}` }];
    return card(
      `${pod.name}: ${statusText(pod)}`,
      'info',
      [
        fields(
          ['Id', pod.id],
          ['GPU', gpuText(pod.gpuName, pod.gpuCount ?? 0)],
          ['Costs now', money(ratePerHour(pod), 'hour'), market],
          ['Where', `${pod.dataCenter ?? 'unknown'}, ${pod.cloud.toLowerCase()} cloud`],
          ['Created', moment(Date.parse(pod.createdAt))],
          ['Storage', storageText(pod)],
        ),
        ...(pod.locked ? [text('Locked in RunPod’s console.')] : []),
      ],
      buttons,
    );
  },
});

export const gpus = defineCommand({
  name: 'gpus',
  summary: 'GPU types with price and stock',
  args: z.strictObject({ filter: z.string().trim().max(100).optional().describe('Part of a name, such as h100') }),
  positional: ['filter'],
  access: 'view',
  outsideRooms: true,
  examples: ['gpus', 'gpus h100'],
  suggest: { filter: suggestGpus },
  async run({ filter }, _asker, services) {
    const catalogue = await services.snapshots.catalogue();
    if (!catalogue) return note('warn', 'RunPod’s catalogue was not read yet. Try again in a minute.');
    if (filter === undefined || filter === '') return gpuList(catalogue.gpus, catalogue.readAt, null);
    const match = findGpu(filter, catalogue.gpus);
    const part = filter.toLowerCase();
    const alike = catalogue.gpus.filter((gpu) => `${gpu.name} ${gpu.id}`.toLowerCase().includes(part));
    if (match.kind === 'none' && alike.length > 0) return gpuList(alike, catalogue.readAt, filter.slice(0, 40));
    if (match.kind === 'none') {
      const near = match.nearest.map((gpu) => gpu.name).join(', ');
      return note('warn', `RunPod has no GPU like ${filter.slice(0, 60)}.${near === '' ? '' : ` Nearest: ${near}.`}`);
    }
    return gpuList(match.kind === 'one' ? [match.gpu] : match.gpus, catalogue.readAt, filter.slice(0, 40));
  },
});
