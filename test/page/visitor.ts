import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { Mirrored } from '../../demo/page/protocol.ts';
import type { Act } from '../../demo/page/requests.ts';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A request as any program can make one: with whatever headers it likes. */
export function ask(
  address: string,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${address}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export async function doAct(address: string, act: Act): Promise<{ ok: boolean; problem?: string }> {
  const headers = { 'content-type': 'application/json' };
  const { text } = await ask(address, '/act', { method: 'POST', headers, body: JSON.stringify(act) });
  return JSON.parse(text);
}

/** A window without a browser: it keeps what the server tells it. */
export class Window {
  private readonly values = new Map<string, unknown>();
  private readonly socket: WebSocket;
  private waiting: (() => void)[] = [];

  constructor(address: string, as: string) {
    this.socket = new WebSocket(`${address.replace('http', 'ws')}/events?as=${as}`);
    this.socket.on('message', (data) => this.heard(JSON.parse(String(data))));
    // The demo may end before its windows.
    this.socket.on('error', () => {});
  }

  private heard(changes: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(changes)) this.values.set(key, value);
    for (const wake of this.waiting.splice(0)) wake();
  }

  get<K extends keyof Mirrored>(key: K): Mirrored[K] {
    return this.values.get(key) as Mirrored[K];
  }

  messages(chat: 'slack' | 'discord'): string[] {
    return [...this.values].filter(([key]) => key.startsWith(`${chat}/`)).map(([, value]) => JSON.stringify(value));
  }

  says(chat: 'slack' | 'discord', pattern: RegExp): boolean {
    return this.messages(chat).some((text) => pattern.test(text));
  }

  /** Resolves once it holds: looks at every piece of news. */
  async until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
    const deadline = Date.now() + ms;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`this did not come: ${what}`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left);
        this.waiting.push(resolve);
      });
      clearTimeout(timer);
    }
  }

  close(): void {
    this.socket.terminate();
  }
}
