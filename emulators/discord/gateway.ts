import type { Server as HttpServer } from 'node:http';
import type { WebSocket } from 'ws';
import { listenForSockets } from '../http.ts';
import { guildJson } from './guilds.ts';
import type { Json, Server } from './state.ts';

/** Long enough that no test meets one. */
const HEARTBEAT_MS = 41_250;

interface Frame {
  op: number;
  d: unknown;
  s: number | null;
  t: string | null;
}

/** The gateway: identify, heartbeat, dispatch with sequence numbers, resume with replay. */
export class Gateway {
  private readonly server: Server;
  private readonly token: string;
  private readonly url: () => string;
  private readonly now: () => number;
  private readonly sockets = new Set<WebSocket>();
  private readonly sent: Frame[] = [];
  private session = 'emulated-session-1';

  constructor(http: HttpServer, server: Server, token: string, url: () => string, now: () => number) {
    this.server = server;
    this.token = token;
    this.url = url;
    this.now = now;
    listenForSockets(http).on('connection', (socket) => this.connected(socket));
  }

  /** Sends an event to every bot that is connected: each sees every event. Kept for a resume. */
  dispatch(t: string, d: Json): void {
    const frame: Frame = { op: 0, t, d, s: this.sent.length + 1 };
    this.sent.push(frame);
    for (const socket of this.sockets) socket.send(JSON.stringify(frame));
  }

  /** Asks the bots to reconnect, as Discord does before it moves them. */
  reconnect(): void {
    for (const socket of this.sockets) socket.send(JSON.stringify({ op: 7, d: null, s: null, t: null }));
  }

  /** Op 9: the session is over, and a resume of it is refused. */
  invalidate(): void {
    this.session = `emulated-session-${Number(this.session.split('-').at(-1)) + 1}`;
    for (const socket of this.sockets) {
      this.sockets.delete(socket);
      send(socket, { op: 9, d: false, s: null, t: null });
    }
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
  }

  end(code: number): void {
    for (const socket of this.sockets) socket.close(code);
  }

  connections(): number {
    return this.sockets.size;
  }

  close(): void {
    // 4004 is fatal: the client then does not try again.
    for (const socket of this.sockets) socket.close(4004);
  }

  private connected(socket: WebSocket): void {
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data) => this.received(socket, JSON.parse(String(data)) as { op: number; d: Json }));
    send(socket, { op: 10, d: { heartbeat_interval: HEARTBEAT_MS }, s: null, t: null });
  }

  private received(socket: WebSocket, { op, d }: { op: number; d: Json }): void {
    if (op === 1) send(socket, { op: 11, d: null, s: null, t: null });
    if (op !== 2 && op !== 6) return;
    if (d.token !== this.token) socket.close(4004);
    else if (op === 2) this.identified(socket);
    else this.resumed(socket, d);
  }

  /** Everything that the bot missed, in order; an unknown session must identify anew. */
  private resumed(socket: WebSocket, d: Json): void {
    if (d.session_id !== this.session) {
      send(socket, { op: 9, d: false, s: null, t: null });
      return;
    }
    this.sockets.add(socket);
    for (const frame of this.sent.filter((f) => (f.s ?? 0) > Number(d.seq ?? 0))) send(socket, frame);
    send(socket, { op: 0, t: 'RESUMED', d: {}, s: this.sent.length });
  }

  private identified(socket: WebSocket): void {
    const { application, bot } = this.server;
    const guilds = this.server.guilds();
    this.sockets.add(socket);
    const ready = {
      v: 10,
      session_id: this.session,
      resume_gateway_url: this.url(),
      guilds: guilds.map((id) => ({ id, unavailable: true })),
      user: { id: bot, username: 'podwarden', discriminator: '0', avatar: null, bot: true },
      application: { id: application, flags: 0 },
    };
    const at = this.sent.length;
    send(socket, { op: 0, t: 'READY', d: ready, s: at });
    for (const id of guilds)
      send(socket, { op: 0, t: 'GUILD_CREATE', d: guildJson(id, this.server, this.now()), s: at });
  }
}

const send = (socket: WebSocket, frame: Frame) => socket.send(JSON.stringify(frame));
