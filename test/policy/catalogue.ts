import { GPUS } from '../../emulators/runpod/catalogue.ts';
import { cleanCatalogue, type GpuType } from '../../src/policy/gpu.ts';
import { microUsd } from '../../src/policy/money.ts';

/** A catalogue of RunPod's own ids, junk twins and MIG slices included. */
export const RAW_CATALOGUE: GpuType[] = GPUS.map((gpu) => ({
  id: gpu.id,
  name: gpu.name,
  memoryGb: gpu.memory,
  sold: { SECURE: gpu.secure !== null, COMMUNITY: gpu.community !== null },
  price: {
    SECURE: gpu.secure === null ? null : microUsd(gpu.secure),
    COMMUNITY: gpu.community === null ? null : microUsd(gpu.community),
  },
  maxCount: { SECURE: gpu.maxCount, COMMUNITY: gpu.maxCount },
  stock: gpu.stock,
  dataCenters: gpu.dataCenters.map((id) => ({ id, stock: gpu.stock })),
  spot: gpu.bid === null ? null : microUsd(gpu.bid),
}));

export const CATALOGUE = cleanCatalogue(RAW_CATALOGUE);

export function gpuNamed(name: string): GpuType {
  const found = CATALOGUE.find((gpu) => gpu.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}
