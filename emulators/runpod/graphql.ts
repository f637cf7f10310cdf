import { type HttpAnswer, type HttpCall, jsonBody } from '../http.ts';
import type { EmulatedPod } from './account.ts';
import { GPUS } from './catalogue.ts';
import type { RestContext } from './context.ts';
import { project, refuseFields } from './graphql-types.ts';
import { remove } from './pod-routes.ts';
import { actionsOf, HOST_GPU_GONE, newPod, notEmulated, problem, startPod } from './pods.ts';
import { elsewhere } from './rest.ts';
import { type Field, type Operation, parseQuery } from './selection.ts';

type Input = Record<string, unknown>;

/** What a call is named by in records, whatever else it asks for. */
export function rootField(query: string): string {
  const body = query.replace(/^[^{]*\{/, '');
  const root = /[A-Za-z]+/.exec(body)?.[0] ?? '';
  return root === 'myself' && /\bpods\b/.test(body) ? 'myPods' : root;
}

/** GraphQL answers nearly every refusal with 200. */
const errors = (message: string): HttpAnswer => ({
  status: 200,
  body: { errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR' } }], data: null },
});

export function graphql(call: HttpCall, context: RestContext): HttpAnswer {
  if (context.faults.graphql === 'gone') return problem(410, 'This API has been retired.');
  if (context.faults.graphql === 'down') return problem(500, 'Internal server error');
  const body = jsonBody(call);
  let operation: Operation;
  try {
    operation = parseQuery(String(body.query), (body.variables ?? {}) as Input);
  } catch (error) {
    return errors(`Syntax Error: ${(error as Error).message}`);
  }
  const refusal = refuseFields(operation.fields, operation.kind === 'query' ? 'Query' : 'Mutation');
  if (refusal) return refusal.kind === 'error' ? errors(refusal.text) : notEmulated(refusal.text);
  const [field] = operation.fields;
  if (!field || operation.fields.length > 1) return notEmulated('More than one root field');
  return run(field, context);
}

/** What was made, or how it was refused. */
type Outcome = { made: unknown } | HttpAnswer;

const MUTATIONS: Record<string, (input: Input, context: RestContext) => Outcome> = {
  podRentInterruptable: rent,
  podBidResume: bidResume,
  podTerminate: terminate,
};

function run(field: Field, context: RestContext): HttpAnswer {
  const input = (field.args.input ?? {}) as Input;
  const data = (value: unknown): HttpAnswer => ({
    status: 200,
    body: { data: { [field.key]: project(value, field.fields) } },
  });
  if (field.name === 'gpuTypes') return data(gpuTypes(input, context));
  if (field.name === 'myself') return data(context.anonymous ? null : myself(context));
  if (context.anonymous) return errors('You must be logged in to do this.');
  const outcome = MUTATIONS[field.name]?.(input, context) ?? notEmulated(field.name);
  return 'made' in outcome ? data(outcome.made) : outcome;
}

function myself(context: RestContext) {
  const { account, faults } = context;
  return {
    id: account.id,
    clientBalance: faults.balanceSaid ?? account.balance,
    currentSpendPerHr: account.burnPerHour(),
    pods: myPods(context),
  };
}

function gpuTypes({ id }: Input, { faults }: RestContext) {
  return GPUS.filter((gpu) => id === undefined || gpu.id === id).map((gpu) => ({
    id: gpu.id,
    displayName: gpu.name,
    memoryInGb: gpu.memory,
    manufacturer: gpu.manufacturer,
    secureCloud: gpu.secure !== null,
    communityCloud: gpu.community !== null,
    securePrice: gpu.secure,
    communityPrice: gpu.community,
    lowestPrice: ({ secureCloud }: Input) => ({
      minimumBidPrice: faults.spot === 'no-price' ? null : gpu.bid,
      uninterruptablePrice: (secureCloud === false ? gpu.community : gpu.secure) ?? gpu.community,
    }),
  }));
}

function terminate({ podId }: Input, { account }: RestContext): Outcome {
  const pod = account.pods.get(String(podId));
  if (!pod) return errors('pod not found to terminate');
  if (pod.cluster !== null) return errors('pod belongs to a cluster');
  remove(pod, account);
  return { made: null };
}

function myPods({ account, realNow }: RestContext) {
  const now = realNow();
  return [...account.pods.values()].filter((pod) => pod.listedFrom <= now).map(podOf);
}

const podOf = (pod: EmulatedPod) => ({
  id: pod.id,
  name: pod.name,
  imageName: pod.image,
  desiredStatus: pod.status === 'EXITED' ? 'EXITED' : 'RUNNING',
  lastStatusChange: pod.lastStatusChange,
  podType: pod.spot ? 'INTERRUPTABLE' : 'RESERVED',
});

const RETIRED = 'This operation is no longer available on this API.';

function rent(input: Input, context: RestContext): Outcome {
  const { account, faults } = context;
  if (faults.spot === 'gone') return errors(RETIRED);
  const gpu = GPUS.find((g) => g.id === input.gpuTypeId);
  const count = Number(input.gpuCount);
  if (!gpu) return errors('unknown GPU type');
  if (input.imageName === undefined && input.templateId === undefined)
    return errors('You must either provide a template id or pod configuration parameters');
  if (input.networkVolumeId !== undefined && !account.volumes.has(String(input.networkVolumeId)))
    return errors('network volume not found');
  const bid = Number(input.bidPerGpu);
  const centre = input.dataCenterId === undefined ? undefined : [String(input.dataCenterId)];
  if (
    faults.capacity === 'none' ||
    gpu.bid === null ||
    bid < gpu.bid ||
    count > gpu.maxCount ||
    elsewhere(centre, gpu.dataCenters)
  ) {
    return errors(
      'There are no longer any instances available with the requested specifications. Please refresh and try again.',
    );
  }
  if (faults.funds === '402' || account.balance < bid * count) return errors('Insufficient balance to rent this pod.');
  const pod = newPod(
    account,
    {
      name: String(input.name),
      image: String(input.imageName ?? 'from-template'),
      gpu,
      gpuCount: count,
      cloud: input.cloudType === 'COMMUNITY' ? 'COMMUNITY' : 'SECURE',
      dataCenterId: String(input.dataCenterId ?? gpu.dataCenters[0] ?? 'US-KS-2'),
      disk: Number(input.containerDiskInGb),
      persistent:
        Number(input.volumeInGb) > 0 ? { size: Number(input.volumeInGb), path: String(input.volumeMountPath) } : null,
      network: input.networkVolumeId
        ? { volumeId: String(input.networkVolumeId), path: String(input.volumeMountPath ?? '/workspace') }
        : null,
      ports: String(input.ports ?? '')
        .split(',')
        .filter((port) => port !== ''),
      env: {},
      spot: true,
      listedFrom: context.realNow() + faults.listLagMs,
    },
    bid * count,
  );
  return { made: podOf(pod) };
}

function bidResume(input: Input, { account, faults }: RestContext): Outcome {
  const pod = account.pods.get(String(input.podId));
  if (!pod) return errors('pod not found to resume');
  if (faults.spot === 'gone') return errors(RETIRED);
  if (faults.start === 'no-gpu') return errors(HOST_GPU_GONE);
  if (!actionsOf(pod).includes('start')) return errors('The pod is not stopped.');
  startPod(pod, account, faults.start === 'zero-gpu');
  return { made: podOf(pod) };
}
