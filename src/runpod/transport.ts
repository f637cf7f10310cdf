import { type Dispatcher, request } from 'undici';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

export interface HttpReply {
  status: number;
  header(name: string): string | undefined;
  body: string;
}

/** Sends one request. Throws what undici throws; the call policy says what it means. */
export type Transport = (request: HttpRequest) => Promise<HttpReply>;

export function undiciTransport(dispatcher?: Dispatcher): Transport {
  return async ({ method, url, headers, body, timeoutMs, signal }) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const reply = await request(url, {
      method,
      headers,
      body: body ?? null,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(dispatcher ? { dispatcher } : {}),
    });
    const text = await reply.body.text();
    return {
      status: reply.statusCode,
      header: (name) => {
        const value = reply.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body: text,
    };
  };
}

/** System calls in which a connection fails before any byte of the request left. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);

export function certainlyNotSent(error: unknown): boolean {
  const failure = error as { code?: string; syscall?: string; cause?: { code?: string; syscall?: string } };
  const { code, syscall } = failure.code === undefined ? (failure.cause ?? {}) : failure;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || BEFORE_SENDING.has(syscall ?? '');
}
