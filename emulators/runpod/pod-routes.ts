import { type HttpAnswer, type HttpCall, jsonBody } from '../http.ts';
import type { Account, EmulatedPod } from './account.ts';
import type { RestContext } from './context.ts';
import { actionsOf, HOST_GPU_GONE, invalid, podJson, problem, startPod } from './pods.ts';

const unknown = () => problem(404, 'pod not found');
const conflict = () => problem(409, 'action not allowed in the current status');

export function getPod(_: HttpCall, { account, faults }: RestContext, id: string): HttpAnswer {
  const pod = account.pods.get(id);
  return pod ? { status: 200, body: podJson(pod, account, faults) } : unknown();
}

export function deletePod(_: HttpCall, { account }: RestContext, id: string): HttpAnswer {
  const pod = account.pods.get(id);
  return pod ? remove(pod, account) : unknown();
}

export function act(call: HttpCall, context: RestContext, id: string): HttpAnswer {
  const pod = context.account.pods.get(id);
  if (!pod) return unknown();
  const body = jsonBody(call);
  const violations = context.schemas.violations('PodActionRequest', body);
  if (violations.length > 0) return invalid(violations);
  const action = body.action as 'start' | 'stop' | 'restart' | 'terminate';
  if (action === 'terminate') return remove(pod, context.account);
  if (!actionsOf(pod).includes(action)) return conflict();
  return { start, stop, restart }[action](pod, context);
}

interface Patch {
  name?: string;
  image?: string;
  args?: string;
  disk?: number;
  ports?: string[];
  env?: Record<string, string>;
  registry?: string | null;
  locked?: boolean;
  globalNetworking?: boolean;
  templateId?: string;
  mounts?: { persistent?: { size: number; path: string }; network?: { volumeId: string; path: string }[] };
}

/** Only what is sent changes; `env` is replaced as a whole. Kinds of mounts and their volume are fixed. */
export function updatePod(call: HttpCall, { account, faults, schemas }: RestContext, id: string): HttpAnswer {
  const pod = account.pods.get(id);
  if (!pod) return unknown();
  const body = jsonBody(call);
  const violations = schemas.violations('UpdatePodRequest', body);
  if (violations.length > 0) return invalid(violations);
  const patch = body as Patch;
  const refusal = refusePatch(pod, patch, account);
  if (refusal) return refusal;
  const { mounts, registry: _, templateId: __, ...plain } = patch;
  Object.assign(pod, plain);
  if (mounts?.persistent) pod.persistent = mounts.persistent;
  if (mounts?.network?.[0]) pod.network = mounts.network[0];
  return { status: 200, body: podJson(pod, account, faults) };
}

function refusePatch(pod: EmulatedPod, { mounts, registry, templateId }: Patch, account: Account): HttpAnswer | null {
  if (pod.cluster !== null) return problem(409, 'pod belongs to a cluster');
  if (templateId !== undefined && !account.templates.has(templateId)) return problem(404, 'template not found');
  if (registry) return problem(400, 'registry credential not found');
  const [network] = mounts?.network ?? [];
  if (mounts?.network?.length === 0) return problem(400, 'clearing mounts is not supported');
  if ((mounts?.persistent && !pod.persistent) || (network && !pod.network))
    return problem(400, 'the kind of a mount is fixed when the pod is created');
  if (network && network.volumeId !== pod.network?.volumeId) return problem(400, 'volumeId cannot be changed');
  return null;
}

export function remove(pod: EmulatedPod, account: Account): HttpAnswer {
  if (pod.cluster !== null) return problem(409, 'pod belongs to a cluster');
  account.terminate(pod, 'Terminated by user');
  account.deletedByApi += 1;
  return { status: 204 };
}

function stop(pod: EmulatedPod, { account, faults }: RestContext): HttpAnswer {
  if (pod.locked) return problem(400, 'pod is locked');
  account.stop(pod, 'Exited by user');
  return { status: 200, body: podJson(pod, account, faults) };
}

function start(pod: EmulatedPod, { account, faults }: RestContext): HttpAnswer {
  if (faults.start === 'no-gpu') return problem(400, HOST_GPU_GONE);
  if (faults.funds === '402') return problem(402, 'insufficient balance');
  startPod(pod, account, faults.start === 'zero-gpu');
  return { status: 200, body: podJson(pod, account, faults) };
}

/** The container restarts in place: the pod stays RUNNING, and reports again after a while. */
function restart(pod: EmulatedPod, { account, faults }: RestContext): HttpAnswer {
  if (faults.start === 'no-gpu') return problem(400, HOST_GPU_GONE);
  account.restart(pod);
  return { status: 200, body: podJson(pod, account, faults) };
}
