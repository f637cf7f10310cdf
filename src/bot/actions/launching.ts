import { z } from 'zod';
import { type GpuType, gpuKey } from '../../policy/gpu.ts';
import type { LaunchSpec, Row } from '../../policy/ledger.ts';
import { spokenName, validMiddle } from '../../policy/pod-names.ts';
import { type LaunchArgs, launchOne, rowId } from '../commands/launching.ts';
import { note } from '../message/message.ts';
import type { Action } from './declare.ts';

const draftSchema = z.object({
  args: z.looseObject({ gpu: z.string() }),
  gpus: z.array(z.string()),
});

const LAPSED = 'That question has lapsed. Type the command again.';

/** One of several GPU types that fit what was typed. */
export const pick: Action = {
  name: 'pick',
  access: 'launch',
  async run({ id, choice }, asker, services) {
    const draft = draftSchema.safeParse(await services.drafts.get(id));
    const catalogue = await services.snapshots.catalogue();
    if (!draft.success || !catalogue) return note('warn', LAPSED);
    const gpu = catalogue.gpus.find((g) => g.id === draft.data.gpus[Number(choice)]);
    if (!gpu) return note('warn', LAPSED);
    // One launch a question, however often and in whichever order its buttons are pressed.
    const once = { ...asker, eventId: `pick ${id}` };
    return launchOne(gpu, draft.data.args as unknown as LaunchArgs, once, services, catalogue);
  },
};

/** Launches what a card asked for once more: the same, elsewhere, on another GPU, or on-demand. */
export const relaunch: Action = {
  name: 'relaunch',
  access: 'launch',
  async run({ id, choice }, asker, services) {
    const row = await services.ledger.get(id);
    const catalogue = await services.snapshots.catalogue();
    if (!row || !catalogue) return note('warn', 'That launch is not known any more. Type the command again.');
    const key = choice?.startsWith('gpu-') ? choice.slice(4) : null;
    const same = (g: GpuType) => (row.spec ? g.id === row.spec.gpuId : g.name === row.facts?.gpuName);
    const gpu = catalogue.gpus.find((g) => (key === null ? same(g) : gpuKey(g.id) === key));
    if (!gpu) return note('warn', 'RunPod no longer lists that GPU. /pod gpus shows what there is.');
    // A button launches once: the id follows from the card and the choice.
    const once = { ...asker, eventId: `relaunch ${id} ${choice}` };
    if (await services.ledger.get(rowId(once.eventId))) {
      return note('info', 'This button has launched already; see its card.');
    }
    const args = row.spec ? changed(row.spec, choice) : likeness(row);
    return launchOne(gpu, { ...args, gpu: gpu.name }, once, services, catalogue);
  },
};

function changed(spec: LaunchSpec, choice: string | null): Omit<LaunchArgs, 'gpu'> {
  const cloud = choice === 'cloud' ? (spec.cloud === 'SECURE' ? 'COMMUNITY' : 'SECURE') : spec.cloud;
  return {
    market: choice === 'on-demand' ? 'on-demand' : spec.market,
    count: spec.gpuCount,
    image: spec.image ?? undefined,
    template: spec.templateId ?? undefined,
    disk: spec.containerDiskGb,
    volume: spec.networkVolume?.id ?? String(spec.volumeDisk?.sizeGb ?? 0),
    cloud: cloud === 'SECURE' ? 'secure' : 'community',
    // Where the data may be is not for a button to widen.
    region: spec.dataCenterIds.length > 0 ? spec.dataCenterIds.join(',') : undefined,
    name: spec.middle,
    project: spec.project ?? undefined,
  };
}

/** A pod that was made elsewhere: its GPU and sizes, with the team's defaults for what is not known. */
function likeness({ facts }: Row): Omit<LaunchArgs, 'gpu'> {
  const middle = facts ? spokenName(facts.name).toLowerCase() : '';
  return {
    count: Math.max(1, facts?.gpuCount ?? 1),
    disk: facts?.containerDiskGb,
    volume: facts?.networkVolume?.id ?? (facts?.volumeDisk ? String(facts.volumeDisk.sizeGb) : undefined),
    name: validMiddle(middle) ? middle : undefined,
  };
}
