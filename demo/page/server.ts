import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ZodType } from 'zod';
import type { Stage } from '../world/stage.ts';
import { suggestionsFor, takeAct } from './acts.ts';
import type { Bundle } from './bundle.ts';
import { refusal } from './guard.ts';
import { Mirror } from './mirror.ts';
import { PEOPLE, type Person } from './protocol.ts';
import { act, suggest } from './requests.ts';
import { TimeKeeper } from './time-keeper.ts';
import { discordFileBytes } from './views/discord.ts';
import { slackFileBytes } from './views/slack.ts';

export const PORT = 4141;
/** How many ports after the wanted one are tried. */
const TRIES = 50;
/** Faster than an eye, slower than a flood. */
const LOOK_EVERY_MS = 100;
/** A window that is gone is noticed at the next write. */
const BEAT_EVERY_MS = 15_000;
const MAX_BODY = 256 * 1024;

/** Scripts and pictures come from here alone, and no other page may show this one in a frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Podwarden: try it</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body><div id="page"></div><noscript>This page needs JavaScript.</noscript></body>
</html>
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/><path d="M9 23V9h8.2a4.9 4.9 0 0 1 0 9.8H13V23z" fill="#fff"/><circle cx="23.5" cy="22" r="2.5" fill="#34d399"/></svg>`;

/** The demo's page on 127.0.0.1: what windows see, and what people do in them. */
export class PageServer {
  private readonly stage: Stage;
  private readonly bundle: Promise<Bundle>;
  private readonly time: TimeKeeper;
  private readonly server: Server;
  /** Windows. Not server-sent events: of those a browser opens six, and then loads nothing more. */
  private readonly windows = new WebSocketServer({ noServer: true });
  private port = 0;

  constructor(stage: Stage, bundle: Promise<Bundle>) {
    this.stage = stage;
    this.bundle = bundle;
    // Told to whoever asks for the page.
    bundle.catch(() => {});
    this.time = new TimeKeeper(stage);
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: Error) => {
        if (response.headersSent) response.destroy();
        else answer(response, 500, 'text/plain', error.message);
      });
    });
    this.server.on('upgrade', (request, socket, head) => this.open(request, socket, head));
  }

  /** Listens on `port`, or on the next one that is free. Gives the page's address. */
  async start(port: number): Promise<string> {
    for (let tried = port; ; tried++) {
      try {
        await this.listen(tried);
        this.port = (this.server.address() as AddressInfo).port;
        return `http://127.0.0.1:${this.port}`;
      } catch (error) {
        const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!taken || tried >= Math.min(port + TRIES, 65_535)) throw error;
      }
    }
  }

  private listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    await this.time.close();
    for (const window of this.windows.clients) window.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const refused = this.refused(request);
    if (refused !== null) return answer(response, 403, 'text/plain', `Refused: ${refused}.`);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    switch (`${method} ${url.pathname}`) {
      case 'GET /':
        return answer(response, 200, 'text/html; charset=utf-8', HTML);
      case 'GET /icon.svg':
        return answer(response, 200, 'image/svg+xml', ICON);
      case 'GET /page.js':
        return answer(response, 200, 'text/javascript; charset=utf-8', (await this.bundle).js);
      case 'GET /page.css':
        return answer(response, 200, 'text/css; charset=utf-8', (await this.bundle).css);
      case 'POST /act':
        return this.json(request, response, act, (body) => takeAct(body, this.stage, this.time));
      case 'POST /suggest':
        return this.json(request, response, suggest, (body) => suggestionsFor(body, this.stage));
    }
    if (method === 'GET' && url.pathname.startsWith('/files/')) return this.file(url.pathname, response);
    answer(response, 404, 'text/plain', 'Not found.');
  }

  private refused({ method = 'GET', headers, socket }: IncomingMessage): string | null {
    return refusal({ method, headers, remoteAddress: socket.remoteAddress }, this.port);
  }

  /** A window: told everything first, and then what changes. */
  private open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const person = PEOPLE.find((name) => name === url.searchParams.get('as'));
    const refused = this.refused(request) !== null;
    if (refused || url.pathname !== '/events' || !person) {
      socket.end(`HTTP/1.1 ${refused ? '403 Forbidden' : '404 Not Found'}\r\n\r\n`);
      return;
    }
    this.windows.handleUpgrade(request, socket, head, (window) => this.watch(window, person));
  }

  private watch(window: WebSocket, person: Person): void {
    const mirror = new Mirror(this.stage, this.time, person);
    const look = () => {
      try {
        const changes = mirror.changes();
        if (changes) window.send(JSON.stringify(changes));
      } catch {
        // In the middle of an end or a start: the window comes again.
        window.terminate();
      }
    };
    const looking = setInterval(look, LOOK_EVERY_MS);
    const beating = setInterval(() => window.ping(), BEAT_EVERY_MS);
    window.on('close', () => {
      clearInterval(looking);
      clearInterval(beating);
    });
    window.on('error', () => window.terminate());
    look();
  }

  private async json<T>(
    request: IncomingMessage,
    response: ServerResponse,
    shape: ZodType<T>,
    run: (body: T) => Promise<unknown>,
  ): Promise<void> {
    const text = await bodyOf(request);
    if (text === null) return answer(response, 413, 'text/plain', 'Too long.');
    const parsed = shape.safeParse(parseJson(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return answer(response, 400, 'text/plain', `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
    }
    answer(response, 200, 'application/json', JSON.stringify(await run(parsed.data)));
  }

  /** What people upload is shown where it is a picture, and else only saved. */
  private file(path: string, response: ServerResponse): void {
    const [, , chat, first = '', second = ''] = path.split('/').map(decodeURIComponent);
    const { world } = this.stage;
    const bytes =
      world && chat === 'slack'
        ? slackFileBytes(world.slack, first)
        : world && chat === 'discord'
          ? discordFileBytes(world.discord, first, second)
          : null;
    if (!bytes) {
      answer(response, 404, 'text/plain', 'Not found.');
      return;
    }
    const isPicture = bytes.subarray(1, 4).toString('latin1') === 'PNG';
    const type = isPicture ? 'image/png' : 'application/octet-stream';
    response.writeHead(200, { ...HEADERS, 'content-type': type, ...(isPicture ? {} : SAVED) }).end(bytes);
  }
}

const SAVED = { 'content-disposition': 'attachment' };

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
