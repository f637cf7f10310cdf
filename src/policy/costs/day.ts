import { z } from 'zod';
import { personRef } from '../identity.ts';
import { addTo, amounts, product } from './amounts.ts';

/** What one resource came to in one day, whole micro-dollars. */
export const costLine = z.object({
  product,
  /** RunPod's id; null for what it bills without naming a resource. */
  id: z.string().nullable(),
  name: z.string(),
  owner: personRef.nullable(),
  project: z.string().nullable(),
  /** GPU type of a pod; null for CPU pods and for what is no pod. */
  gpu: z.string().nullable(),
  amounts,
  /** Of the disk's amount: what it came to while the pod was off, at double rate. */
  stopped: z.int(),
  /** Of the GPU's amount: what it came to while no GPU of the pod did anything. */
  idle: z.int(),
  /** A network volume that no pod has mounted for long. */
  orphan: z.boolean(),
  /** What spot saved against the on-demand price of the same pod. */
  savedBySpot: z.int(),
});
export type CostLine = z.infer<typeof costLine>;

/** What ending pods saved against leaving them up, for at most a day after each; micro-dollars. */
export const savings = z.object({ stops: z.int(), terminations: z.int() });
export type Savings = z.infer<typeof savings>;

/** One local day, rolled up from hours. Its lines add up to its total. */
export const costDay = z.object({
  zone: z.string(),
  day: z.string(),
  from: z.number(),
  to: z.number(),
  exact: z.boolean(),
  /** When the newest of its hours was read from RunPod's bill; 0 for never. */
  readAt: z.number(),
  /** RunPod may still correct it where false. */
  final: z.boolean(),
  /** Hours that have begun. */
  hours: z.int(),
  /** Of these: how many stand on scans alone, because billing was not read. */
  estimated: z.int(),
  /** Of these: of how many nothing is known. */
  unknown: z.int(),
  total: z.int(),
  lines: z.array(costLine),
  saved: savings,
});
export type CostDay = z.infer<typeof costDay>;

/**
 * Days folded into one, resource by resource: what is asked of many days is answered from no more lines than there were
 * resources. What changed its owner or project on the way has a line for each.
 */
export class Fold {
  private readonly lines = new Map<string, CostLine>();
  private whole: CostDay | null = null;

  add(day: CostDay): void {
    for (const line of day.lines) {
      const { product, id, owner, project, gpu } = line;
      const key = JSON.stringify([product, id, owner?.account, owner?.person, project, gpu]);
      const before = this.lines.get(key);
      if (before) addLine(before, line);
      else this.lines.set(key, { ...line, amounts: { ...line.amounts } });
    }
    this.whole = this.whole === null ? { ...day, lines: [] } : joined(this.whole, day);
  }

  /** Null where no day was added. Its `day` is the last one's. */
  get day(): CostDay | null {
    return this.whole && { ...this.whole, lines: [...this.lines.values()] };
  }
}

function addLine(to: CostLine, more: CostLine): void {
  addTo(to.amounts, more.amounts);
  to.name = more.name;
  to.stopped += more.stopped;
  to.idle += more.idle;
  to.savedBySpot += more.savedBySpot;
  to.orphan = more.orphan;
}

const joined = (a: CostDay, b: CostDay): CostDay => ({
  ...b,
  from: Math.min(a.from, b.from),
  to: Math.max(a.to, b.to),
  exact: a.exact && b.exact,
  final: a.final && b.final,
  hours: a.hours + b.hours,
  estimated: a.estimated + b.estimated,
  unknown: a.unknown + b.unknown,
  total: a.total + b.total,
  lines: [],
  saved: {
    stops: a.saved.stops + b.saved.stops,
    terminations: a.saved.terminations + b.saved.terminations,
  },
});
