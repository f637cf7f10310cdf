import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type HttpAnswer, type HttpCall, jsonBody, type Listening, listen } from '../http.ts';
import { Account, type Delays } from './account.ts';
import type { RestContext } from './context.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { graphql, rootField } from './graphql.ts';
import { findPath } from './operations.ts';
import { problem } from './pods.ts';
import { rest } from './rest.ts';
import { spoiled } from './rows.ts';
import { RunpodSchemas } from './schema.ts';

export interface RecordedCall {
  method: string;
  /** Without the query; GraphQL as `/graphql:rootField`. */
  path: string;
  status: number | null;
  faulted: boolean;
  /** When it came, ms on the account's clock, and how long its answer took, real ms; null while it is under way. */
  at: number;
  tookMs: number | null;
}

export interface RunpodEmulator {
  /** An origin. */
  url: string;
  account: Account;
  faults: Faults;
  /** In the order of arrival. */
  calls: RecordedCall[];
  /** Bodies that did not fit RunPod's document: replies, and requests of the bot. Empty is the only good value. */
  violations: string[];
  /** Requests that came and are not answered yet. */
  inFlight(): number;
  close(): Promise<void>;
}

export interface RunpodEmulatorOptions {
  clock: () => number;
  apiKey: string;
  balance?: number;
  delays?: Delays;
  pageSize?: number;
  quotaPerMinute?: number;
  accountId?: string;
}

/** Creating to reporting takes under three seconds. */
const DELAYS: Delays = { provisioning: 500, starting: 700, reporting: 600 };

export async function startRunpodEmulator(options: RunpodEmulatorOptions): Promise<RunpodEmulator> {
  const account = new Account({
    clock: options.clock,
    balance: options.balance ?? 60,
    delays: options.delays ?? DELAYS,
    ...(options.accountId === undefined ? {} : { id: options.accountId }),
  });
  const state = new EmulatorState(account, options);
  const listening: Listening = await listen((call) => state.handle(call));
  return {
    url: `http://127.0.0.1:${listening.port}`,
    account,
    faults: state.faults,
    calls: state.calls,
    violations: state.violations,
    inFlight: () => state.inFlight,
    close: () => listening.close(),
  };
}

/** What Cloudflare shows whom it takes for a robot. */
const BLOCKED: HttpAnswer = {
  status: 403,
  headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
  body: '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>Ray ID: 8f2c</body></html>',
};

function isJson(call: HttpCall): boolean {
  try {
    jsonBody(call);
    return true;
  } catch {
    return false;
  }
}

/** The key that was sent, in the header or, to GraphQL, in the query; null for none. */
function keyOf({ path, headers, query }: HttpCall): string | null {
  const inQuery = path === '/graphql' ? query.get('api_key') : null;
  return headers.authorization?.replace(/^Bearer /, '') ?? inQuery;
}

function down(retryAfter: number | undefined): HttpAnswer {
  const answer = problem(503, 'service unavailable');
  const wait: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return { ...answer, headers: { ...answer.headers, ...wait } };
}

class EmulatorState {
  readonly faults: Faults = { ...NO_FAULTS };
  readonly calls: RecordedCall[] = [];
  readonly violations: string[] = [];
  inFlight = 0;
  private readonly schemas = new RunpodSchemas();
  private readonly account: Account;
  private readonly options: RunpodEmulatorOptions;
  private minute = { from: 0, used: 0 };

  constructor(account: Account, options: RunpodEmulatorOptions) {
    this.account = account;
    this.options = options;
  }

  async handle(call: HttpCall): Promise<HttpAnswer | 'drop'> {
    if (!isJson(call)) return problem(400, 'malformed JSON body');
    const isGraphql = call.path === '/graphql';
    const path = isGraphql ? `/graphql:${rootField(String(jsonBody(call).query))}` : call.path;
    const at = this.account.now();
    const record: RecordedCall = { method: call.method, path, status: null, faulted: false, at, tookMs: null };
    const began = performance.now();
    this.calls.push(record);
    this.inFlight += 1;
    try {
      const answer = await this.answer(call, record);
      record.status = answer === 'drop' ? null : answer.status;
      return answer;
    } finally {
      record.tookMs = Math.round(performance.now() - began);
      this.inFlight -= 1;
    }
  }

  private async answer(call: HttpCall, record: RecordedCall): Promise<HttpAnswer | 'drop'> {
    if (this.faults.api?.kind === 'cdn') {
      record.faulted = true;
      return BLOCKED;
    }
    const anonymous = call.path === '/graphql' && keyOf(call) === null;
    const isRevoked = this.faults.api?.kind === 'revoked';
    record.faulted = isRevoked && !anonymous;
    if (!anonymous && (isRevoked || keyOf(call) !== this.options.apiKey)) return problem(401, 'missing bearer token');
    if (!/\S/.test(call.headers['user-agent'] ?? '')) return problem(403, 'access denied');
    const broken = await this.brokenApi(record);
    if (broken) return broken;
    const limited = this.rateLimit(call);
    if (limited.answer) return limited.answer;
    this.account.settle();
    const isCreate =
      record.method === 'POST' && (record.path === '/v2/pods' || record.path === '/graphql:podRentInterruptable');
    const isDelete = record.method === 'DELETE' && /^\/v2\/pods\/[^/]+$/.test(record.path);
    const answer = isCreate
      ? await this.create(call, record)
      : isDelete
        ? await this.remove(call, record)
        : this.route(call);
    if (answer === 'drop') return answer;
    this.check(record, answer);
    const shown = spoiled(`${record.method} ${record.path}`, answer, this.faults);
    record.faulted ||= shown !== answer;
    const sunset: Record<string, string> = this.faults.sunset === null ? {} : { sunset: this.faults.sunset };
    return { ...shown, headers: { ...limited.headers, ...sunset, 'x-request-id': randomUUID(), ...shown.headers } };
  }

  private route(call: HttpCall): HttpAnswer {
    const context = this.context(call);
    return call.path === '/graphql' ? graphql(call, context) : rest(call, context);
  }

  private context(call: HttpCall): RestContext {
    return {
      account: this.account,
      faults: this.faults,
      schemas: this.schemas,
      realNow: Date.now,
      pageSize: this.options.pageSize ?? 1000,
      anonymous: keyOf(call) === null,
    };
  }

  /** The ways in which a create ends badly. Each leaves behind what RunPod would leave behind. */
  private async create(call: HttpCall, record: RecordedCall): Promise<HttpAnswer | 'drop'> {
    const fault = this.faults.create;
    this.faults.create = null;
    if (fault !== null) record.faulted = true;
    if (fault === '500-before') return problem(500, 'Something went wrong. Please try again later or contact support.');
    if (fault === 'timeout') {
      while (!call.gone()) await pause(50);
      return 'drop';
    }
    if (this.faults.createDelayMs > 0) await pause(this.faults.createDelayMs);
    this.account.settle();
    const answer = this.route(call);
    if (fault === '500-after') return problem(500, 'Something went wrong. Please try again later or contact support.');
    return answer;
  }

  /** The ways in which a DELETE ends badly. */
  private async remove(call: HttpCall, record: RecordedCall): Promise<HttpAnswer | 'drop'> {
    const fault = this.faults.terminate;
    this.faults.terminate = null;
    if (fault === null) return this.route(call);
    record.faulted = true;
    if (fault === '404') return problem(404, 'pod not found');
    if (fault === '409') return problem(409, 'action not allowed in the current status');
    if (fault === '500-before') return problem(500, 'Something went wrong. Please try again later or contact support.');
    this.route(call);
    if (fault === '500-after') return problem(500, 'Something went wrong. Please try again later or contact support.');
    return 'drop';
  }

  private async brokenApi(record: RecordedCall): Promise<HttpAnswer | null> {
    const fault = this.faults.api;
    if (fault === null || fault.kind === 'cdn' || fault.kind === 'revoked') return null;
    record.faulted = true;
    if (fault.kind === 'down') return down(fault.retryAfter);
    if (fault.kind === '429') {
      const answer = problem(429, 'rate limit exceeded for the minute window');
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.seconds) } };
    }
    await pause(fault.ms);
    return null;
  }

  private rateLimit(call: HttpCall): { headers: Record<string, string>; answer: HttpAnswer | null } {
    if (call.path === '/graphql') return { headers: {}, answer: null };
    const quota = this.options.quotaPerMinute ?? 1000;
    const now = Date.now();
    if (now - this.minute.from >= 60_000) this.minute = { from: now, used: 0 };
    this.minute.used += 1;
    const left = Math.ceil((this.minute.from + 60_000 - now) / 1000);
    const headers = {
      'ratelimit-policy': `"minute";q=${quota};w=60`,
      ratelimit: `"minute";r=${Math.max(0, quota - this.minute.used)};t=${left}`,
    };
    if (this.minute.used <= quota) return { headers, answer: null };
    const refusal = problem(429, 'rate limit exceeded for the minute window');
    return { headers, answer: { ...refusal, headers: { ...headers, 'retry-after': String(left) } } };
  }

  private check(record: RecordedCall, answer: HttpAnswer): void {
    if (answer.status === 422)
      this.violations.push(`request ${record.method} ${record.path}: ${JSON.stringify(answer.body)}`);
    const path = findPath(this.schemas.operations, record.path);
    const operation = path?.operations.find(({ method }) => method === record.method);
    if (!operation || answer.status === 501) return;
    const found = this.schemas.replyViolations(operation, answer);
    if (found.length > 0)
      this.violations.push(`reply ${record.method} ${record.path}: ${found.slice(0, 3).join('; ')}`);
  }
}
