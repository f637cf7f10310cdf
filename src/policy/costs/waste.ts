import type { PersonRef } from '../identity.ts';
import type { MicroUsd } from '../money.ts';
import { isUp, type ScanMemory } from '../scan/memory.ts';
import { sumOf } from './amounts.ts';
import type { CostDay } from './day.ts';

/** `stopped`: volume disk at double rate. `idle`: GPUs that did nothing. `orphan`: a network volume that no pod mounts. */
export interface Waste {
  kind: 'stopped' | 'idle' | 'orphan';
  id: string;
  name: string;
  owner: PersonRef | null;
  amount: MicroUsd;
  /** Still so at the last scan: there is something to press. */
  still: boolean;
}

/** Less than this is nobody's worry, micro-dollars. */
const NO_WORRY = 10_000;

/** What was paid for nothing, the dearest first. */
export function wasteIn(days: readonly CostDay[], memory: Pick<ScanMemory, 'pods' | 'volumes'> | null): Waste[] {
  const found = new Map<string, Waste>();
  const add = (kind: Waste['kind'], of: Omit<Waste, 'kind' | 'still'>, still: boolean) => {
    const before = found.get(`${kind} ${of.id}`)?.amount ?? 0;
    found.set(`${kind} ${of.id}`, { kind, ...of, amount: before + of.amount, still });
  };
  for (const { product, id, name, owner, stopped, idle, orphan, amounts } of days.flatMap(({ lines }) => lines)) {
    if (id === null) continue;
    const pod = memory?.pods[id];
    if (stopped > 0) add('stopped', { id, name, owner, amount: stopped }, pod !== undefined && !isUp(pod.look));
    if (idle > 0) add('idle', { id, name, owner, amount: idle }, pod?.idleSince != null && isUp(pod.look));
    const volume = product === 'volumes' && orphan ? memory?.volumes[id] : undefined;
    if (product === 'volumes' && orphan) {
      add('orphan', { id, name, owner, amount: sumOf(amounts) }, volume?.idleSince != null);
    }
  }
  return [...found.values()].filter(({ amount }) => amount >= NO_WORRY).sort((a, b) => b.amount - a.amount);
}
