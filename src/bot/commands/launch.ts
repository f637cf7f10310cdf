import { z } from 'zod';
import { findGpu } from '../../policy/gpu.ts';
import { MAX_MIDDLE } from '../../policy/pod-names.ts';
import type { LaunchArgs } from '../../policy/presets.ts';
import { note } from '../message/message.ts';
import { defineCommand, oneOf, wholeNumber } from './declare.ts';
import { launchedBefore, launchWith, rowId, suggestGpus } from './launching.ts';

const text = (what: string, most = 300) =>
  z
    .string()
    .trim()
    .min(1, { error: `${what} is empty` })
    .max(most, { error: `${what} is too long` });

/** A reference as registries take them: no spaces, nothing that could be markup. */
const image = text('image').regex(/^[a-z0-9][\w.-]*(:\d+)?(\/[\w.-]+)*(:[\w.-]+)?(@sha256:[a-f0-9]{64})?$/i, {
  error: 'image is not an image reference such as runpod/pytorch:2.8.0',
});
const template = text('template').regex(/^[\w-]{1,64}$/, {
  error: 'template is a RunPod template id, such as 30zmvf89kd',
});

export const launch = defineCommand({
  name: 'launch',
  summary: 'Launch a pod',
  args: z.strictObject({
    gpu: text('gpu').describe('GPU type, such as a6000 or h100 sxm, or a preset'),
    market: oneOf(['spot', 'on-demand']).optional().describe('spot or on-demand'),
    count: wholeNumber('count').optional().describe('GPUs in this one pod'),
    image: image.optional().describe('Container image'),
    template: template.optional().describe('RunPod template id, instead of an image'),
    disk: wholeNumber('disk').optional().describe('Container disk in GB; wiped when the pod stops'),
    volume: text('volume').optional().describe('GB of volume disk, or a network volume by name or id'),
    cloud: oneOf(['secure', 'community']).optional().describe('secure or community'),
    region: text('region').optional().describe('Data centre such as EU-RO-1, or the beginning of some such as EU'),
    name: text('name', MAX_MIDDLE).optional().describe('What you will call the pod'),
    project: text('project').optional().describe('What it is for, for the costs'),
  }),
  positional: ['gpu', 'market', 'count'],
  access: 'launch',
  outsideRooms: false,
  posts: true,
  examples: ['launch a6000 spot', 'launch h100 sxm count=2 name=run7', 'launch 4090 volume=shared region=EU'],
  suggest: {
    gpu: suggestGpus,
    market: async () => choices('spot', 'on-demand'),
    cloud: async () => choices('secure', 'community'),
    project: async (_, { policy }) => choices(...policy.projects.map(({ name }) => name).slice(0, 25)),
  },
  async run(args, asker, services) {
    const before = await launchedBefore(rowId(asker.eventId), asker, services);
    if (before) return before;
    const catalogue = await services.snapshots.catalogue();
    if (!catalogue) return note('warn', 'RunPod’s catalogue was not read yet. Try again in a minute.');
    // A preset is a launch by name; what is typed beside it wins.
    const name = args.gpu.toLowerCase();
    const preset = Object.hasOwn(services.policy.presets, name) ? services.policy.presets[name] : undefined;
    const typed = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
    const wanted: LaunchArgs = preset ? { ...preset, ...typed, gpu: preset.gpu } : args;
    return launchWith(findGpu(wanted.gpu, catalogue.gpus), wanted, asker, services, catalogue);
  },
});

const choices = (...values: string[]) => values.map((value) => ({ name: value, value }));
