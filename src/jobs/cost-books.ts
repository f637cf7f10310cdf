import { PRODUCT_NAMES, type Product } from '../policy/costs/amounts.ts';
import { type BilledHour, HOUR_MS, hourOf } from '../policy/costs/hours.ts';
import { projectOfPod, projectOfResource } from '../policy/costs/projects.ts';
import type { Ending, Known } from '../policy/costs/rollup.ts';
import type { GpuType } from '../policy/gpu.ts';
import type { Row } from '../policy/ledger.ts';
import { type Claim, ownerOf } from '../policy/ownership.ts';
import type { ScanMemory } from '../policy/scan/memory.ts';
import { stoppedPerHour } from '../policy/storage.ts';
import type { SeenPod } from '../store/costs.ts';
import type { GovernedContext } from './approvals.ts';

/** Everything that says whose a cost is, as it is known now. */
export interface CostBooks {
  rows: ReadonlyMap<string, Row>;
  claims: ReadonlyMap<string, Claim>;
  seen: ReadonlyMap<string, SeenPod>;
  memory: ScanMemory | null;
  gpus: readonly GpuType[];
}

/** What is the same for every day of one run. */
type Shared = Pick<CostBooks, 'claims' | 'memory' | 'gpus'> & {
  /** False where a claim cannot be read: what is counted as nobody's may be somebody's. */
  isWhole: boolean;
};

export async function sharedBooks({ owners, findings, snapshots }: GovernedContext): Promise<Shared> {
  const [{ claims, isWhole }, memory, catalogue] = await Promise.all([
    owners.known(),
    findings.memory(),
    snapshots.catalogue(),
  ]);
  return { claims, isWhole, memory, gpus: catalogue?.gpus ?? [] };
}

export async function costBooks(
  podIds: readonly string[],
  shared: Shared,
  context: GovernedContext,
): Promise<CostBooks> {
  const [rows, seen] = await Promise.all([context.ledger.byPods(podIds), context.costs.seen(podIds)]);
  return { ...shared, rows, seen };
}

type Named = Pick<GovernedContext['governance'], 'people' | 'projects' | 'thresholds'>;

/** Who and what a resource is. */
export function knownBy(books: CostBooks, governance: Named, until: number): (product: Product, id: string) => Known {
  return (product, id) => {
    if (product === 'pods') return knownPod(id, books, governance);
    const volume = product === 'volumes' ? books.memory?.volumes[id] : undefined;
    const name = volume?.name ?? `${PRODUCT_NAMES[product]} ${id}`;
    const idleSince = volume?.idleSince ?? null;
    return {
      name,
      owner: null,
      project: projectOfResource([id, name], governance.projects),
      gpu: null,
      orphan: idleSince !== null && until - idleSince >= governance.thresholds.orphanMs,
      spot: null,
    };
  };
}

function knownPod(id: string, books: CostBooks, { people, projects }: Named): Known {
  const row = books.rows.get(id) ?? null;
  const seen = books.seen.get(id);
  const name = row?.facts?.name ?? seen?.name ?? id;
  const cpu = row?.facts ? row.facts.gpuName === '' : seen?.gpu === null;
  return {
    name,
    owner: ownerOf(name, { claim: books.claims.get(id), row, people }),
    project: projectOfPod(name, row, projects),
    gpu: cpu ? null : (row?.facts?.gpuName ?? row?.spec?.gpuName ?? seen?.gpu ?? 'GPU not known'),
    orphan: false,
    spot: spotOf(row, books.gpus),
  };
}

function spotOf(row: Row | null, gpus: readonly GpuType[]): Known['spot'] {
  if (row?.spec?.market !== 'spot' || !row.facts) return null;
  const { gpuId, cloud, gpuCount } = row.spec;
  const perGpu = gpus.find((gpu) => gpu.id === gpuId)?.price[cloud] ?? null;
  return perGpu === null ? null : { rate: row.facts.microUsdPerHour, onDemand: perGpu * gpuCount };
}

/** What people here ended by Podwarden: what ended by itself, or elsewhere, is no merit of anybody here. */
export function endingsIn(
  { rows, memory }: CostBooks,
  hours: { get(start: number): BilledHour | undefined },
): Ending[] {
  const outside = new Set(
    (memory?.changes ?? [])
      .filter(({ what }) => what === 'terminated' || what === 'removed by RunPod')
      .map(({ podId }) => podId),
  );
  return [...rows].flatMap(([podId, row]): Ending[] => {
    if (!row.facts || outside.has(podId)) return [];
    const rate = row.facts.microUsdPerHour;
    const off = stoppedPerHour(row.facts);
    if (row.status === 'stopped' && row.task?.kind === 'stop' && row.task.state === 'done') {
      return [{ kind: 'stops', at: row.since, rate, after: off }];
    }
    if (row.status !== 'terminated') return [];
    return [{ kind: 'terminations', at: row.since, rate: wasUp(podId, row.since, hours) ? rate : off, after: 0 }];
  });
}

/** By the bill of the last hours before. */
function wasUp(podId: string, at: number, hours: { get(start: number): BilledHour | undefined }): boolean {
  const start = hourOf(at);
  return [start, start - HOUR_MS].some((hour) =>
    hours.get(hour)?.parts.some(([product, id, usd]) => product === 'pods' && id === podId && (usd.gpu ?? 0) > 0),
  );
}
