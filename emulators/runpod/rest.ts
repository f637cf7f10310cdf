import { randomBytes } from 'node:crypto';
import type { HttpAnswer, HttpCall } from '../http.ts';
import { jsonBody } from '../http.ts';
import type { Account, EmulatedPod } from './account.ts';
import { billing } from './billing.ts';
import { DATA_CENTERS, GPUS } from './catalogue.ts';
import type { Faults } from './faults.ts';
import { HOST_GPU_GONE, NO_CAPACITY, newPod, podJson, problem, startPod } from './pods.ts';
import type { RunpodSchemas } from './schema.ts';

export interface RestContext {
  account: Account;
  faults: Faults;
  schemas: RunpodSchemas;
  realNow: () => number;
  pageSize: number;
}

interface CreateBody {
  name: string;
  image?: string;
  gpu?: { id: string; count?: number };
  cpu?: unknown;
  cloud?: 'SECURE' | 'COMMUNITY';
  dataCenterIds?: string[];
  disk?: number;
  mounts?: { persistent?: { size: number; path: string }; network?: { volumeId: string; path: string }[] };
  ports?: string[];
  env?: Record<string, string>;
  startSsh?: boolean;
  templateId?: string;
}

export function rest(call: HttpCall, context: RestContext): HttpAnswer {
  const parts = call.path.split('/').slice(2).map(decodeURIComponent);
  const [area, id, verb] = parts;
  if (area === 'pods' && id === undefined) return call.method === 'POST' ? create(call, context) : list(call, context);
  if (area === 'pods' && id !== undefined) return onePod(call, context, id, verb);
  if (area === 'network-volumes') return volumes(context);
  if (area === 'billing' && id === 'balance' && context.faults.balanceApi) return balance(context);
  if (area === 'billing') return billed(call, context, id);
  if (area === 'catalog' && id === 'gpus') return gpus(call, context);
  if (area === 'catalog' && id === 'datacenters') return dataCenters();
  return problem(404, 'The requested path was not found.');
}

function list(call: HttpCall, { account, realNow, pageSize, faults }: RestContext): HttpAnswer {
  const limit = Number(call.query.get('limit') ?? pageSize);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    return problem(422, 'Request validation failed.', ['limit']);
  const offset = cursorOffset(call.query.get('cursor'));
  if (offset === null) return problem(422, 'Request validation failed.', ['cursor']);
  const now = realNow();
  const all = [...account.pods.values()]
    .filter((pod, i) => pod.listedFrom <= now && (faults.list === null || (faults.list === 'half' && i % 2 === 0)))
    .sort((a, b) => b.createdAt - a.createdAt);
  const page = all.slice(offset, offset + limit);
  const more = offset + limit < all.length;
  const nextCursor = more ? Buffer.from(`pods:${offset + limit}`).toString('base64url') : null;
  const body = {
    pods: page.map((pod) => podJson(pod, account, faults)),
    pagination: { hasNextPage: more, nextCursor },
  };
  return { status: 200, body };
}

function cursorOffset(cursor: string | null): number | null {
  if (cursor === null) return 0;
  const match = /^pods:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  return match ? Number(match[1]) : null;
}

/** The order of checks is RunPod's: schema, gpu or cpu, image, mounts, GPU id, capacity, disk, money. */
function create(call: HttpCall, context: RestContext): HttpAnswer {
  const { account, faults, schemas } = context;
  const body = jsonBody(call);
  const violations = schemas.violations('CreatePodRequest', body);
  if (violations.length > 0) return problem(422, 'Request validation failed.', violations);
  const wanted = body as unknown as CreateBody;
  const refusal = refuseCreate(wanted, context);
  if (refusal) return refusal;
  const gpu = GPUS.find((g) => g.id === wanted.gpu?.id);
  if (!gpu || !wanted.gpu) return problem(400, 'exactly one of gpu or cpu is required');
  const pod = newPod(account, {
    name: wanted.name,
    image: wanted.image ?? 'from-template',
    gpu,
    gpuCount: wanted.gpu.count ?? 1,
    cloud: wanted.cloud ?? 'SECURE',
    dataCenterId: dataCenterOf(wanted, context),
    disk: wanted.disk ?? 50,
    persistent: wanted.mounts?.persistent ?? null,
    network: wanted.mounts?.network?.[0] ?? null,
    ports: wanted.ports ?? [],
    env: { ...wanted.env, RUNPOD_API_KEY: `rpa_${randomBytes(18).toString('hex')}` },
    spot: false,
    listedFrom: context.realNow() + faults.listLagMs,
  });
  return { status: 201, body: podJson(pod, account, faults) };
}

function refuseCreate(wanted: CreateBody, { account, faults }: RestContext): HttpAnswer | null {
  if ((wanted.gpu === undefined) === (wanted.cpu === undefined))
    return problem(400, 'exactly one of gpu or cpu is required');
  if (wanted.mounts?.persistent && wanted.mounts.network)
    return problem(400, 'persistent and network mounts exclude each other');
  if (wanted.templateId !== undefined && !account.templates.has(wanted.templateId)) {
    return problem(404, 'template not found');
  }
  const mount = wanted.mounts?.network?.[0];
  if (mount && !account.volumes.has(mount.volumeId)) return problem(400, 'network volume not found');
  const gpu = GPUS.find((g) => g.id === wanted.gpu?.id);
  if (!gpu) return problem(400, `unknown GPU type ${wanted.gpu?.id}`);
  const cloud = wanted.cloud ?? 'SECURE';
  const price = cloud === 'SECURE' ? gpu.secure : gpu.community;
  const count = wanted.gpu?.count;
  // Without `count` no machine matches (seen live 2026-08-04).
  if (
    faults.capacity === 'none' ||
    price === null ||
    count === undefined ||
    count > gpu.maxCount ||
    gpu.stock === 'NONE' ||
    elsewhere(wanted.dataCenterIds, gpu.dataCenters)
  ) {
    return problem(400, NO_CAPACITY, undefined, null);
  }
  if (wanted.disk === undefined && wanted.templateId === undefined) {
    return problem(400, 'You must either provide a template id or pod configuration parameters');
  }
  if (faults.funds === '402' || account.balance < price * count) return problem(402, 'insufficient balance');
  return null;
}

/** Called "preferred", and enforced: a list without a place that has the type matches no machine. */
export function elsewhere(wanted: readonly string[] | undefined, has: readonly string[]): boolean {
  return wanted !== undefined && wanted.length > 0 && has.length > 0 && !wanted.some((id) => has.includes(id));
}

function dataCenterOf(wanted: CreateBody, { account }: RestContext): string {
  const mount = wanted.mounts?.network?.[0];
  const at = mount ? account.volumes.get(mount.volumeId)?.dataCenter : undefined;
  const gpu = GPUS.find((g) => g.id === wanted.gpu?.id);
  const near = wanted.dataCenterIds?.find((id) => gpu?.dataCenters.includes(id));
  return (
    at ?? near ?? wanted.dataCenterIds?.[0] ?? GPUS.find((g) => g.id === wanted.gpu?.id)?.dataCenters[0] ?? 'US-KS-2'
  );
}

function onePod(call: HttpCall, context: RestContext, id: string, verb: string | undefined): HttpAnswer {
  const { account, faults, schemas } = context;
  const pod = account.pods.get(id);
  if (!pod) return problem(404, 'pod not found');
  if (verb === undefined && call.method === 'GET') return { status: 200, body: podJson(pod, account, faults) };
  if (verb === undefined && call.method === 'DELETE') return remove(pod, account);
  if (verb === undefined && call.method === 'PATCH') return patch(pod, call, context);
  if (verb !== 'action' || call.method !== 'POST') return problem(405, 'method not allowed');
  const body = jsonBody(call);
  const violations = schemas.violations('PodActionRequest', body);
  if (violations.length > 0) return problem(422, 'Request validation failed.', violations);
  if (body.action === 'terminate') return remove(pod, account);
  if (body.action === 'stop') return stop(pod, context);
  return start(pod, context);
}

/** Of what v2 can change, only what the bot changes. */
function patch(pod: EmulatedPod, call: HttpCall, { account, faults, schemas }: RestContext): HttpAnswer {
  const body = jsonBody(call);
  const violations = schemas.violations('UpdatePodRequest', body);
  if (violations.length > 0) return problem(422, 'Request validation failed.', violations);
  if (typeof body.locked === 'boolean') pod.locked = body.locked;
  return { status: 200, body: podJson(pod, account, faults) };
}

export function remove(pod: EmulatedPod, account: Account): HttpAnswer {
  if (pod.cluster !== null) return problem(409, 'pod belongs to a cluster');
  account.terminate(pod, 'Terminated by user');
  account.deletedByApi += 1;
  return { status: 204 };
}

function stop(pod: EmulatedPod, { account, faults }: RestContext): HttpAnswer {
  if (pod.status === 'EXITED') return problem(409, 'action not allowed in the current status');
  if (pod.locked) return problem(400, 'pod is locked');
  account.stop(pod, 'Exited by user');
  return { status: 200, body: podJson(pod, account, faults) };
}

function start(pod: EmulatedPod, { account, faults }: RestContext): HttpAnswer {
  if (pod.status !== 'EXITED' && pod.status !== 'ERROR')
    return problem(409, 'action not allowed in the current status');
  if (faults.start === 'no-gpu') return problem(400, HOST_GPU_GONE);
  if (faults.funds === '402') return problem(402, 'insufficient balance');
  startPod(pod, account, faults.start === 'zero-gpu');
  return { status: 200, body: podJson(pod, account, faults) };
}

function volumes({ account }: RestContext): HttpAnswer {
  const rows = [...account.volumes.values()].map(({ highPerformanceRate, ...volume }) => ({
    ...volume,
    type: highPerformanceRate === undefined ? 'STANDARD' : 'HIGH_PERFORMANCE',
  }));
  return { status: 200, body: { networkVolumes: rows } };
}

function billed(call: HttpCall, { account, faults }: RestContext, id: string | undefined): HttpAnswer {
  if (faults.billing === 'down') return problem(503, 'billing is unavailable');
  if (faults.billing === 'forbidden') return problem(403, 'this key lacks the scope billing:read');
  return billing(call, account, id, faults.billingLagMs);
}

function balance({ account, faults }: RestContext): HttpAnswer {
  if (faults.balanceApi === 'down') return problem(500, 'Internal server error');
  const body = { balanceAmount: faults.balanceSaid ?? account.balance, billingMode: account.billingMode };
  return { status: 200, body };
}

function gpus(call: HttpCall, { faults }: RestContext): HttpAnswer {
  const include = call.query.get('include');
  if ((include === null) !== (call.query.get('product') === null))
    return problem(400, 'include and product go together');
  const community = call.query.get('cloud') === 'COMMUNITY';
  const rows = GPUS.map((gpu) => {
    const sold = community ? gpu.community !== null : gpu.secure !== null;
    const availability = !sold || faults.capacity === 'none' ? 'NONE' : gpu.stock;
    const centres = gpu.dataCenters.map((id) => ({ id, name: id, availability }));
    return {
      id: gpu.id,
      name: gpu.name,
      pool: null,
      manufacturer: gpu.manufacturer,
      memory: gpu.memory,
      secure: gpu.secure !== null,
      community: gpu.community !== null,
      price: { secure: gpu.secure ?? 0, community: gpu.community ?? 0 },
      maxCount: { secure: gpu.maxCount, community: gpu.maxCount },
      ...(include === null ? {} : { availability, ...(centres.length > 0 ? { dataCenters: centres } : {}) }),
    };
  });
  return { status: 200, body: { gpus: rows } };
}

function dataCenters(): HttpAnswer {
  const rows = DATA_CENTERS.map((centre) => ({
    ...centre,
    globalNetwork: true,
    networkVolumeTypes: ['STANDARD'],
    compliance: ['SOC_2_TYPE_2'],
  }));
  return { status: 200, body: { dataCenters: rows } };
}
