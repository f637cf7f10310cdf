import { z } from 'zod';
import type { Caller } from './call.ts';
import { classify } from './classify.ts';
import { RunpodRejected, RunpodUnexpected } from './errors.ts';
import type { Repeat } from './retry.ts';
import { amount, number, readRows } from './rows.ts';

/**
 * Only what v2 lacks: spot, spend rate, balance. GraphQL is deprecated ("early 2027"); where it answers that it is gone,
 * errors carry the reason `retired`.
 */
const reply = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
});

/** RunPod's spot bid for one GPU type; null where it offers none. USD an hour and GPU. */
const bid = z.object({ id: z.string(), lowestPrice: z.object({ minimumBidPrice: amount.nullish() }).nullish() });
const gpuTypes = z.object({ gpuTypes: z.array(z.unknown()) });

const rented = z.object({ podRentInterruptable: z.object({ id: z.string() }).nullable() });
const resumed = z.object({
  podBidResume: z.object({ id: z.string(), desiredStatus: z.string().nullish() }).nullable(),
});

const graphqlPod = z.object({
  /** Null where not even that reads: then absence in this list proves nothing. */
  id: z.string().nullable().catch(null),
  name: z.string().nullable().catch(null),
  lastStatusChange: z.string().nullable().catch(null),
});
export type GraphqlPod = z.infer<typeof graphqlPod>;
const NOT_A_POD: GraphqlPod = { id: null, name: null, lastStatusChange: null };
const myPods = z.object({ myself: z.object({ pods: z.array(graphqlPod.catch(NOT_A_POD)) }).nullable() });

const account = z.object({
  myself: z.object({ clientBalance: number.nullish(), currentSpendPerHr: number.nullish() }).nullable(),
});

const owner = z.object({ myself: z.object({ id: z.string().min(1) }).nullable() });

export interface RentInterruptable {
  name: string;
  imageName?: string;
  templateId?: string;
  gpuTypeId: string;
  gpuCount: number;
  /** USD an hour and GPU. */
  bidPerGpu: number;
  cloudType: 'SECURE' | 'COMMUNITY';
  /** GraphQL takes one data centre, v2 a list. */
  dataCenterId?: string;
  containerDiskInGb: number;
  volumeInGb: number;
  volumeMountPath?: string;
  networkVolumeId?: string;
  /** Comma list, such as `22/tcp,8888/http`. */
  ports: string;
  startSsh: boolean;
}

type Signal = { signal?: AbortSignal | undefined };

export class GraphqlApi {
  private readonly caller: Caller;
  private readonly createTimeoutMs: number;

  constructor(caller: Caller, createTimeoutMs = 120_000) {
    this.caller = caller;
    this.createTimeoutMs = createTimeoutMs;
  }

  /** Lowest bids per GPU type id, USD an hour; types without a spot price are left out. */
  async spotPrices(input: { gpuCount: number; secureCloud: boolean; id?: string }, options: Signal = {}) {
    const query = `query spotPrices($gpu: GpuTypeFilter, $price: GpuLowestPriceInput) {
      gpuTypes(input: $gpu) { id lowestPrice(input: $price) { minimumBidPrice uninterruptablePrice } } }`;
    const variables = {
      gpu: input.id === undefined ? {} : { id: input.id },
      price: { gpuCount: input.gpuCount, secureCloud: input.secureCloud },
    };
    const data = await this.ask('gpuTypes', query, variables, gpuTypes, 'safe', options);
    const { rows } = readRows(data.gpuTypes, { schema: bid, must: ['id'], expected: [] });
    const bids = rows.map((gpu) => [gpu.id, gpu.lowestPrice?.minimumBidPrice ?? null] as const);
    return new Map(bids.filter((bid): bid is [string, number] => bid[1] !== null && bid[1] > 0));
  }

  /** Sent once; the new pod's id. Ambiguous ends are those of PodsApi.create. */
  async rentInterruptable(input: RentInterruptable, options: Signal = {}): Promise<string> {
    const query = `mutation rent($input: PodRentInterruptableInput!) { podRentInterruptable(input: $input) { id } }`;
    const data = await this.ask('podRentInterruptable', query, { input }, rented, 'once', {
      ...options,
      timeoutMs: this.createTimeoutMs,
    });
    if (data.podRentInterruptable) return data.podRentInterruptable.id;
    throw new RunpodUnexpected('no pod in the reply', { call: 'POST /graphql:podRentInterruptable' });
  }

  async bidResume(input: { podId: string; gpuCount: number; bidPerGpu: number }, options: Signal = {}): Promise<void> {
    const query = `mutation resume($input: PodBidResumeInput!) { podBidResume(input: $input) { id desiredStatus } }`;
    await this.ask('podBidResume', query, { input }, resumed, 'once', options);
  }

  async myPods(options: Signal = {}): Promise<GraphqlPod[]> {
    const query = `query myPods { myself { pods { id name desiredStatus lastStatusChange podType } } }`;
    const data = await this.ask('myPods', query, {}, myPods, 'safe', options);
    if (data.myself) return data.myself.pods;
    throw new RunpodRejected(401, 'access', 'the key is not accepted', { call: 'POST /graphql:myPods' });
  }

  /** USD, and USD an hour for everything that bills now; null where RunPod leaves them out. */
  async account(options: Signal = {}): Promise<{ balanceUsd: number | null; spendUsdPerHour: number | null }> {
    const query = `query account { myself { clientBalance currentSpendPerHr } }`;
    const data = await this.ask('myself', query, {}, account, 'safe', options);
    if (!data.myself)
      throw new RunpodRejected(401, 'access', 'the key is not accepted', { call: 'POST /graphql:myself' });
    return { balanceUsd: data.myself.clientBalance ?? null, spendUsdPerHour: data.myself.currentSpendPerHr ?? null };
  }

  /** Whose account the key is of. No other API tells: v2 has no resource for the account itself. */
  async accountId(options: Signal = {}): Promise<string> {
    const data = await this.ask('myself', `query accountId { myself { id } }`, {}, owner, 'safe', options);
    if (data.myself) return data.myself.id;
    throw new RunpodRejected(401, 'access', 'the key is not accepted', { call: 'POST /graphql:myself' });
  }

  /** GraphQL answers nearly everything with 200; `errors` decide. */
  private async ask<S extends z.ZodType>(
    field: string,
    query: string,
    variables: Record<string, unknown>,
    schema: S,
    repeat: Repeat,
    options: Signal & { timeoutMs?: number },
  ): Promise<z.infer<S>> {
    const name = `POST /graphql:${field}`;
    const url = this.caller.settings.graphqlUrl;
    const got = await this.caller.json(
      { method: 'POST', url, name, body: { query, variables }, repeat, ...options },
      reply,
    );
    const said = got.errors
      ?.map((error) => error.message)
      .join(' ')
      .slice(0, 400);
    // A part that failed does not undo a pod that was made: an answer that is whole counts, errors or not.
    const whole = schema.safeParse(got.data);
    const nothingMissing = Object.values(got.data ?? {}).every((value) => value !== null);
    if (said && whole.success && nothingMissing) return whole.data;
    if (said) throw new RunpodRejected(200, classify(200, said), said, { call: name });
    if (!whole.success) throw new RunpodUnexpected('the reply has an unknown shape', { call: name });
    return whole.data;
  }
}
