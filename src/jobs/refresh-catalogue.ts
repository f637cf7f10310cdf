import { cleanCatalogue } from '../policy/gpu.ts';
import { defineJob } from './define.ts';
import { refreshCatalogue as name } from './names.ts';
import type { PodContext } from './pod-context.ts';

/** Keeps GPU types, prices, stock, data centres and network volumes in the store: commands never wait on RunPod. */
export const refreshCatalogue = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle(_, context: PodContext, signal) {
    const read = await context.provider.catalogue(signal);
    const readAt = context.clocks.now();
    await context.snapshots.saveCatalogue({ ...read, gpus: cleanCatalogue(read.gpus), readAt });
    await context.snapshots.ran(name.name, readAt);
  },
});
