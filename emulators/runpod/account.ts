import { type Amounts, Book, type Product, sumOf } from './book.ts';
import type { CatalogueGpu } from './catalogue.ts';

export type Status = 'PROVISIONING' | 'STARTING' | 'RUNNING' | 'EXITED' | 'ERROR' | 'TERMINATED';

export interface EmulatedPod {
  id: string;
  name: string;
  image: string;
  status: Status;
  /** When the status is next to change by itself, ms on the account's clock; null for never. */
  nextAt: number | null;
  gpu: CatalogueGpu;
  /** 0 after a start without a free GPU on the host. */
  gpuCount: number;
  cloud: 'SECURE' | 'COMMUNITY';
  dataCenterId: string;
  disk: number;
  persistent: { size: number; path: string } | null;
  network: { volumeId: string; path: string } | null;
  ports: string[];
  env: Record<string, string>;
  args?: string;
  globalNetworking?: boolean;
  /** USD an hour for the whole pod while it is up. */
  rate: number;
  spot: boolean;
  locked: boolean;
  /** The cluster that it is a member of. */
  cluster: string | null;
  createdAt: number;
  startedAt: number | null;
  /** Real ms, for list lag. */
  listedFrom: number;
  lastStatusChange: string;
  /** Percent of each GPU. */
  util: number;
  /** When it was stopped last; RunPod removes what stays so. */
  exitedAt: number | null;
  /** When the runtime begins to report, after RUNNING. */
  reportsAt: number | null;
  deletedAt: number | null;
}

export interface Volume {
  id: string;
  name: string;
  size: number;
  dataCenter: string;
  /** USD per GB-month, where it is high-performance storage: that depends on the data centre. */
  highPerformanceRate?: number;
}

export interface Delays {
  provisioning: number;
  starting: number;
  reporting: number;
}

/** USD per GB-month, and the hours of a month. Source: docs.runpod.io, pods/pricing. */
const DISK = 0.1;
const STOPPED_DISK = 0.2;
const VOLUME = 0.07;
const VOLUME_BEYOND = 0.05;
const FIRST_TIER_GB = 1000;
const MONTH = 730;
const HOUR = 3_600_000;
/** Stopped pods are removed after about 30 days, with their volume disks. */
const REMOVED_AFTER_MS = 30 * 86_400_000;

/** Something that bills by the hour and is neither a pod nor a volume of this account's lists. */
export interface Meter {
  product: Product;
  ratesPerHour: Amounts;
}

/**
 * The account: pods, volumes, money. Time is the clock it is given; every read first brings the state up to that time,
 * so that what happens depends on the clock and not on how often somebody looks.
 */
export class Account {
  readonly pods = new Map<string, EmulatedPod>();
  /** Every pod that there ever was, in the order of its making. */
  readonly made: Pick<EmulatedPod, 'id' | 'name' | 'createdAt'>[] = [];
  readonly volumes = new Map<string, Volume>();
  readonly templates = new Set(['tpl0pytorch']);
  /** Serverless, public endpoints, clusters, CPU pods: by id. */
  readonly meters = new Map<string, Meter>();
  readonly book = new Book();
  /** `myself.id` of GraphQL. */
  readonly id: string;
  balance: number;
  /** POSTPAID accounts are not stopped by a low balance. */
  billingMode: 'PREPAID' | 'POSTPAID' = 'PREPAID';
  /** Pods that were deleted through the API, by any route. */
  deletedByApi = 0;
  private billedUntil: number;
  /** The account reached $0 and what that ends has ended; until money comes in, nothing more happens. */
  private exhausted = false;
  private readonly clock: () => number;
  private readonly delays: Delays;

  constructor(options: { clock: () => number; balance: number; delays: Delays; id?: string }) {
    this.id = options.id ?? 'user_emulated';
    this.clock = options.clock;
    this.balance = options.balance;
    this.delays = options.delays;
    this.billedUntil = options.clock();
  }

  now(): number {
    return this.clock();
  }

  /** Earliest moment at which something changes by itself; null for never. */
  nextChange(): number | null {
    const times = [...this.pods.values()].flatMap((pod) => [pod.nextAt, pod.reportsAt, removalOf(pod)]);
    const known = times.filter((t): t is number => t !== null && Number.isFinite(t));
    const zero = this.zeroAt();
    if (zero !== null) known.push(zero);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Brings pods and money up to the clock, event by event. */
  settle(): void {
    const now = this.clock();
    for (;;) {
      const next = this.nextChange();
      const until = next === null ? now : Math.min(now, next);
      this.bill(until);
      if (next === null || next > now) return;
      this.step(until);
    }
  }

  begin(pod: EmulatedPod): void {
    pod.exitedAt = null;
    pod.status = 'PROVISIONING';
    pod.nextAt = this.clock() + this.delays.provisioning;
  }

  private step(at: number): void {
    if (!this.exhausted && this.zeroAt() !== null && this.balance <= 1e-9) this.broke(at);
    for (const pod of [...this.pods.values()]) {
      const removal = removalOf(pod);
      if (removal !== null && removal <= at) {
        this.terminate(pod, 'Terminated by RunPod', at);
        continue;
      }
      if (pod.reportsAt !== null && pod.reportsAt <= at) pod.reportsAt = null;
      if (pod.nextAt === null || pod.nextAt > at) continue;
      if (pod.status === 'PROVISIONING') {
        pod.status = 'STARTING';
        pod.nextAt = at + this.delays.starting;
      } else {
        pod.status = 'RUNNING';
        pod.startedAt = at;
        pod.nextAt = null;
        pod.reportsAt = at + this.delays.reporting;
      }
    }
  }

  /** The container alone begins anew. */
  restart(pod: EmulatedPod): void {
    const now = this.clock();
    pod.startedAt = now;
    pod.reportsAt = now + this.delays.reporting;
  }

  stop(pod: EmulatedPod, why: string, at = this.clock()): void {
    pod.status = 'EXITED';
    pod.exitedAt = at;
    pod.nextAt = null;
    pod.reportsAt = null;
    pod.startedAt = null;
    pod.lastStatusChange = `${why}: ${new Date(at).toString()}`;
  }

  terminate(pod: EmulatedPod, why: string, at = this.clock()): void {
    this.stop(pod, why, at);
    pod.status = 'TERMINATED';
    pod.deletedAt = at;
    this.pods.delete(pod.id);
  }

  /** At $0: pods with a network volume are stopped, pods without one are terminated and their data is lost. */
  private broke(at: number): void {
    this.exhausted = true;
    for (const pod of [...this.pods.values()]) {
      if (!pod.network) this.terminate(pod, 'Terminated by RunPod', at);
      else if (pod.status !== 'EXITED') this.stop(pod, 'Exited by RunPod: Insufficient balance', at);
    }
  }

  private zeroAt(): number | null {
    const perMs = this.burnPerHour() / 3_600_000;
    if (this.exhausted || this.billingMode === 'POSTPAID' || perMs <= 0 || this.pods.size === 0) return null;
    if (this.balance <= 1e-9) return this.billedUntil;
    return this.billedUntil + this.balance / perMs;
  }

  setBalance(usd: number): void {
    this.settle();
    this.balance = usd;
    this.exhausted = false;
  }

  /** USD an hour for everything that bills now. */
  burnPerHour(): number {
    let total = 0;
    for (const pod of this.pods.values()) total += sumOf(rates(pod));
    for (const volume of this.volumes.values()) total += sumOf(volumeRates(volume));
    for (const meter of this.meters.values()) total += sumOf(meter.ratesPerHour);
    return total;
  }

  /** Begins, changes or (null) ends something that bills by the hour. */
  setMeter(id: string, meter: Meter | null): void {
    this.settle();
    if (meter) this.meters.set(id, meter);
    else this.meters.delete(id);
  }

  private bill(until: number): void {
    const from = this.billedUntil;
    if (until <= from) return;
    this.billedUntil = until;
    for (const pod of this.pods.values()) this.charge('pods', pod.id, rates(pod), from, until);
    for (const volume of this.volumes.values()) {
      this.charge('network-volumes', volume.id, volumeRates(volume), from, until);
    }
    for (const [id, { product, ratesPerHour }] of this.meters) this.charge(product, id, ratesPerHour, from, until);
  }

  private charge(product: Product, id: string, ratesPerHour: Amounts, from: number, until: number): void {
    this.book.note(product, id, ratesPerHour, from, until);
    this.balance -= (sumOf(ratesPerHour) * (until - from)) / HOUR;
  }
}

/** USD an hour; only what is above 1000 GB is cheaper. */
export function volumeRates({ size, highPerformanceRate }: Volume): Amounts {
  if (highPerformanceRate !== undefined) return { highPerformance: (size * highPerformanceRate) / MONTH };
  const first = Math.min(size, FIRST_TIER_GB);
  return { standard: (first * VOLUME + (size - first) * VOLUME_BEYOND) / MONTH };
}

const removalOf = ({ status, exitedAt }: EmulatedPod): number | null =>
  status === 'EXITED' && exitedAt !== null ? exitedAt + REMOVED_AFTER_MS : null;

/** USD an hour as it stands. */
export function rates(pod: EmulatedPod): Amounts {
  const up = pod.status === 'PROVISIONING' || pod.status === 'STARTING' || pod.status === 'RUNNING';
  const volumeDisk = pod.persistent?.size ?? 0;
  const disk = up ? (pod.disk + volumeDisk) * DISK : volumeDisk * STOPPED_DISK;
  return { gpu: up ? pod.rate : 0, disk: disk / MONTH };
}
