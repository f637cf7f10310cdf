import type { PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

const BETWEEN_READS_MS = 2000;

/**
 * One failed read is not "gone". A pod is gone after two reads by id that do not find it, 2 s apart, and its absence
 * from the list; where the other API still answers, from that list too. Any failed read proves nothing.
 */
export async function provenGone(podId: string, context: PodContext, signal: AbortSignal): Promise<boolean> {
  const { provider, clocks } = context;
  try {
    if ((await provider.get(podId, signal)) !== null) return false;
    await clocks.pause(BETWEEN_READS_MS, signal);
    if ((await provider.get(podId, signal)) !== null) return false;
    const listed = (await provider.list(signal)).find((pod) => pod.id === podId);
    if (listed && listed.status !== 'TERMINATED') return false;
    const other = await provider.otherList(signal);
    return other === 'retired' || !other.some((pod) => pod.id === podId);
  } catch (error) {
    if (error instanceof ProviderFailure) return false;
    throw error;
  }
}
