import { MockAgent } from 'undici';
import { AccountApi } from '../../src/runpod/account.ts';
import { Caller } from '../../src/runpod/call.ts';
import { GraphqlApi } from '../../src/runpod/graphql.ts';
import { PodsApi } from '../../src/runpod/pods.ts';
import { undiciTransport } from '../../src/runpod/transport.ts';

export const KEY = 'rpa_clienttest0000000000';
export const ORIGIN = 'https://runpod.test';

/** The client over undici's MockAgent: replies are given one by one, and nothing reaches the network. */
export function mocked() {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const time = { now: Date.now() };
  const caller = new Caller({
    baseUrl: ORIGIN,
    graphqlUrl: `${ORIGIN}/graphql`,
    apiKey: KEY,
    userAgent: 'test',
    transport: undiciTransport(agent),
    retry: { maxAttempts: 3, backoffMs: 1, maxWaitMs: 50 },
    timeoutMs: 500,
    now: () => time.now,
  });
  return {
    agent,
    time,
    pool: agent.get(ORIGIN),
    pods: new PodsApi(caller, 500),
    account: new AccountApi(caller),
    graphql: new GraphqlApi(caller, 500),
  };
}
