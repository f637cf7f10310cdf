import { z } from 'zod';
import { type FleetPod, isLaunching, stateOf, statusText } from '../../policy/fleet.ts';
import { findGpu } from '../../policy/gpu.ts';
import { isQuotedAtMost } from '../../policy/launch.ts';
import type { Row } from '../../policy/ledger.ts';
import { costOver } from '../../policy/money.ts';
import { parsePodName, spokenName } from '../../policy/pod-names.ts';
import { rateNow } from '../../policy/storage.ts';
import { card, fields, type Message, moment, money, note, type Span, text } from '../message/message.ts';
import { fleetList, gpuList } from '../views/lists.ts';
import { stopConfirm } from '../views/stop.ts';
import { gpuText, storageText } from '../views/words.ts';
import { defineCommand, oneOf } from './declare.ts';
import { suggestGpus } from './launching.ts';
import { namedPods, ownedBy, ownersOf, podsAndLaunches, suggestPods } from './pods.ts';
import { stoppingPod } from './stop-start.ts';

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
    const pods = await podsAndLaunches(services);
    const times = { readAt: fleet.readAt, now: services.clocks.now() };
    const owners = await ownersOf(pods, services);
    const shown = whose === 'mine' ? pods.filter((pod) => ownedBy(pod, owners.get(pod.id), asker)) : pods;
    const named = (pod: FleetPod) => owners.get(pod.id)?.name ?? parsePodName(pod.name)?.owner ?? null;
    return fleetList(shown, times, whose === 'mine' ? 'Your pods' : 'Pods', named);
  },
});

export const show = defineCommand({
  name: 'show',
  summary: 'Show one pod',
  args: z.strictObject({
    pod: z
      .string()
      .trim()
      .min(1, { error: 'is empty' })
      .max(200, { error: 'is too long' })
      .describe('Name, id, or the beginning of one'),
  }),
  positional: ['pod'],
  access: 'view',
  outsideRooms: false,
  examples: ['show run7'],
  suggest: { pod: suggestPods },
  async run({ pod: word }, _asker, services) {
    const [pod] = await namedPods(word, services);
    if (!pod) return note('warn', 'No such pod.');
    if (isLaunching(pod)) return launchCard(pod, await services.ledger.get(pod.id));
    const row = await services.ledger.byPod(pod.id);
    const market = row?.spec?.market === 'spot' ? ' spot' : '';
    const id = row?.id ?? pod.id;
    const off = ['stopped', 'error'].includes(stateOf(pod));
    const buttons = [
      { label: 'Connect', token: `v1.connect.${id}` },
      off
        ? { label: 'Start', token: `v1.start.${id}` }
        : { label: 'Stop', token: `v1.stop.${id}`, confirm: stopConfirm(stoppingPod(pod)) },
      { label: 'Terminate…', token: `v1.terminate.${id}` },
      { label: 'More…', token: `v1.more.${id}` },
    ];
    const started = stateOf(pod) === 'up' && pod.startedAt !== null ? Date.parse(pod.startedAt) : null;
    const cost = costOver(pod.microUsdPerHour, Math.max(0, services.clocks.now() - (started ?? 0)));
    return card(
      `${pod.name}: ${statusText(pod)}`,
      'info',
      [
        fields(
          ['Id', pod.id],
          [pod.gpuCount === null ? 'Type' : 'GPU', gpuText(pod.gpuName, pod.gpuCount)],
          ['Costs now', money(rateNow(pod), 'hour'), market],
          ['Where', `${pod.dataCenter ?? 'unknown'}, ${pod.cloud.toLowerCase()} cloud`],
          ['Created', moment(Date.parse(pod.createdAt))],
          ...(started === null
            ? []
            : [
                ['Cost so far', money(cost), ` for the ${pod.gpuCount === null ? 'CPU' : 'GPU'}`] as [
                  string,
                  Span,
                  string,
                ],
              ]),
          ['Storage', storageText(pod)],
        ),
        ...(pod.locked ? [text('Locked in RunPod’s console.')] : []),
        ...(pod.clustered ? [text('Belongs to a cluster: delete that in RunPod’s console, under Clusters.')] : []),
      ],
      buttons,
    );
  },
});

/** There is no pod yet: what it was asked with, and nothing that would be a pod's. */
function launchCard(pod: FleetPod, row: Row | null): Message {
  const spec = row?.spec ?? null;
  const market = spec?.market === 'spot' ? ' spot' : '';
  return card(`${spokenName(pod.name)}: ${statusText(pod)}`, 'info', [
    fields(
      ['Id', 'none yet'],
      ['GPU', gpuText(pod.gpuName, pod.gpuCount)],
      [
        'Price',
        spec && isQuotedAtMost(spec) ? 'at most ' : '',
        money(pod.microUsdPerHour, 'hour'),
        `${market} once it runs`,
      ],
      ['Launched by', row?.by.name ?? '–'],
      ['Asked', moment(Date.parse(pod.createdAt))],
      ['Storage', storageText(pod)],
    ),
  ]);
}

export const gpus = defineCommand({
  name: 'gpus',
  summary: 'GPU types with price and stock',
  args: z.strictObject({
    filter: z.string().trim().max(100, { error: 'is too long' }).optional().describe('Part of a name, such as h100'),
  }),
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
