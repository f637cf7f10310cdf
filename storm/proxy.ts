import { connect, createServer, type Server, type Socket } from 'node:net';

/** `pass`: as if it were not there. `late`: requests pass, replies come after `ms`. `away`: nobody is let through. */
export type StoreMode = { kind: 'pass' } | { kind: 'late'; ms: number } | { kind: 'away' };

/** All changes of state go through one script. */
const WRITE = /\r\neval\r\n/i;

interface Link {
  client: Socket;
  upstream: Socket;
  /** `due` on the process's own clock, ms. */
  waiting: { chunk: Buffer; due: number }[];
  timer: NodeJS.Timeout | undefined;
  /** By how much the answer to a write that passed is late, ms. */
  owes: number;
}

/** Stands between one part and its store: what was asked is carried out, and its answer comes late or never. */
export class StoreProxy {
  /** Where the store listens: a socket's path. */
  target = '';
  private readonly server: Server;
  private readonly links = new Set<Link>();
  private mode: StoreMode = { kind: 'pass' };
  private cutsNext = false;
  /** Counts down to the write whose answer is late. */
  private writes = { left: 0, ms: 0 };

  constructor() {
    this.server = createServer((client) => this.connected(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `redis://127.0.0.1:${address.port}`;
  }

  set(mode: StoreMode): void {
    this.mode = mode;
    if (mode.kind === 'away') this.cutAll();
  }

  /** The next request is carried out; instead of its answer every connection ends. */
  cutNextAnswer(): void {
    this.cutsNext = true;
  }

  /** Of the writes from now on the nth is carried out at once, and answered after `ms`. */
  delayWrite(nth: number, ms: number): void {
    this.writes = { left: nth, ms };
  }

  /** Ends every connection; answers that are on their way are lost. */
  cutAll(): void {
    this.cutsNext = false;
    for (const link of this.links) this.end(link);
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private connected(client: Socket): void {
    client.on('error', () => {});
    if (this.mode.kind === 'away') {
      client.destroy();
      return;
    }
    const upstream = connect(this.target);
    const link: Link = { client, upstream, waiting: [], timer: undefined, owes: 0 };
    this.links.add(link);
    upstream.on('error', () => this.end(link));
    upstream.on('close', () => this.end(link));
    client.on('close', () => this.end(link));
    client.on('data', (chunk) => {
      if (this.isDelayed(chunk)) link.owes = this.writes.ms;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => this.answered(link, chunk));
  }

  private isDelayed(chunk: Buffer): boolean {
    if (this.writes.left === 0 || !WRITE.test(chunk.toString('latin1'))) return false;
    this.writes.left -= 1;
    return this.writes.left === 0;
  }

  private answered(link: Link, chunk: Buffer): void {
    if (this.cutsNext) {
      this.cutAll();
      return;
    }
    const late = Math.max(link.owes, this.mode.kind === 'late' ? this.mode.ms : 0);
    link.owes = 0;
    link.waiting.push({ chunk, due: performance.now() + late });
    if (link.waiting.length === 1) this.pass(link);
  }

  /** One after another: answers keep their order, also where the mode changed in between. */
  private pass(link: Link): void {
    for (let first = link.waiting[0]; first !== undefined; first = link.waiting[0]) {
      const wait = first.due - performance.now();
      if (wait > 0) {
        link.timer = setTimeout(() => this.pass(link), Math.ceil(wait));
        return;
      }
      link.client.write(first.chunk);
      link.waiting.shift();
    }
  }

  private end(link: Link): void {
    this.links.delete(link);
    clearTimeout(link.timer);
    link.waiting = [];
    link.client.destroy();
    link.upstream.destroy();
  }
}
