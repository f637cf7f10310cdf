import { cleanCatalogue } from '../policy/gpu.ts';
import { rowsIn, toKeep, unreadLines } from '../policy/unread.ts';
import { defineJob } from './define.ts';
import { refreshCatalogue as name } from './names.ts';
import type { PodContext } from './pod-context.ts';

/** Keeps GPU types, prices, stock, data centres and network volumes in the store: commands never wait on RunPod. */
export const refreshCatalogue = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle(_, context: PodContext, signal) {
    const read = await context.provider.catalogue(signal);
    if (read.unread.length > 0) {
      const rows = unreadLines(read.unread).slice(0, 20);
      context.log.warn({ count: rowsIn(read.unread), rows }, 'parts of the catalogue do not read');
    }
    const readAt = context.clocks.now();
    await context.snapshots.saveCatalogue({
      gpus: cleanCatalogue(read.gpus),
      dataCenters: read.dataCenters ?? [],
      networkVolumes: read.networkVolumes ?? [],
      unread: toKeep(read.unread),
      readAt,
    });
    await context.snapshots.ran(name.name, readAt);
  },
});
