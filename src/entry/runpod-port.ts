import {
  type CatalogueRead,
  type Connections,
  type PodProvider,
  ProviderFailure,
  type VolumesRead,
} from '../jobs/ports.ts';
import type { RefusalCause } from '../policy/launch-error.ts';
import type { LaunchSpec } from '../policy/ledger.ts';
import { microUsd } from '../policy/money.ts';
import type { Unread } from '../policy/unread.ts';
import type { Cause } from '../runpod/classify.ts';
import type { Runpod } from '../runpod/client.ts';
import { RunpodError, type RunpodRateLimited, RunpodRejected, type RunpodUnavailable } from '../runpod/errors.ts';
import type { Pod } from '../runpod/schemas.ts';
import { readAccount } from './account-port.ts';
import { lastCompute, readBilling } from './billing-port.ts';
import { fieldsById, stockOf, toFleetPod, toPolicyGpu, toPolicyVolume, unreadOf } from './runpod-rows.ts';

/** The RunPod client as jobs want it: in the domain's terms, with its errors. */
export function runpodPort(runpod: Runpod, sunset: () => string | null = () => null): PodProvider {
  const names = new Map<string, string>();
  return {
    list: (signal, read) =>
      guarded(async () => {
        const { rows, unread } = await runpod.pods.list({ signal, ...read });
        const fields = fieldsById(unread);
        return { pods: rows.map((pod) => toFleetPod(pod, names, fields(pod.id))), unread: unreadOf('pod', unread) };
      }),
    get: (id, signal, read) =>
      guarded(async () => {
        const found = await runpod.pods.get(id, { signal, ...read });
        return found === null ? null : toFleetPod(found.pod, names, fieldsById(found.unread)(id));
      }),
    otherList: (signal) =>
      guarded(async () => {
        try {
          const pods = await runpod.graphql.myPods({ signal });
          return pods.map(({ id, name, lastStatusChange }) => ({ id, name, said: lastStatusChange }));
        } catch (error) {
          // Only RunPod's own 404 or 410 says that an API is gone; a text may mean anything.
          if (error instanceof RunpodRejected && (error.status === 404 || error.status === 410)) return 'retired';
          throw error;
        }
      }),
    networkVolumes: (signal) => guarded(async () => readVolumes(runpod, signal)),
    account: (signal) => guarded(() => readAccount(runpod, signal)),
    billing: (window, now, signal) => guarded(() => readBilling(runpod.billing, window, now, signal)),
    lastCompute: (id, since, signal) =>
      guarded(async () => {
        const { rows } = await runpod.billing.pod(id, since, { signal });
        return lastCompute(rows);
      }),
    sunset,
    create: (spec, name, bid, signal) =>
      (bid === null ? guarded : spotGuarded)(() => create(runpod, spec, name, bid, signal)),
    stop: (id, signal) =>
      guarded(async () => {
        await runpod.pods.act(id, 'stop', { signal });
      }),
    start: (id, signal) =>
      guarded(async () => {
        await runpod.pods.act(id, 'start', { signal });
      }),
    terminate: (id, signal) => guarded(() => runpod.pods.delete(id, { signal })),
    unlock: (id, signal) =>
      guarded(async () => {
        await runpod.pods.setLocked(id, false, { signal });
      }),
    resumeSpot: (podId, gpuCount, bid, signal) =>
      spotGuarded(() => runpod.graphql.bidResume({ podId, gpuCount, bidPerGpu: bid / 1e6 }, { signal })),
    lowestBid: (id, gpuCount, cloud, signal) =>
      spotGuarded(async () => {
        const prices = await runpod.graphql.spotPrices({ id, gpuCount, secureCloud: cloud === 'SECURE' }, { signal });
        const usd = prices.get(id);
        return usd === undefined ? null : microUsd(usd);
      }),
    connections: (id, signal) =>
      guarded(async () => {
        const found = await runpod.pods.get(id, { signal });
        return found === null ? null : connectionsOf(found.pod);
      }),
    catalogue: (signal) => guarded(() => readCatalogue(runpod, names, signal)),
  };
}

async function readVolumes(runpod: Runpod, signal: AbortSignal): Promise<VolumesRead> {
  const { rows, unread } = await runpod.pods.listNetworkVolumes({ signal });
  const fields = fieldsById(unread);
  return {
    volumes: rows.map((volume) => toPolicyVolume(volume, fields(volume.id))),
    unread: unreadOf('network volume', unread),
  };
}

const REASONS: Partial<Record<Cause, RefusalCause>> = {
  capacity: 'capacity',
  funds: 'funds',
  'no-gpu-on-host': 'no-gpu-on-host',
  access: 'access',
  'not-found': 'not-found',
  conflict: 'conflict',
  invalid: 'invalid',
  retired: 'spot-gone',
};

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RunpodError)) throw error;
    throw failureOf(error);
  }
}

/** For spot, a 404 of the API itself means that it is no longer offered. */
async function spotGuarded<T>(run: () => Promise<T>): Promise<T> {
  return guarded(run).catch((error: unknown) => {
    const gone = error instanceof ProviderFailure && error.reason === 'not-found' && error.httpStatus === 404;
    throw gone ? new ProviderFailure('refused', { reason: 'spot-gone', detail: error.detail }) : error;
  });
}

function failureOf(error: RunpodError): ProviderFailure {
  switch (error.kind) {
    case 'rejected': {
      const { reason, detail, status } = error as RunpodRejected;
      // "Something went wrong" is said before and after acting alike, and what is not known may be said so too.
      if (reason === 'vague' || reason === 'other') return new ProviderFailure('unexpected', { detail });
      return new ProviderFailure('refused', { reason: REASONS[reason] ?? 'other', detail, httpStatus: status });
    }
    case 'rate-limited':
      return new ProviderFailure('rate-limited', {
        detail: error.message,
        retryAfterMs: (error as RunpodRateLimited).retryAfterMs,
      });
    case 'unavailable': {
      const { sent, retryAfterMs } = error as RunpodUnavailable;
      return new ProviderFailure('unavailable', { detail: error.message, sent, retryAfterMs: retryAfterMs ?? 0 });
    }
    case 'unexpected':
      return new ProviderFailure('unexpected', { detail: error.message });
  }
}

async function create(
  runpod: Runpod,
  spec: LaunchSpec,
  name: string,
  bid: number | null,
  signal: AbortSignal,
): Promise<string> {
  if (bid !== null) return runpod.graphql.rentInterruptable(rentInput(spec, name, bid), { signal });
  const mounts = spec.networkVolume
    ? { network: [{ volumeId: spec.networkVolume.id, path: spec.networkVolume.path }] }
    : spec.volumeDisk
      ? { persistent: { size: spec.volumeDisk.sizeGb, path: spec.volumeDisk.path } }
      : null;
  const pod = await runpod.pods.create(
    {
      name,
      ...(spec.image === null ? {} : { image: spec.image }),
      ...(spec.templateId === null ? {} : { templateId: spec.templateId }),
      gpu: { id: spec.gpuId, count: spec.gpuCount },
      cloud: spec.cloud,
      ...(spec.dataCenterIds.length > 0 ? { dataCenterIds: spec.dataCenterIds } : {}),
      disk: spec.containerDiskGb,
      ...(mounts ? { mounts } : {}),
      ports: spec.ports,
      startSsh: spec.startSsh,
    },
    { signal },
  );
  return pod.id;
}

function rentInput(spec: LaunchSpec, name: string, bid: number) {
  const path = spec.networkVolume?.path ?? spec.volumeDisk?.path;
  const [dataCenterId] = spec.dataCenterIds;
  return {
    name,
    ...(spec.image === null ? {} : { imageName: spec.image }),
    ...(spec.templateId === null ? {} : { templateId: spec.templateId }),
    gpuTypeId: spec.gpuId,
    gpuCount: spec.gpuCount,
    bidPerGpu: bid / 1e6,
    cloudType: spec.cloud,
    ...(dataCenterId === undefined ? {} : { dataCenterId }),
    containerDiskInGb: spec.containerDiskGb,
    volumeInGb: spec.volumeDisk?.sizeGb ?? 0,
    ...(path === undefined ? {} : { volumeMountPath: path }),
    ...(spec.networkVolume ? { networkVolumeId: spec.networkVolume.id } : {}),
    ports: spec.ports.join(','),
    startSsh: spec.startSsh,
  };
}

/** `ssh.direct` can be missing while 22/tcp is mapped already; entries of http ports carry an internal address. */
function connectionsOf(pod: Pod): Connections {
  const ports = pod.runtime?.ports ?? [];
  const mapped = ports.find((p) => p.private === 22 && p.type === 'tcp' && p.ip && p.public);
  const direct = pod.ssh?.direct?.command ?? (mapped ? `ssh root@${mapped.ip} -p ${mapped.public}` : null);
  const http = (pod.ports ?? []).filter((port) => port.endsWith('/http')).map((port) => Number.parseInt(port, 10));
  const up = pod.status === 'RUNNING';
  return {
    name: pod.name ?? pod.id,
    status: pod.status,
    image: pod.image ?? null,
    ssh: { direct: up ? direct : null, proxy: up ? (pod.ssh?.proxy?.command ?? null) : null },
    services: up ? http.map((port) => ({ port, url: `https://${pod.id}-${port}.proxy.runpod.net` })) : [],
    uptimeSeconds: pod.runtime?.uptime ?? null,
    gpuUtil: (pod.runtime?.gpus ?? []).map((gpu) => gpu?.util ?? 0),
  };
}

async function readCatalogue(runpod: Runpod, names: Map<string, string>, signal: AbortSignal): Promise<CatalogueRead> {
  const [gpus, community, dataCenters, volumes] = await Promise.all([
    runpod.catalogue.gpus('SECURE', { signal }),
    // Without these a catalogue is still one: a key may lack the right to one of them.
    orUnread(runpod.catalogue.gpus('COMMUNITY', { signal }), 'GPU types of Community Cloud'),
    orUnread(runpod.catalogue.dataCenters({ signal }), 'data centers'),
    orUnread(readVolumes(runpod, signal), 'network volumes'),
  ]);
  // Spot is optional: a catalogue without bids is still a catalogue.
  const [bids, communityBids] = await Promise.all(
    [true, false].map((secureCloud) =>
      runpod.graphql.spotPrices({ gpuCount: 1, secureCloud }, { signal }).catch(() => new Map<string, number>()),
    ),
  );
  const stocks = new Map((community.read?.rows ?? []).map(({ id, availability }) => [id, stockOf(availability)]));
  const fields = fieldsById(gpus.unread);
  for (const { id, name } of gpus.rows) if (name) names.set(id, name);
  return {
    gpus: gpus.rows.map((gpu) => {
      const bid = communityBids?.get(gpu.id);
      const there = { stock: stocks.get(gpu.id) ?? 'UNKNOWN', spot: bid === undefined ? null : microUsd(bid) };
      return toPolicyGpu(gpu, bids?.get(gpu.id), there, fields(gpu.id));
    }),
    dataCenters: dataCenters.read?.rows.map(({ id }) => id) ?? null,
    networkVolumes: volumes.read?.volumes ?? null,
    unread: [
      // Both clouds list the same types.
      ...unreadOf('GPU type', gpus.unread),
      ...unreadOf('data center', dataCenters.read?.unread ?? []),
      ...(volumes.read?.unread ?? []),
      ...[community, dataCenters, volumes].flatMap(({ unread }) => unread),
    ],
  };
}

/** The list, or what to say of one that could not be read. */
async function orUnread<T>(reading: Promise<T>, list: string): Promise<{ read: T | null; unread: Unread[] }> {
  try {
    return { read: await reading, unread: [] };
  } catch (error) {
    if (!(error instanceof RunpodError)) throw error;
    return { read: null, unread: [{ of: 'list of', id: list, name: null, field: 'reply', what: 'unreadable' }] };
  }
}
