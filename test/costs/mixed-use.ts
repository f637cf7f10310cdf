import type { Account, EmulatedPod } from '../../emulators/runpod/account.ts';
import { GPUS } from '../../emulators/runpod/catalogue.ts';
import { newPod } from '../../emulators/runpod/pods.ts';
import { diskWhileOff, diskWhileUp, networkVolume, type Use } from './oracle.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface PodPlan {
  id: string;
  name: string;
  gpu: string;
  count: number;
  disk: number;
  volume: number;
  /** Hours after the begin at which it comes up, goes off, comes up again …; the last one terminates it. */
  turns: number[];
  person?: string;
  project?: string;
}

/** Ragged times on purpose: no turn of a pod falls on an hour. */
const PODS: PodPlan[] = [
  {
    id: 'long',
    name: 'alice-vision-k3f9t2',
    gpu: 'RTX 4090',
    count: 2,
    disk: 50,
    volume: 137,
    turns: [0.26, 190.51, 410.9, 700.33, 1390.77, 1900.1, 2100.4],
    person: 'Alice',
    project: 'vision',
  },
  {
    id: 'sweep',
    name: 'bob-sweep-3-m7q4w8',
    gpu: 'H100 SXM',
    count: 8,
    disk: 500,
    volume: 0,
    turns: [300.123, 340.7],
    person: 'Bob',
    project: 'sweeps',
  },
  {
    id: 'stale',
    name: 'carol-old-p2r5s9',
    gpu: 'RTX A5000',
    count: 1,
    disk: 20,
    volume: 333,
    turns: [5.5, 29.25, 700.6],
    person: 'Carol',
  },
  { id: 'strange', name: 'test', gpu: 'RTX A6000', count: 1, disk: 51, volume: 0, turns: [711.11, 1733.3] },
  {
    id: 'late',
    name: 'alice-vision2-k3f9t3',
    gpu: 'RTX 4090',
    count: 1,
    disk: 50,
    volume: 20,
    turns: [1300.01, 2159.9],
    person: 'Alice',
    project: 'vision',
  },
];

/** What happens to an account over 90 days, as moments at which somebody acts, and as the ledger that follows. */
export function mixedUse(begin: number, days: number) {
  const end = begin + days * DAY;
  const uses: Use[] = [];
  const acts: { at: number; run: (account: Account) => void }[] = [];
  for (const plan of PODS) plant(plan, begin, end, uses, acts);
  const standing = (use: Omit<Use, 'from' | 'to'>, run: (account: Account) => void, from = 0) => {
    const at = begin + Math.round(from * HOUR);
    uses.push({ ...use, from: at, to: end });
    acts.push({ at, run });
  };
  standing(
    { product: 'volumes', id: 'nvbig', compute: 0, storage: networkVolume(1700), project: 'vision' },
    (account) => {
      account.volumes.set('nvbig', { id: 'nvbig', name: 'datasets', size: 1700, dataCenter: 'EU-RO-1' });
    },
  );
  standing({ product: 'volumes', id: 'nvfast', compute: 0, storage: (300 * 0.14) / 730 }, (account) => {
    account.volumes.set('nvfast', {
      id: 'nvfast',
      name: 'fast',
      size: 300,
      dataCenter: 'EU-RO-1',
      highPerformanceRate: 0.14,
    });
  });
  standing(
    { product: 'serverless', id: 'sls1', compute: 0.231, storage: 0.0117 },
    (account) => {
      account.setMeter('sls1', {
        product: 'serverless',
        ratesPerHour: { gpu: 0.2, cpu: 0.011, fee: 0.02, disk: 0.0117 },
      });
    },
    50.4,
  );
  standing(
    { product: 'endpoints', id: 'public', compute: 0.0421, storage: 0 },
    (account) => {
      account.setMeter('public', { product: 'endpoints', ratesPerHour: { endpoint: 0.0421 } });
    },
    400.7,
  );
  standing(
    { product: 'clusters', id: 'cl1', compute: 11.3, storage: 0.31 },
    (account) => {
      account.setMeter('cl1', { product: 'clusters', ratesPerHour: { gpu: 11, networking: 0.3, disk: 0.31 } });
    },
    1000.9,
  );
  standing(
    { product: 'pods', id: 'cpupod', compute: 0.06, storage: 0.003 },
    (account) => {
      account.setMeter('cpupod', { product: 'pods', ratesPerHour: { cpu: 0.06, disk: 0.003 } });
    },
    77.7,
  );
  return { uses, acts: acts.sort((a, b) => a.at - b.at), end };
}

function plant(
  { turns, person, project, ...plan }: PodPlan,
  begin: number,
  end: number,
  uses: Use[],
  acts: { at: number; run: (account: Account) => void }[],
): void {
  const gpu = GPUS.find(({ name }) => name === plan.gpu);
  if (!gpu) throw new Error(`no ${plan.gpu}`);
  const times = turns.map((hours) => begin + Math.round(hours * HOUR)).filter((at) => at < end);
  const who = { ...(person ? { person } : {}), ...(project ? { project } : {}), gpu: plan.gpu };
  times.forEach((at, i) => {
    const up = i % 2 === 0;
    const last = i === turns.length - 1;
    if (!last) {
      const compute = up ? (gpu.secure ?? 0) * plan.count : 0;
      const storage = up ? diskWhileUp(plan.disk + plan.volume) : diskWhileOff(plan.volume);
      uses.push({ product: 'pods', id: plan.id, compute, storage, from: at, to: times[i + 1] ?? end, ...who });
    }
    acts.push({ at, run: (account) => turn(account, plan, gpu, i, last) });
  });
}

function turn(
  account: Account,
  plan: Omit<PodPlan, 'turns'>,
  gpu: (typeof GPUS)[number],
  i: number,
  last: boolean,
): void {
  account.settle();
  const pod = account.pods.get(plan.id) ?? (i === 0 ? create(account, plan, gpu) : undefined);
  if (!pod || i === 0) return;
  if (last) account.terminate(pod, 'Terminated by user');
  else if (i % 2 === 1) account.stop(pod, 'Exited by user');
  else account.begin(pod);
}

function create(account: Account, plan: Omit<PodPlan, 'turns'>, gpu: (typeof GPUS)[number]): EmulatedPod {
  const made = newPod(account, {
    name: plan.name,
    image: 'team/image',
    gpu,
    gpuCount: plan.count,
    cloud: 'SECURE',
    dataCenterId: 'EU-RO-1',
    disk: plan.disk,
    persistent: plan.volume > 0 ? { size: plan.volume, path: '/workspace' } : null,
    network: null,
    ports: [],
    env: {},
    spot: false,
    listedFrom: 0,
  });
  account.pods.delete(made.id);
  made.id = plan.id;
  account.pods.set(made.id, made);
  return made;
}
