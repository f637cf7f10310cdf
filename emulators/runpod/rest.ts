import { randomBytes } from 'node:crypto';
import type { HttpAnswer, HttpCall } from '../http.ts';
import { jsonBody } from '../http.ts';
import { billing } from './billing.ts';
import { cudaFits, GPUS } from './catalogue.ts';
import { getDataCenter, getGpu, listDataCenters, listGpus } from './catalogue-routes.ts';
import type { RestContext } from './context.ts';
import { findPath } from './operations.ts';
import { act, deletePod, getPod, updatePod } from './pod-routes.ts';
import { invalid, NO_CAPACITY, newPod, notEmulated, podJson, problem } from './pods.ts';
import { createVolume, deleteVolume, getVolume, listVolumes, updateVolume } from './volumes.ts';

interface CreateBody {
  name: string;
  image?: string;
  gpu?: { id: string; count?: number; minCudaVersion?: string; allowedCudaVersions?: string[] };
  cpu?: unknown;
  args?: string;
  registry?: string | null;
  globalNetworking?: boolean;
  cloud?: 'SECURE' | 'COMMUNITY';
  dataCenterIds?: string[];
  disk?: number;
  mounts?: { persistent?: { size: number; path: string }; network?: { volumeId: string; path: string }[] };
  ports?: string[];
  env?: Record<string, string>;
  startSsh?: boolean;
  templateId?: string;
}

type Handler = (call: HttpCall, context: RestContext, id: string) => HttpAnswer;

/** What is emulated, by method and documented path. */
const HANDLERS: Record<string, Handler> = {
  'GET /v2/pods': list,
  'POST /v2/pods': create,
  'GET /v2/pods/{id}': getPod,
  'PATCH /v2/pods/{id}': updatePod,
  'DELETE /v2/pods/{id}': deletePod,
  'POST /v2/pods/{id}/action': act,
  'GET /v2/network-volumes': listVolumes,
  'POST /v2/network-volumes': createVolume,
  'GET /v2/network-volumes/{id}': getVolume,
  'PATCH /v2/network-volumes/{id}': updateVolume,
  'DELETE /v2/network-volumes/{id}': deleteVolume,
  'GET /v2/catalog/gpus': listGpus,
  'GET /v2/catalog/gpus/{id}': getGpu,
  'GET /v2/catalog/datacenters': listDataCenters,
  'GET /v2/catalog/datacenters/{id}': getDataCenter,
  'GET /v2/billing': (call, context) => billed(call, context, undefined),
  'GET /v2/billing/pods': (call, context) => billed(call, context, 'pods'),
  'GET /v2/billing/serverless': (call, context) => billed(call, context, 'serverless'),
  'GET /v2/billing/endpoints': (call, context) => billed(call, context, 'endpoints'),
  'GET /v2/billing/network-volumes': (call, context) => billed(call, context, 'network-volumes'),
  'GET /v2/billing/clusters': (call, context) => billed(call, context, 'clusters'),
};

/** Since November 2026; RunPod's pages show no path. */
const BALANCE_PATH = '/v2/billing/balance';

/** The document decides what there is; what of it is not emulated says so. */
export function rest(call: HttpCall, context: RestContext): HttpAnswer {
  if (call.path === BALANCE_PATH && context.faults.balanceApi) return balance(context);
  const found = findPath(context.schemas.operations, call.path);
  if (!found) return problem(404, 'The requested path was not found.');
  const allowed = found.operations.map(({ method }) => method);
  if (!allowed.includes(call.method)) return notAllowed(call.method, allowed);
  const handler = HANDLERS[`${call.method} ${found.template}`];
  return handler ? handler(call, context, found.params[0] ?? '') : notEmulated(`${call.method} ${found.template}`);
}

function notAllowed(method: string, allowed: readonly string[]): HttpAnswer {
  const answer = problem(405, `method ${method} is not allowed`, undefined, 'Method Not Allowed');
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(', ') } };
}

function list(call: HttpCall, { account, realNow, pageSize, faults }: RestContext): HttpAnswer {
  const members = call.query.get('includeClusterPods') === 'true';
  const limit = Number(call.query.get('limit') ?? pageSize);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return invalid(['limit']);
  const offset = cursorOffset(call.query.get('cursor'));
  if (offset === null) return invalid(['cursor']);
  const now = realNow();
  const all = [...account.pods.values()]
    .filter((pod) => members || pod.cluster === null)
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
  if (violations.length > 0) return invalid(violations);
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
    args: wanted.args ?? '',
    globalNetworking: wanted.globalNetworking ?? false,
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
  if (wanted.cpu !== undefined) return notEmulated('A CPU pod');
  if (wanted.registry) return problem(400, 'registry credential not found');
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
    (cloud === 'COMMUNITY' && (wanted.dataCenterIds ?? []).length > 0) ||
    !cudaFits(wanted.gpu?.minCudaVersion, wanted.gpu?.allowedCudaVersions) ||
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
