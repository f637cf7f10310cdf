import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export interface HttpCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** True once the caller has gone away. */
  gone: () => boolean;
}

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  /** A string goes as it is; anything else as JSON. */
  body?: unknown;
}

/** An answer, or `drop` to close the connection without one. */
export type Handler = (call: HttpCall) => Promise<HttpAnswer | 'drop'>;

export interface Listening {
  server: Server;
  port: number;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  const { status, headers = {}, body } = answer;
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Listens on loopback, on the given port or a free one. */
export async function listen(handler: Handler, port = 0): Promise<Listening> {
  const server = createServer((request, response) => {
    void answer(handler, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sockets on the same port, under the same condition. */
export function listenForSockets(server: Server): WebSocketServer {
  return new WebSocketServer({ server, verifyClient: ({ req }: { req: IncomingMessage }) => !isForeign(req.headers) });
}

const HERE = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/**
 * Bots send neither of these headers, browsers always one: a web site that finds the port has no business here, nor has one that
 * bent its own name to this address.
 */
function isForeign({ origin, host, 'sec-fetch-site': site }: IncomingMessage['headers']): boolean {
  return origin !== undefined || site !== undefined || !HERE.test(host ?? '');
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (isForeign(request.headers))
      return send(response, { status: 403, body: { error: 'emulator: not for web sites' } });
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const result = await handler({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await readBody(request),
      gone: () => response.destroyed,
    });
    if (result === 'drop') request.socket.destroy();
    else send(response, result);
  } catch (error) {
    if (response.destroyed) return;
    send(response, { status: 500, body: { error: `emulator: ${(error as Error).stack}` } });
  }
}

export function jsonBody(call: HttpCall): Record<string, unknown> {
  return call.body.length === 0 ? {} : (JSON.parse(call.body.toString('utf8')) as Record<string, unknown>);
}
