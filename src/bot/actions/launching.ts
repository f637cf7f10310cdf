import { z } from 'zod';
import { findGpu, type GpuType } from '../../policy/gpu.ts';
import type { LaunchSpec, Row } from '../../policy/ledger.ts';
import { type LaunchArgs, launchOne, launchWith, rowId } from '../commands/launching.ts';
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
    if (!row?.spec || !catalogue) return note('warn', 'That launch is not known any more. Type the command again.');
    const gpu = catalogue.gpus.find((g) => g.id === row.spec?.gpuId);
    const wanted = choice?.startsWith('gpu-') ? choice.slice(4).replaceAll('-', ' ') : null;
    const match = wanted === null ? null : findGpu(wanted, catalogue.gpus);
    const args = changed(row, row.spec, choice, gpu);
    // A button launches once: the id follows from the card and the choice.
    const once = { ...asker, eventId: `relaunch ${id} ${choice}` };
    if (await services.ledger.get(rowId(once.eventId)))
      return note('info', 'This button has launched already; see its card.');
    if (match) return launchWith(match, args, once, services, catalogue);
    if (!gpu) return note('warn', 'RunPod no longer lists that GPU. /pod gpus shows what there is.');
    return launchOne(gpu, args, once, services, catalogue);
  },
};

function changed(row: Row, spec: LaunchSpec, choice: string | null, gpu: GpuType | undefined): LaunchArgs {
  const cloud = choice === 'cloud' ? (spec.cloud === 'SECURE' ? 'COMMUNITY' : 'SECURE') : spec.cloud;
  const region = spec.networkVolume === null && choice !== 'cloud' ? spec.dataCenterIds[0] : undefined;
  return {
    gpu: gpu?.name ?? spec.gpuName,
    market: choice === 'on-demand' ? 'on-demand' : spec.market,
    count: spec.gpuCount,
    image: spec.image ?? undefined,
    template: spec.templateId ?? undefined,
    disk: spec.containerDiskGb,
    volume: spec.networkVolume?.id ?? String(spec.volumeDisk?.sizeGb ?? 0),
    cloud: cloud === 'SECURE' ? 'secure' : 'community',
    region: spec.dataCenterIds.length === 1 ? region : undefined,
    name: row.spec?.middle,
  };
}
