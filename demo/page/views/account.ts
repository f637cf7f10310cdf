import { type Account, type EmulatedPod, rates, volumeRates } from '../../../emulators/runpod/account.ts';
import { sumOf } from '../../../emulators/runpod/book.ts';
import type { RecordedCall, RunpodEmulator } from '../../../emulators/runpod/server.ts';
import type { AccountState, Call, PodState } from '../protocol.ts';

const DAY = 86_400_000;
const NEWEST = 60;
const NOTABLE = 20;
const cents = (usd: number) => Math.round(usd * 100) / 100;

/** RunPod as it is, which is not always what it says. */
export function accountState(account: Account): AccountState {
  account.settle();
  const now = account.now();
  return {
    balance: cents(account.balance),
    burnPerHour: account.burnPerHour(),
    today: cents(account.book.since(now - (now % DAY))),
    pods: [...account.pods.values()].sort((a, b) => b.createdAt - a.createdAt).map(podState),
    volumes: [...account.volumes.values()].map((volume) => {
      const { id, name, size } = volume;
      return { id, name, size, perHour: sumOf(volumeRates(volume)) };
    }),
  };
}

function podState(pod: EmulatedPod): PodState {
  const { gpu: compute = 0, disk: storage = 0 } = rates(pod);
  return {
    id: pod.id,
    name: pod.name,
    status: pod.status,
    gpu: pod.gpu.name,
    gpuCount: pod.gpuCount,
    spot: pod.spot,
    cloud: pod.cloud,
    dataCenter: pod.dataCenterId,
    compute,
    storage,
    disk: pod.disk,
    volume: pod.persistent?.size ?? 0,
    util: pod.util,
    since: pod.exitedAt ?? pod.startedAt ?? pod.createdAt,
    silent: pod.status === 'RUNNING' && pod.reportsAt !== null,
  };
}

const isNotable = ({ method, status, faulted }: RecordedCall) =>
  method === 'DELETE' || method === 'PATCH' || faulted || (status !== null && status >= 400);

/** The newest calls that the bot made, newest last; before them what went wrong lately, which reads would soon push away. */
export function newestCalls({ calls }: RunpodEmulator): Call[] {
  const first = Math.max(0, calls.length - NEWEST);
  const numbered = calls.map((call, i) => ({ n: i, ...call }));
  return [...numbered.slice(0, first).filter(isNotable).slice(-NOTABLE), ...numbered.slice(first)];
}
