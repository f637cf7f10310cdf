import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { classify, errorText, isPage, isRunpodRefusal } from './classify.ts';
import {
  type CallContext,
  RunpodError,
  RunpodRateLimited,
  RunpodRejected,
  RunpodUnavailable,
  RunpodUnexpected,
} from './errors.ts';
import { Quota } from './quota.ts';
import { type Repeat, type RetryPolicy, retryAfter, toldToWait } from './retry.ts';
import { certainlyNotSent, type HttpReply, type Transport } from './transport.ts';

export interface CallSettings {
  /** An origin, such as https://api.runpod.io. */
  baseUrl: string;
  /** The whole address of GraphQL. */
  graphqlUrl: string;
  apiKey: string;
  userAgent: string;
  transport: Transport;
  retry: RetryPolicy;
  timeoutMs: number;
  /** Real milliseconds; limits and pauses live on the machine's clock. */
  now: () => number;
  onCall?: (event: { call: string; status: number | null; ms: number; requestId?: string | undefined }) => void;
  /** A reply's `Sunset` header (RFC 8594): the day from which this call may be gone. */
  onSunset?: (call: string, day: string) => void;
}

export interface Call {
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  url: string;
  /** How the call is named in errors, logs and metrics. */
  name: string;
  body?: unknown;
  repeat: Repeat;
  /** Stop and terminate: may use the reserve of the rate limit. */
  urgent?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/** Timeouts, retries, rate limits and error kinds, the same for REST and GraphQL. */
export class Caller {
  readonly settings: CallSettings;
  /** The two APIs count apart. */
  private readonly quotas = { rest: new Quota(), graphql: new Quota() };
  /** By call, until when RunPod asked to be left alone with it: one part of it that is down holds no other up. */
  private readonly awayUntil = new Map<string, number>();

  constructor(settings: CallSettings) {
    this.settings = settings;
  }

  /** @throws RunpodError of one of four kinds; an AbortError where `signal` ended the call. */
  async send(call: Call): Promise<HttpReply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(call);
      } catch (error) {
        if (!(error instanceof RunpodError)) throw error;
        const wait = retryAfter(error, attempt, call.repeat, this.settings.retry, Math.random());
        if (wait === null) throw error;
        await pause(wait, undefined, call.signal ? { signal: call.signal } : {});
      }
    }
  }

  async json<S extends z.ZodType>(call: Call, schema: S): Promise<z.infer<S>> {
    const reply = await this.send(call);
    return this.parse(reply, schema, call.name);
  }

  parse<S extends z.ZodType>(reply: HttpReply, schema: S, name: string): z.infer<S> {
    const context = { call: name, requestId: reply.header('x-request-id') };
    let value: unknown;
    try {
      value = JSON.parse(reply.body);
    } catch (error) {
      throw new RunpodUnexpected('the reply is not JSON', context, { cause: error });
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    // Paths only: values may be a pod's env.
    const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(whole)').slice(0, 5);
    throw new RunpodUnexpected(`the reply has an unknown shape at ${where.join(', ')}`, context);
  }

  private async once(call: Call): Promise<HttpReply> {
    const { settings } = this;
    const quota = this.quotas[call.url === settings.graphqlUrl ? 'graphql' : 'rest'];
    const wait = quota.waitMs(call.urgent ?? false, settings.now());
    if (wait > 0) throw new RunpodRateLimited(wait, { call: call.name });
    const away = (this.awayUntil.get(call.name) ?? 0) - settings.now();
    if (away > 0) throw unavailableFor(away, { call: call.name });
    quota.spend();
    const started = settings.now();
    let reply: HttpReply;
    try {
      reply = await settings.transport({
        method: call.method,
        url: call.url,
        headers: this.headers(call),
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        timeoutMs: call.timeoutMs ?? settings.timeoutMs,
        signal: call.signal,
      });
    } catch (error) {
      settings.onCall?.({ call: call.name, status: null, ms: settings.now() - started });
      if (call.signal?.aborted) throw error;
      const sent = !certainlyNotSent(error);
      throw new RunpodUnavailable(reasonOf(error), { sent }, { call: call.name }, { cause: error });
    }
    quota.note({ rateLimit: reply.header('ratelimit'), policy: reply.header('ratelimit-policy') }, settings.now());
    const requestId = reply.header('x-request-id');
    settings.onCall?.({ call: call.name, status: reply.status, ms: settings.now() - started, requestId });
    const sunset = reply.header('sunset');
    if (sunset !== undefined) settings.onSunset?.(call.name, sunset.slice(0, 60));
    if (reply.status < 300 && !isPage(reply.header('content-type'), reply.body)) return reply;
    const error = errorOf(reply, { call: call.name, requestId }, settings.now());
    if (error instanceof RunpodRateLimited) quota.block(error.retryAfterMs, settings.now());
    const told = error instanceof RunpodUnavailable ? error.retryAfterMs : null;
    if (told !== null) this.awayUntil.set(call.name, settings.now() + told);
    throw error;
  }

  private headers(call: Call): Record<string, string> {
    return {
      authorization: `Bearer ${this.settings.apiKey}`,
      accept: 'application/json',
      'user-agent': this.settings.userAgent,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
  }
}

function reasonOf(error: unknown): string {
  const name = (error as Error).name;
  if (name === 'TimeoutError') return 'timed out';
  const code = (error as { code?: string }).code ?? (error as { cause?: { code?: string } }).cause?.code;
  return code ?? name;
}

/** Where a 429 does not say. */
const USUAL_WAIT_MS = 5000;

function errorOf(reply: HttpReply, context: CallContext, now: number): RunpodError {
  const { status, body } = reply;
  const told = toldToWait(reply.header('retry-after'), now);
  if (status === 429) return new RunpodRateLimited(told ?? USUAL_WAIT_MS, context);
  // Whether it ever reached RunPod is not known: the answer may have been swapped on its way back.
  if (status < 500 && !isRunpodRefusal(body)) {
    const text = `blocked on the way to RunPod: a proxy or CDN answered ${status}`;
    return new RunpodUnavailable(text, { status, sent: true }, context);
  }
  const text = errorText(body);
  if (status >= 500) {
    const retryAfterMs = status === 503 ? told : null;
    return new RunpodUnavailable(`${status} ${text}`, { status, sent: true, retryAfterMs }, context);
  }
  return new RunpodRejected(status, classify(status, text), text, context);
}

function unavailableFor(ms: number, context: CallContext): RunpodUnavailable {
  const text = `RunPod asked to wait ${Math.ceil(ms / 1000)} s before this is asked again`;
  return new RunpodUnavailable(text, { status: 503, sent: false, retryAfterMs: ms }, context);
}
