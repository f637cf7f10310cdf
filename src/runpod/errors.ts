import type { Cause } from './classify.ts';

/** What a failed call can say of itself without telling secrets: no headers, no bodies. */
export interface CallContext {
  /** `POST /v2/pods` or `POST /graphql:podBidResume`. */
  call: string;
  /** RunPod's `x-request-id`, for its support. */
  requestId?: string | undefined;
}

export abstract class RunpodError extends Error {
  abstract readonly kind: 'rejected' | 'rate-limited' | 'unavailable' | 'unexpected';
  readonly context: CallContext;

  constructor(message: string, context: CallContext, options?: ErrorOptions) {
    super(`${context.call}: ${message}`, options);
    this.name = new.target.name;
    this.context = context;
  }
}

/** RunPod said no: 4xx, or GraphQL's 200 with errors. `detail` is RunPod's own sentence. */
export class RunpodRejected extends RunpodError {
  readonly kind = 'rejected';
  readonly status: number;
  readonly reason: Cause;
  readonly detail: string;

  constructor(status: number, cause: Cause, detail: string, context: CallContext) {
    super(`${status} ${detail}`, context);
    this.status = status;
    this.reason = cause;
    this.detail = detail;
  }
}

/** Over the limit, by RunPod's word or by its headers before the call was sent. */
export class RunpodRateLimited extends RunpodError {
  readonly kind = 'rate-limited';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, context: CallContext) {
    super(`rate limited for ${retryAfterMs} ms`, context);
    this.retryAfterMs = retryAfterMs;
  }
}

/** 5xx, a timeout, a broken connection, or an answer that is not RunPod's. `sent` is false where the request certainly never left. */
export class RunpodUnavailable extends RunpodError {
  readonly kind = 'unavailable';
  readonly status: number | null;
  readonly sent: boolean;
  /** How long RunPod asks to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    {
      status = null,
      sent,
      retryAfterMs = null,
    }: { sent: boolean; status?: number | null; retryAfterMs?: number | null },
    context: CallContext,
    options?: ErrorOptions,
  ) {
    super(message, context, options);
    this.status = status;
    this.sent = sent;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A success that cannot be read: after a write, the state is unknown. */
export class RunpodUnexpected extends RunpodError {
  readonly kind = 'unexpected';
}
