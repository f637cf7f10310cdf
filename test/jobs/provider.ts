import {
  type AccountRead,
  type CatalogueRead,
  type OtherPod,
  type PodProvider,
  type PodsList,
  ProviderFailure,
} from '../../src/jobs/ports.ts';
import { type BilledHour, HOUR_MS, type HourWindow, hourOf } from '../../src/policy/costs/hours.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import type { Partly, Unread } from '../../src/policy/unread.ts';
import { NOW } from '../policy/rows.ts';

type Failure = () => ProviderFailure;

/** A RunPod in memory behind the jobs' own port: pods come up at once, and each call can be made to fail. */
export class FakeProvider implements PodProvider {
  readonly pods = new Map<string, FleetPod>();
  readonly calls: string[] = [];
  /** Pods that a DELETE deleted. */
  readonly terminated: string[] = [];
  /** Taken from the front, one a call of that name; undefined lets the call pass. */
  readonly failures: Record<string, (Failure | undefined)[]> = {};
  /** Runs before a call of that name acts. */
  before: Record<string, () => Promise<void> | void> = {};
  lists = true;

  private async enter(call: string): Promise<void> {
    this.calls.push(call);
    await this.before[call]?.();
    const failure = this.failures[call]?.shift();
    if (failure) throw failure();
  }

  add(id: string, name: string, more: Partial<FleetPod> = {}): FleetPod {
    const pod: FleetPod = {
      id,
      name,
      status: 'RUNNING',
      gpuName: 'RTX A6000',
      gpuCount: 1,
      cloud: 'SECURE',
      dataCenter: 'EU-RO-1',
      microUsdPerHour: 490_000,
      containerDiskGb: 50,
      volumeDisk: { sizeGb: 100, path: '/workspace' },
      networkVolume: null,
      locked: false,
      createdAt: new Date(NOW).toISOString(),
      startedAt: new Date(NOW).toISOString(),
      reporting: true,
      gpuId: 'NVIDIA RTX A6000',
      imageMark: 'image',
      gpuUtil: [],
      clustered: false,
      ...more,
    };
    this.pods.set(id, pod);
    return pod;
  }

  /** What lists name as unreadable. */
  unread: Unread[] = [];

  async list(): Promise<PodsList> {
    await this.enter('list');
    return { pods: this.lists ? [...this.pods.values()] : [], unread: this.unread };
  }

  async get(id: string): Promise<Partly<FleetPod> | null> {
    await this.enter('get');
    return this.pods.get(id) ?? null;
  }

  /** RunPod's own sentence on a pod's end, by pod. */
  readonly saids = new Map<string, string>();

  async otherList(): Promise<OtherPod[]> {
    await this.enter('otherList');
    const pods = this.lists ? [...this.pods.values()] : [];
    return pods.map(({ id, name }) => ({ id, name, said: this.saids.get(id) ?? null }));
  }

  volumes: { id: string; name: string; sizeGb: number; dataCenter: string }[] = [];
  balance: AccountRead | 'retired' = { balance: 1_000_000_000, perHour: null, postpaid: false };

  async networkVolumes() {
    await this.enter('networkVolumes');
    return { volumes: this.volumes, unread: [] };
  }

  async account() {
    await this.enter('account');
    return this.balance;
  }

  /** The end of the last hour with compute, by pod. */
  readonly bills = new Map<string, number>();

  async lastCompute(id: string): Promise<number | null> {
    await this.enter('lastCompute');
    return this.bills.get(id) ?? null;
  }

  /** By the hour's beginning. */
  readonly billed = new Map<number, Omit<BilledHour, 'readAt'>>();

  async billing({ from, to }: HourWindow, now: number) {
    await this.enter('billing');
    const hours = new Map<number, Omit<BilledHour, 'readAt'>>();
    for (let start = hourOf(from); start < to && start <= now; start += HOUR_MS) {
      hours.set(start, this.billed.get(start) ?? { total: 0, products: {}, parts: [] });
    }
    return { hours, unread: [] };
  }

  sunset(): string | null {
    return null;
  }

  async create(_spec: unknown, name: string): Promise<string> {
    await this.enter('create');
    const id = `pod${this.pods.size + 1}`;
    this.add(id, name);
    return id;
  }

  async terminate(id: string) {
    await this.enter('terminate');
    if (!this.pods.delete(id)) return 'absent' as const;
    this.terminated.push(id);
    return 'accepted' as const;
  }

  async unlock(id: string): Promise<void> {
    await this.enter('unlock');
    const pod = this.pods.get(id);
    if (pod) pod.locked = false;
  }

  async stop(id: string): Promise<void> {
    await this.enter('stop');
    const pod = this.pods.get(id);
    if (pod) pod.status = 'EXITED';
  }

  async start(id: string): Promise<void> {
    await this.enter('start');
    const pod = this.pods.get(id);
    if (pod) pod.status = 'RUNNING';
  }

  async resumeSpot(id: string): Promise<void> {
    await this.enter('resumeSpot');
    await this.start(id);
  }

  async lowestBid(): Promise<number | null> {
    await this.enter('lowestBid');
    return 232_000;
  }

  async connections() {
    await this.enter('connections');
    return null;
  }

  async catalogue(): Promise<CatalogueRead> {
    await this.enter('catalogue');
    return { gpus: [], dataCenters: [], networkVolumes: [], unread: [] };
  }

  count(call: string): number {
    return this.calls.filter((c) => c === call).length;
  }
}

export const refused =
  (reason: 'capacity' | 'conflict' | 'access' | 'invalid', detail = reason as string) =>
  () =>
    new ProviderFailure('refused', { reason, detail });
export const limited = () => new ProviderFailure('rate-limited', { detail: 'slow down', retryAfterMs: 5000 });
export const neverSent = () => new ProviderFailure('unavailable', { detail: 'refused', sent: false });
export const cutOff = () => new ProviderFailure('unavailable', { detail: 'timed out', sent: true });
export const unreadable = () => new ProviderFailure('unexpected', { detail: 'something went wrong' });
