import { type Cloud, findGpu, type GpuType } from './gpu.ts';
import { decideLaunch, type LaunchRequest, type LaunchSurroundings } from './launch.ts';
import type { Market } from './ledger.ts';

/** A launch as it was typed, as a preset names it, or as a button changed it. */
export interface LaunchArgs {
  gpu: string;
  market?: Market | undefined;
  count?: number | undefined;
  image?: string | undefined;
  template?: string | undefined;
  disk?: number | undefined;
  volume?: string | undefined;
  cloud?: 'secure' | 'community' | undefined;
  region?: string | undefined;
  name?: string | undefined;
  project?: string | undefined;
}

export const cloudOf = ({ cloud }: LaunchArgs): Cloud | null =>
  cloud === undefined ? null : cloud === 'secure' ? 'SECURE' : 'COMMUNITY';

export function requestOf(gpu: GpuType, args: LaunchArgs): LaunchRequest {
  return {
    gpu,
    market: args.market ?? null,
    count: args.count ?? null,
    image: args.image ?? null,
    template: args.template ?? null,
    diskGb: args.disk ?? null,
    volume: args.volume ?? null,
    cloud: cloudOf(args),
    region: args.region ?? null,
    name: args.name ?? null,
    project: args.project ?? null,
  };
}

/** A preset that could not be launched now, and why, in plain text. */
export interface BrokenPreset {
  name: string;
  problem: string;
}

/** Presets whose GPU type, volume, region or cloud RunPod does not have any more. None where the catalog was never read. */
export function brokenPresets(
  presets: Readonly<Record<string, LaunchArgs>>,
  gpus: GpuType[],
  around: Omit<LaunchSurroundings, 'owner'>,
): BrokenPreset[] {
  if (gpus.length === 0) return [];
  return Object.entries(presets).flatMap(([name, preset]) => {
    const match = findGpu(preset.gpu, gpus);
    if (match.kind === 'none') return [{ name, problem: `Runpod has no GPU called ${preset.gpu}.` }];
    const [gpu] = match.kind === 'one' ? [match.gpu] : match.gpus;
    // Several that fit are asked about at the launch.
    if (match.kind === 'several' || !gpu) return [];
    const decision = decideLaunch(requestOf(gpu, preset), { ...around, owner: 'preset' });
    return decision.kind === 'refuse' ? [{ name, problem: decision.problem }] : [];
  });
}
