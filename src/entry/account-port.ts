import { type AccountRead, ProviderFailure } from '../jobs/ports.ts';
import { microUsd } from '../policy/money.ts';
import type { Runpod } from '../runpod/client.ts';
import { RunpodError, RunpodRejected } from '../runpod/errors.ts';

/**
 * The balance, by v2 where it tells it, else by GraphQL; what bills an hour only GraphQL knows. Each is asked by itself, and
 * only where none tells the balance has the read failed. `retired`: nobody tells it any more.
 */
export async function readAccount(runpod: Runpod, signal: AbortSignal): Promise<AccountRead | 'retired'> {
  const [v2, graphql] = await Promise.all([
    asked(runpod.account.balance({ signal })),
    asked(runpod.graphql.account({ signal })),
  ]);
  const silent = [v2, graphql].flatMap((answer) => (answer instanceof RunpodError ? [answer.message] : []));
  const perHour = told(graphql)?.spendUsdPerHour ?? null;
  const more = { perHour: perHour === null ? null : microUsd(perHour), silent };
  const byV2 = told(v2);
  if (byV2) return { ...more, balance: microUsd(byV2.balanceUsd), postpaid: byV2.postpaid, source: 'v2' };
  const usd = told(graphql)?.balanceUsd ?? null;
  if (usd !== null) return { ...more, balance: microUsd(usd), postpaid: null, source: 'graphql' };
  const failure = [graphql, v2].find((answer) => answer instanceof RunpodError && !isGone(answer));
  if (failure) throw failure;
  if (isGone(graphql)) return 'retired';
  throw new ProviderFailure('unexpected', { detail: 'no balance in the reply' });
}

/** The answer, or how it failed: what one source says never depends on another. */
async function asked<T>(call: Promise<T>): Promise<T | RunpodError> {
  return call.catch((error: unknown) => {
    if (error instanceof RunpodError) return error;
    throw error;
  });
}

const told = <T>(answer: T | RunpodError): T | null => (answer instanceof RunpodError ? null : answer);

/** Only RunPod's own 404 or 410 says that an API is gone; a text may mean anything. */
const isGone = (answer: unknown): boolean =>
  answer instanceof RunpodRejected && (answer.status === 404 || answer.status === 410);
