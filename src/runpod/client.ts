import { Agent } from 'undici';
import { AccountApi } from './account.ts';
import { BillingApi } from './billing.ts';
import { Caller, type CallSettings } from './call.ts';
import { CatalogueApi } from './catalogue.ts';
import { GraphqlApi } from './graphql.ts';
import { PodsApi } from './pods.ts';
import { undiciTransport } from './transport.ts';

export interface RunpodOptions {
  apiKey: string;
  /** An origin. */
  baseUrl?: string;
  graphqlUrl?: string;
  userAgent: string;
  /** Reads and actions, ms. Official clients use 30 s. */
  timeoutMs?: number;
  createTimeoutMs?: number;
  now?: () => number;
  onCall?: CallSettings['onCall'];
  onSunset?: CallSettings['onSunset'];
}

export interface Runpod {
  pods: PodsApi;
  account: AccountApi;
  billing: BillingApi;
  catalogue: CatalogueApi;
  graphql: GraphqlApi;
  close(): Promise<void>;
}

export const RUNPOD_ORIGIN = 'https://api.runpod.io';

/** The client opens no connection before the first call. */
export function createRunpod(options: RunpodOptions): Runpod {
  const agent = new Agent({ connections: 16 });
  const baseUrl = options.baseUrl ?? RUNPOD_ORIGIN;
  const caller = new Caller({
    baseUrl,
    graphqlUrl: options.graphqlUrl ?? `${baseUrl}/graphql`,
    apiKey: options.apiKey,
    userAgent: options.userAgent,
    transport: undiciTransport(agent),
    retry: { maxAttempts: 3, backoffMs: 500, maxWaitMs: 5000 },
    timeoutMs: options.timeoutMs ?? 30_000,
    now: options.now ?? Date.now,
    ...(options.onCall ? { onCall: options.onCall } : {}),
    ...(options.onSunset ? { onSunset: options.onSunset } : {}),
  });
  return {
    pods: new PodsApi(caller, options.createTimeoutMs),
    account: new AccountApi(caller),
    billing: new BillingApi(caller),
    catalogue: new CatalogueApi(caller),
    graphql: new GraphqlApi(caller, options.createTimeoutMs),
    close: () => agent.destroy(),
  };
}
