import { type HttpAnswer, type HttpCall, jsonBody } from '../http.ts';
import { GPUS } from './catalogue.ts';
import type { RestContext } from './context.ts';
import { remove } from './pod-routes.ts';
import { HOST_GPU_GONE, newPod, problem, startPod } from './pods.ts';
import { elsewhere } from './rest.ts';

type Variables = Record<string, Record<string, unknown> | undefined>;

/** The root field decides; arguments come in variables. Enough of GraphQL for what the bot asks. */
export function rootField(query: string): string {
  const body = query.replace(/^[^{]*\{/, '');
  const root = /[A-Za-z]+/.exec(body)?.[0] ?? '';
  return root === 'myself' && /\bpods\b/.test(body) ? 'myPods' : root;
}

const data = (value: unknown): HttpAnswer => ({ status: 200, body: { data: value } });
/** GraphQL answers nearly every refusal with 200. */
const errors = (message: string): HttpAnswer => ({
  status: 200,
  body: { errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR' } }], data: null },
});

export function graphql(call: HttpCall, context: RestContext): HttpAnswer {
  if (context.faults.graphql === 'gone') return problem(410, 'This API has been retired.');
  if (context.faults.graphql === 'down') return problem(500, 'Internal server error');
  const body = jsonBody(call);
  const variables = (body.variables ?? {}) as Variables;
  switch (rootField(String(body.query))) {
    case 'gpuTypes':
      return data({ gpuTypes: spotPrices(variables, context) });
    case 'myPods':
      return data({ myself: { pods: myPods(context) } });
    case 'myself':
      return data({
        myself: {
          id: context.account.id,
          clientBalance: context.faults.balanceSaid ?? context.account.balance,
          currentSpendPerHr: context.account.burnPerHour(),
        },
      });
    case 'podRentInterruptable':
      return rent(variables.input ?? {}, context);
    case 'podTerminate': {
      const pod = context.account.pods.get(String(variables.input?.podId));
      if (!pod) return errors('pod not found to terminate');
      remove(pod, context.account);
      return data({ podTerminate: null });
    }
    case 'podBidResume':
      return bidResume(variables.input ?? {}, context);
    default:
      return errors('Cannot query field');
  }
}

function spotPrices(variables: Variables, { faults }: RestContext) {
  const wanted = variables.gpu?.id;
  return GPUS.filter((gpu) => wanted === undefined || gpu.id === wanted).map((gpu) => {
    const bid = faults.spot === 'no-price' ? null : gpu.bid;
    return { id: gpu.id, lowestPrice: { minimumBidPrice: bid, uninterruptablePrice: gpu.secure ?? gpu.community } };
  });
}

function myPods({ account, realNow }: RestContext) {
  const now = realNow();
  return [...account.pods.values()]
    .filter((pod) => pod.listedFrom <= now)
    .map((pod) => ({
      id: pod.id,
      name: pod.name,
      desiredStatus: pod.status === 'EXITED' ? 'EXITED' : 'RUNNING',
      lastStatusChange: pod.lastStatusChange,
      podType: pod.spot ? 'INTERRUPTABLE' : 'RESERVED',
    }));
}

const RETIRED = 'This operation is no longer available on this API.';

function rent(input: Record<string, unknown>, context: RestContext): HttpAnswer {
  const { account, faults } = context;
  if (faults.spot === 'gone') return errors(RETIRED);
  const gpu = GPUS.find((g) => g.id === input.gpuTypeId);
  const count = Number(input.gpuCount);
  if (!gpu) return errors('unknown GPU type');
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
  return data({ podRentInterruptable: { id: pod.id, imageName: pod.image } });
}

function bidResume(input: Record<string, unknown>, { account, faults }: RestContext): HttpAnswer {
  const pod = account.pods.get(String(input.podId));
  if (!pod) return errors('pod not found to resume');
  if (faults.spot === 'gone') return errors(RETIRED);
  if (faults.start === 'no-gpu') return errors(HOST_GPU_GONE);
  startPod(pod, account, faults.start === 'zero-gpu');
  return data({ podBidResume: { id: pod.id, desiredStatus: 'RUNNING' } });
}
