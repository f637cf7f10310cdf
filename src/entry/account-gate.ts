import { type Clocks, type Log, type PodProvider, ProviderFailure } from '../jobs/ports.ts';
import { RunpodError, RunpodRateLimited, RunpodRejected } from '../runpod/errors.ts';
import { AccountMismatch, type AccountPin } from '../store/account-pin.ts';

/** Where RunPod tells nobody whose a key is, it is asked again after this, real ms. */
const ASK_AGAIN_MS = 10 * 60_000;
const ASK_TIMEOUT_MS = 30_000;

/**
 * Lets nothing through to RunPod, reads included, before it is known that the key is of the account that this Redis is
 * about. Where RunPod does not answer, calls fail as if it were away. Where it says that this key may not ask, or that
 * the API that tells is gone, everything passes: no other API names the account, and nothing would ever pass.
 */
export class AccountGate {
  private readonly pin: AccountPin;
  private readonly runpod: { apiKey: string; accountId(signal: AbortSignal): Promise<string> };
  private readonly clocks: Pick<Clocks, 'realNow'>;
  private readonly log: Log;
  private passesUntil = 0;
  private mismatch: AccountMismatch | null = null;
  private asking: Promise<void> | null = null;

  constructor(options: {
    pin: AccountPin;
    runpod: { apiKey: string; accountId(signal: AbortSignal): Promise<string> };
    clocks: Pick<Clocks, 'realNow'>;
    log: Log;
  }) {
    this.pin = options.pin;
    this.runpod = options.runpod;
    this.clocks = options.clocks;
    this.log = options.log;
  }

  isOpen(): boolean {
    return this.clocks.realNow() < this.passesUntil;
  }

  /** @throws AccountMismatch, or why RunPod could not be asked. */
  check(): Promise<void> {
    if (this.mismatch) return Promise.reject(this.mismatch);
    if (this.isOpen()) return Promise.resolve();
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(): Promise<void> {
    const { apiKey } = this.runpod;
    try {
      if (!(await this.pin.knows(apiKey))) {
        await this.pin.claim(await this.runpod.accountId(AbortSignal.timeout(ASK_TIMEOUT_MS)), apiKey);
      }
      this.passesUntil = Number.POSITIVE_INFINITY;
    } catch (error) {
      if (error instanceof AccountMismatch) {
        this.mismatch = error;
        this.log.error({ error: error.message }, 'another Runpod account');
      }
      if (!(error instanceof RunpodRejected) || !isNeverTold(error)) throw error;
      this.passesUntil = this.clocks.realNow() + ASK_AGAIN_MS;
      this.log.warn({ error: error.message }, 'Runpod does not tell whose account the key is of: it is not checked');
    }
  }
}

const isNeverTold = ({ status, reason }: RunpodRejected) => status === 404 || status === 410 || reason === 'access';

/** What a call that was not let through means to jobs: it was not sent. */
function failureOf(error: unknown): unknown {
  if (error instanceof AccountMismatch) {
    return new ProviderFailure('refused', { reason: 'access', detail: error.message });
  }
  if (error instanceof RunpodRateLimited) {
    return new ProviderFailure('rate-limited', { detail: error.message, retryAfterMs: error.retryAfterMs });
  }
  if (!(error instanceof RunpodError)) return error;
  const detail = `Runpod did not say whose account the key is of (${error.message})`;
  return new ProviderFailure('unavailable', { detail, sent: false });
}

/** The provider behind the gate. */
export function gated(provider: PodProvider, gate: AccountGate): PodProvider {
  return new Proxy(provider, {
    get(target, name: keyof PodProvider) {
      const method = target[name].bind(target) as (...args: unknown[]) => unknown;
      // Without a step in between where it is open: a DELETE leaves in the tick in which it was claimed.
      if (name === 'sunset' || gate.isOpen()) return method;
      return async (...args: unknown[]) => {
        await gate.check().catch((error: unknown) => {
          throw failureOf(error);
        });
        return method(...args);
      };
    },
  });
}
