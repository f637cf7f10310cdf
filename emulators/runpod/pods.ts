import { randomBytes } from 'node:crypto';
import type { HttpAnswer } from '../http.ts';
import type { Account, EmulatedPod } from './account.ts';
import { CUDA_VERSION } from './catalogue.ts';
import type { Faults } from './faults.ts';

export const NO_CAPACITY =
  'There are no longer any instances available with the requested specifications. Please refresh and try again.';
export const HOST_GPU_GONE = 'There are not enough free GPUs on the host machine to start this pod.';

/** problem+json; the live capacity body has no title, so `title` null leaves it out. */
export function problem(status: number, detail: string, errors?: string[], title: string | null = 'Error'): HttpAnswer {
  const body = { ...(title === null ? {} : { title }), status, detail, ...(errors ? { errors } : {}) };
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}

export const invalid = (errors: string[]): HttpAnswer => problem(422, 'Request validation failed.', errors);

/** Where an invented answer would teach something false. */
export const notEmulated = (what: string): HttpAnswer =>
  problem(501, `${what} is not emulated.`, undefined, 'Not Implemented');

export type Wanted = Pick<
  EmulatedPod,
  | 'name'
  | 'image'
  | 'gpu'
  | 'gpuCount'
  | 'cloud'
  | 'dataCenterId'
  | 'disk'
  | 'persistent'
  | 'network'
  | 'ports'
  | 'env'
  | 'args'
  | 'globalNetworking'
  | 'spot'
  | 'listedFrom'
>;

/** RunPod's ids are 14 lower-case letters and digits. */
export function newId(): string {
  return BigInt(`0x${randomBytes(12).toString('hex')}`)
    .toString(36)
    .slice(0, 14)
    .padStart(14, '0');
}

export function newPod(account: Account, wanted: Wanted, rate?: number): EmulatedPod {
  const price = wanted.cloud === 'SECURE' ? wanted.gpu.secure : wanted.gpu.community;
  const now = account.now();
  const pod: EmulatedPod = {
    ...wanted,
    id: newId(),
    status: 'PROVISIONING',
    nextAt: null,
    rate: rate ?? (price ?? 0) * wanted.gpuCount,
    locked: false,
    cluster: null,
    createdAt: now,
    startedAt: null,
    lastStatusChange: `Rented by User: ${new Date(now).toString()}`,
    reportsAt: null,
    deletedAt: null,
    util: 71,
    exitedAt: null,
  };
  account.settle();
  account.begin(pod);
  account.pods.set(pod.id, pod);
  account.made.push({ id: pod.id, name: pod.name, createdAt: pod.createdAt });
  return pod;
}

export function startPod(pod: EmulatedPod, account: Account, withoutGpu: boolean): void {
  account.begin(pod);
  pod.lastStatusChange = `Resumed by user: ${new Date(account.now()).toString()}`;
  if (!withoutGpu) return;
  pod.gpuCount = 0;
  pod.rate = 0;
}

const ACTIONS: Record<string, string[]> = {
  RUNNING: ['stop', 'restart', 'terminate'],
  EXITED: ['start', 'terminate'],
  ERROR: ['start', 'terminate'],
  PROVISIONING: ['stop', 'terminate'],
  STARTING: ['stop', 'terminate'],
  TERMINATED: [],
};

export const actionsOf = ({ status }: EmulatedPod): string[] => ACTIONS[status] ?? [];

function runtime(pod: EmulatedPod, now: number, faults: Faults) {
  const stale = faults.staleRuntime && pod.status === 'EXITED';
  if (!stale && (pod.status !== 'RUNNING' || pod.reportsAt !== null)) return null;
  const ports = pod.ports.map((port) => {
    const [inner = '0', type = 'tcp'] = port.split('/');
    return type === 'tcp'
      ? { private: Number(inner), public: 10_000 + (Number(inner) % 50_000), type, ip: '203.0.113.7' }
      : { private: Number(inner), public: 60_000, type, ip: '100.65.0.9' };
  });
  return {
    uptime: Math.floor((now - (pod.startedAt ?? now)) / 1000),
    gpus: Array.from({ length: pod.gpuCount }, () => ({ util: pod.util, memoryUtil: 40 })),
    cpu: { util: 12 },
    memory: { util: 30 },
    ports,
  };
}

/** The pod as v2 shows it: `env` in clear, which is why a client must drop it. */
export function podJson(pod: EmulatedPod, account: Account, faults: Faults) {
  const up = pod.status === 'RUNNING' || pod.status === 'STARTING' || pod.status === 'PROVISIONING';
  const running = pod.status === 'RUNNING' && pod.reportsAt === null;
  const direct = running && pod.ports.includes('22/tcp');
  const user = `${pod.id}-6441103b`;
  return {
    id: pod.id,
    name: pod.name,
    status: pod.status,
    actions: actionsOf(pod),
    image: pod.image,
    args: pod.args ?? '',
    disk: pod.disk,
    mounts: {
      ...(pod.persistent ? { persistent: pod.persistent } : {}),
      ...(pod.network ? { network: [pod.network] } : {}),
    },
    ports: pod.ports,
    env: { ...pod.env, RUNPOD_POD_ID: pod.id },
    registry: null,
    ...(pod.gpuCount === 0 ? {} : { gpu: { id: pod.gpu.id, count: pod.gpuCount } }),
    cloud: pod.cloud,
    dataCenterId: pod.dataCenterId,
    cudaVersion: CUDA_VERSION,
    ssh: {
      proxy: running ? { host: 'ssh.runpod.io', port: 22, username: user, command: `ssh ${user}@ssh.runpod.io` } : null,
      direct: direct
        ? { host: '203.0.113.7', port: 10_022, username: 'root', command: 'ssh root@203.0.113.7 -p 10022' }
        : null,
    },
    template: null,
    cost: up || faults.exitedCost === 'kept' ? pod.rate : 0,
    locked: pod.locked,
    runtime: runtime(pod, account.now(), faults),
    createdAt: new Date(pod.createdAt).toISOString(),
    startedAt: pod.startedAt === null ? null : new Date(pod.startedAt).toISOString(),
    globalNetworking: { enabled: pod.globalNetworking ?? false },
    ...(pod.cluster === null ? {} : { cluster: { id: pod.cluster, rank: 0 } }),
  };
}
