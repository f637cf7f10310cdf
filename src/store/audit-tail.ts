import type { RedisClient } from './connect.ts';

/** The last entry of a log that was read so far: its number and its MAC. */
export interface Mark {
  n: number;
  mac: string;
}

/** What the newest entry about a request says of its record. */
export interface Stamp {
  n: number;
  rev: number;
  seal: string;
}

/** `unreadable`: the log cannot be followed back to it. `put-back`: the log is an older one than was read before. */
export type LatestStamp = Stamp | null | 'unreadable' | 'put-back';

const PAGE = 500;
/** More than a busy team logs while a request is open. Beyond it nothing is claimed to be the newest. */
const MAX_BACK = 100_000;
/** Requests that are remembered; one that fell out is refused, not believed. */
const MAX_STAMPS = 20_000;

type Chained = (before: string, json: string, mac: string) => boolean;

/**
 * Which state of a request the log saw last. Every entry is checked against the chain and read once by each process: first
 * what came since the last question, then older ones until the request turns up. What was seen once is remembered, so that
 * a log that shrinks while this process runs is not believed about the requests that it lost.
 */
export class AuditTail {
  private readonly redis: RedisClient;
  private readonly stream: string;
  private readonly head: () => Promise<Mark>;
  private readonly genesis: string;
  private readonly chained: Chained;
  private readonly stamps = new Map<string, Stamp>();
  /** Seen in a log that is not there any more. */
  private readonly lost = new Map<string, Stamp>();
  private top: Mark | null = null;
  /** The newest entry that has not been read yet, going back. */
  private bottom: Mark | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  /** Entries up to this one were there when the log turned out to be another than was read: what followed them is unknown. */
  private doubted = 0;

  constructor(
    redis: RedisClient,
    log: { stream: string; head: () => Promise<Mark>; genesis: string; chained: Chained },
  ) {
    this.redis = redis;
    this.stream = log.stream;
    this.head = log.head;
    this.genesis = log.genesis;
    this.chained = log.chained;
  }

  /** Null where no entry is about it. */
  newest(request: string): Promise<LatestStamp> {
    const mine = this.queue.then(() => this.find(request));
    this.queue = mine.catch(() => {});
    return mine;
  }

  /** Reads what came since. Whoever does so often sees a log that was put back, however much is written to it afterwards. */
  follow(): Promise<void> {
    const mine = this.queue.then(() => this.readToHead());
    this.queue = mine.catch(() => {});
    return mine;
  }

  /** No request whose newest entry is this one, or an earlier one, is believed. */
  doubt(n: number): void {
    this.doubted = Math.max(this.doubted, n);
  }

  private async readToHead(): Promise<void> {
    const head = await this.head();
    if (this.top !== null && (await this.readOn(this.top, head))) return;
    if (this.top !== null) this.doubt(head.n);
    this.startOver(head);
  }

  private async find(request: string): Promise<LatestStamp> {
    await this.readToHead();
    for (let read = 0; read <= MAX_BACK; read += PAGE) {
      const found = this.stamps.get(request);
      if (found) return this.believed(request, found);
      if (this.bottom?.n === 0) return this.lost.has(request) ? 'unreadable' : null;
      if (!this.bottom || !(await this.readBack(this.bottom))) return 'unreadable';
    }
    return 'unreadable';
  }

  private believed(request: string, found: Stamp): LatestStamp {
    if (found.n <= this.doubted) return 'put-back';
    const seen = this.lost.get(request);
    if (seen && (seen.n !== found.n || seen.seal !== found.seal)) return 'unreadable';
    this.lost.delete(request);
    return found;
  }

  /** The log is not the one that was read: it is read anew from its end. */
  private startOver(head: Mark): void {
    for (const [request, stamp] of this.stamps) if (!this.lost.has(request)) this.lost.set(request, stamp);
    this.stamps.clear();
    this.top = head;
    this.bottom = head;
  }

  private async readOn(from: Mark, head: Mark): Promise<boolean> {
    let at = from;
    while (at.n < head.n) {
      const page = await this.redis.xrange(this.stream, `${at.n + 1}-0`, `${head.n}-0`, 'COUNT', PAGE);
      if (page.length === 0) return false;
      for (const [, fields] of page) {
        const [json, mac] = [fields[1] ?? '', fields[3] ?? ''];
        if (!this.chained(at.mac, json, mac)) return false;
        at = { n: at.n + 1, mac };
        this.remember(json, at.n);
      }
    }
    if (at.n !== head.n || at.mac !== head.mac) return false;
    this.top = at;
    return true;
  }

  private async readBack(from: Mark): Promise<boolean> {
    const page = await this.redis.xrevrange(this.stream, `${from.n}-0`, `${Math.max(1, from.n - PAGE)}-0`);
    let at = from;
    for (let i = 0; i < page.length && at.n > 0; i++) {
      const [json, mac] = [page[i]?.[1][1] ?? '', page[i]?.[1][3] ?? ''];
      const before = at.n === 1 ? this.genesis : page[i + 1]?.[1][3];
      // The last one of a page is checked with the next page.
      if (before === undefined) break;
      if (mac !== at.mac || !this.chained(before, json, mac)) return false;
      this.remember(json, at.n, false);
      at = { n: at.n - 1, mac: before };
    }
    if (at.n === from.n) return false;
    this.bottom = at;
    return true;
  }

  private remember(json: string, n: number, newer = true): void {
    const { facts } = JSON.parse(json) as { facts: Record<string, unknown> };
    const { request, rev, seal } = facts;
    if (typeof request !== 'string' || typeof rev !== 'number' || typeof seal !== 'string') return;
    if (!newer && this.stamps.has(request)) return;
    this.stamps.delete(request);
    this.stamps.set(request, { n, rev, seal });
    const [oldest] = this.stamps.size > MAX_STAMPS ? this.stamps.keys() : [];
    if (oldest !== undefined) this.stamps.delete(oldest);
  }
}
