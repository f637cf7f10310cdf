import { stateOf } from '../policy/fleet.ts';
import { actorOf } from '../policy/identity.ts';
import type { Audit, AuditEntry } from '../store/audit.ts';
import type { DirectAnswer, DirectStop } from '../store/direct-line.ts';
import type { PodContext } from './pod-context.ts';
import { ProviderFailure } from './ports.ts';

const READS = 20;
const BETWEEN_MS = 700;
const URGENT = { urgent: true };
/** One stop in an emergency takes no longer, ms. */
const TIMEOUT_MS = 25_000;

type DirectContext = Pick<PodContext, 'provider' | 'clocks' | 'log'> & { audit: Pick<Audit, 'append'> };

/**
 * Stops pods where Redis is out of memory and nothing can be written first. What was done is kept here, and logged as soon
 * as Redis takes it.
 */
export class DirectStops {
  private readonly context: DirectContext;
  private readonly unlogged: AuditEntry[] = [];
  private readonly asked = new Map<string, number>();

  constructor(context: DirectContext) {
    this.context = context;
  }

  /** When each pod was last asked to stop, by pod id, on Podwarden's clock: no row tells that it was we. */
  get askedAt(): ReadonlyMap<string, number> {
    return this.asked;
  }

  async carryOut({ pod, by }: DirectStop): Promise<DirectAnswer> {
    const { clocks, log } = this.context;
    this.asked.set(pod, clocks.now());
    const answer = await this.stop(pod, AbortSignal.timeout(TIMEOUT_MS)).catch(failed);
    log.warn({ pod, by: by.account, answer: answer.kind }, 'a pod was stopped without Redis, which is out of memory');
    const facts = { pod, answer: answer.kind, detail: answer.detail };
    this.unlogged.push({ at: clocks.now(), kind: 'runpod-stop-direct', actor: actorOf(by), subject: pod, facts });
    return answer;
  }

  /** To be called now and then: what Redis did not take is tried again. */
  async logAll(): Promise<void> {
    for (let [entry] = this.unlogged; entry; [entry] = this.unlogged) {
      await this.context.audit.append(entry);
      this.unlogged.shift();
    }
  }

  private async stop(podId: string, signal: AbortSignal): Promise<DirectAnswer> {
    const { provider, clocks } = this.context;
    await provider.stop(podId, signal).catch(async (error: unknown) => {
      // Every worker hears of it, and the quickest has stopped it.
      const pod = isConflict(error) ? await provider.get(podId, signal, URGENT) : null;
      if (!pod || stateOf(pod) !== 'stopped') throw error;
    });
    for (let reads = 0; reads < READS; reads++) {
      const pod = await provider.get(podId, signal, URGENT).catch(() => null);
      if (pod && stateOf(pod) === 'stopped') return { kind: 'stopped', detail: '' };
      await clocks.pause(BETWEEN_MS, signal);
    }
    return { kind: 'accepted', detail: '' };
  }
}

const isConflict = (error: unknown): boolean => error instanceof ProviderFailure && error.reason === 'conflict';

function failed(error: unknown): DirectAnswer {
  const isRefused = error instanceof ProviderFailure && error.kind === 'refused';
  const detail = error instanceof ProviderFailure ? error.detail : (error as Error).message;
  return { kind: isRefused ? 'refused' : 'failed', detail: detail.slice(0, 200) };
}
