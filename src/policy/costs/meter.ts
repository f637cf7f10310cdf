import { bills, type PodMemory, type ScanMemory } from '../scan/memory.ts';
import { runningPerHour, stoppedPerHour } from '../storage.ts';
import { networkVolumePerHour } from '../survival.ts';
import { type Amounts, addTo } from './amounts.ts';
import { HOUR_MS, hourOf, type MeteredHour } from './hours.ts';

type Part = MeteredHour['parts'][number];

/** Without a scan for longer than this nobody knows what was up. */
const MOST_MS = 6 * HOUR_MS;

/** What the time between two scans came to by what they saw: micro-dollars by the hour in which it fell. */
export function metered(before: ScanMemory, after: ScanMemory): Map<number, MeteredHour> {
  const hours = new Map<number, Map<string, Part>>();
  const { lastAt: from } = before;
  const to = after.lastAt;
  if (from === 0 || to <= from || to - from > MOST_MS) return new Map();
  const add = (product: Part['product'], id: string, rates: Amounts, idle: number, [begin, end]: [number, number]) => {
    for (let start = hourOf(begin); start < end; start += HOUR_MS) {
      const share = (Math.min(end, start + HOUR_MS) - Math.max(begin, start)) / HOUR_MS;
      const parts = hours.get(start) ?? new Map<string, Part>();
      const part = parts.get(`${product} ${id}`) ?? { product, id, amounts: {}, idle: 0 };
      addTo(part.amounts, Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, rate * share])));
      part.idle += idle * share;
      parts.set(`${product} ${id}`, part);
      hours.set(start, parts);
    }
  };
  for (const [id, pod] of Object.entries(before.pods)) {
    for (const { rates, idle, span } of spansOf(pod, after.pods[id], from, to)) add('pods', id, rates, idle, span);
  }
  for (const [id, { sizeGb }] of Object.entries(before.volumes)) {
    add('volumes', id, { standard: networkVolumePerHour(sizeGb) }, 0, [from, to]);
  }
  if (before.otherPerHour > 0) add('other', '', { flat: before.otherPerHour }, 0, [from, to]);
  return new Map([...hours].map(([start, parts]) => [start, { parts: [...parts.values()] }]));
}

interface Spanned {
  rates: Amounts;
  idle: number;
  span: [number, number];
}

/** As it was until it changed, where that moment is known, and as it is since. */
function spansOf(pod: PodMemory, now: PodMemory | undefined, from: number, to: number): Spanned[] {
  const changedAt = now && bills(now.look) !== bills(pod.look) ? Math.min(Math.max(now.since, from), to) : to;
  // Work that ended idling within the interval is not idle.
  const idles = pod.idleSince !== null && now?.idleSince === pod.idleSince;
  const first: Spanned = { ...ratesOf(pod, idles), span: [from, changedAt] };
  return now && changedAt < to ? [first, { ...ratesOf(now, false), span: [changedAt, to] }] : [first];
}

function ratesOf({ look }: PodMemory, idles: boolean): { rates: Amounts; idle: number } {
  const storage = {
    containerDiskGb: look.containerDiskGb,
    volumeDisk: look.volumeDiskGb > 0 ? { sizeGb: look.volumeDiskGb, path: '' } : null,
    networkVolume: null,
  };
  if (look.state === 'gone') return { rates: {}, idle: 0 };
  if (!bills(look)) return { rates: { disk: stoppedPerHour(storage) }, idle: 0 };
  return { rates: { gpu: look.rate, disk: runningPerHour(storage) }, idle: idles ? look.rate : 0 };
}
