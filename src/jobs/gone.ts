import { stateOf } from '../policy/fleet.ts';
import { hasNameless } from '../policy/unread.ts';
import type { PodContext } from './pod-context.ts';
import { ProviderFailure, type ReadOptions } from './ports.ts';

export const BETWEEN_READS_MS = 2000;

export interface GoneOptions extends ReadOptions {
  /** A spot pod is looked for in the other API too, which is where it was made. */
  spot: boolean;
}

/**
 * One failed read is not "gone". A pod is gone after two reads by id that do not find it (or find it TERMINATED), 2 s
 * apart, and its absence from the list; a spot pod's also from the other list, while that answers. Any failed read
 * proves nothing.
 */
export async function provenGone(
  podId: string,
  { spot, ...read }: GoneOptions,
  context: PodContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { provider, clocks } = context;
  const missing = async () => {
    const pod = await provider.get(podId, signal, read);
    return pod === null || stateOf(pod) === 'gone';
  };
  try {
    if (!(await missing())) return false;
    await clocks.pause(BETWEEN_READS_MS, signal);
    if (!(await missing())) return false;
    const { pods, unread } = await provider.list(signal, read);
    const listed = pods.find((pod) => pod.id === podId);
    if (listed && stateOf(listed) !== 'gone') return false;
    // A row that does not read may be this pod.
    if (!listed && (hasNameless(unread) || unread.some(({ id }) => id === podId))) return false;
    if (!spot) return true;
    const others = await otherIds(context, signal);
    return others !== null && !others.has(podId);
  } catch (error) {
    if (error instanceof ProviderFailure) return false;
    throw error;
  }
}

/** Empty where that API is gone for good, or the key may not ask there; null where it does not say now of whom it knows. */
export async function otherIds({ provider }: PodContext, signal: AbortSignal): Promise<Set<string> | null> {
  try {
    const others = await provider.otherList(signal);
    const ids = others === 'retired' ? [] : others.map(({ id }) => id);
    return ids.every((id) => id !== null) ? new Set(ids) : null;
  } catch (error) {
    if (error instanceof ProviderFailure) return error.kind === 'refused' ? new Set() : null;
    throw error;
  }
}
