import { stateOf } from '../policy/fleet.ts';
import type { PodContext } from './pod-context.ts';
import { ProviderFailure, type ReadOptions } from './ports.ts';

const BETWEEN_READS_MS = 2000;

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
    const listed = (await provider.list(signal, read)).find((pod) => pod.id === podId);
    if (listed && stateOf(listed) !== 'gone') return false;
    if (!spot) return true;
    const other = await provider.otherList(signal).catch((error: unknown) => {
      // A key that may not ask there gets no answer; anything else may answer later.
      if (error instanceof ProviderFailure && error.kind === 'refused') return 'retired' as const;
      throw error;
    });
    return other === 'retired' || !other.some((pod) => pod.id === podId);
  } catch (error) {
    if (error instanceof ProviderFailure) return false;
    throw error;
  }
}
