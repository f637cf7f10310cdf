import { type FleetPod, isLaunching, stateOf, statusText } from '../../policy/fleet.ts';
import { type GpuType, shownStock, spotIn } from '../../policy/gpu.ts';
import { parsePodName, spokenName } from '../../policy/pod-names.ts';
import { rateNow } from '../../policy/storage.ts';
import { card, type Message, moment, money, plain, type Span, text } from '../message/message.ts';
import { gpuText, memoryText } from './words.ts';

/** Rows that a list shows before it says how many more there are. */
const MAX_ROWS = 20;

const ORDER = { up: 0, coming: 1, error: 2, other: 3, stopped: 4, gone: 5 };

export function fleetList(
  pods: FleetPod[],
  { readAt, now }: { readAt: number; now: number },
  heading: string,
  ownerName: (pod: FleetPod) => string | null = (pod) => parsePodName(pod.name)?.owner ?? null,
): Message {
  const shown = [...pods]
    .sort((a, b) => ORDER[stateOf(a)] - ORDER[stateOf(b)] || b.createdAt.localeCompare(a.createdAt))
    .slice(0, MAX_ROWS);
  const total = pods.reduce((sum, pod) => sum + rateNow(pod), 0);
  const up = pods.filter((pod) => stateOf(pod) === 'up').length;
  if (pods.length === 0) return card(heading, 'info', [text('No pods. As read ', moment(readAt), '.')]);
  return card(heading, 'info', [
    {
      kind: 'table',
      header: ['Pod', 'Status', 'GPU', 'Price', 'Age', 'Owner'],
      rows: shown.map((pod) => fleetRow(pod, now, ownerName(pod))),
      more: pods.length - shown.length,
    },
    text(
      `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}, ${up} up, `,
      money(total, 'hour'),
      ' in all. As read ',
      moment(readAt),
      '.',
    ),
  ]);
}

const AGES: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
];

/** `9 d`, `25 min`: short enough for a column. */
function age(pod: FleetPod, now: number): string {
  const ms = now - Date.parse(pod.createdAt);
  const unit = AGES.find(([size]) => ms >= size);
  return unit ? `${Math.floor(ms / unit[0])} ${unit[1]}` : 'new';
}

function fleetRow(pod: FleetPod, now: number, owner: string | null): Span[][] {
  return [
    [plain(spokenName(pod.name))],
    [plain(pod.clustered ? `${statusText(pod)}, in a cluster` : statusText(pod))],
    [plain(gpuText(pod.gpuName, pod.gpuCount))],
    [money(isLaunching(pod) ? pod.microUsdPerHour : rateNow(pod), 'hour')],
    [plain(age(pod, now))],
    [plain(owner ?? '–')],
  ];
}

const STOCK: Record<GpuType['stock'], string> = {
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  NONE: 'none',
  UNKNOWN: '?',
};

export function gpuList(gpus: GpuType[], readAt: number, filter: string | null): Message {
  const rank = { HIGH: 0, MEDIUM: 1, LOW: 2, UNKNOWN: 3, NONE: 4 };
  const cheapest = (gpu: GpuType) => gpu.price.SECURE ?? gpu.price.COMMUNITY ?? Number.MAX_SAFE_INTEGER;
  const sorted = [...gpus].sort((a, b) => rank[shownStock(a)] - rank[shownStock(b)] || cheapest(a) - cheapest(b));
  const shown = sorted.slice(0, MAX_ROWS);
  const heading = filter === null ? 'GPUs on RunPod' : `GPUs like ${filter}`;
  return card(heading, 'info', [
    {
      kind: 'table',
      header: ['GPU', 'Memory', 'Secure', 'Community', 'Spot from', 'Stock'],
      rows: shown.map((gpu) => [
        [plain(gpu.name)],
        [plain(memoryText(gpu))],
        [price(gpu.sold.SECURE ? gpu.price.SECURE : null)],
        [price(gpu.sold.COMMUNITY ? gpu.price.COMMUNITY : null)],
        [price(gpu.sold.SECURE ? gpu.spot : spotIn(gpu, 'COMMUNITY'))],
        [plain(STOCK[shownStock(gpu)])],
      ]),
      more: gpus.length - shown.length,
    },
    text(
      'USD per GPU-hour; stock and spot in Secure Cloud, where sold there. Not a reservation. As read ',
      moment(readAt),
      '.',
    ),
  ]);
}

const price = (amount: number | null): Span => (amount === null ? plain('–') : money(amount));
