import { setTimeout as pause } from 'node:timers/promises';
import type { SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';

/** Slack says hello at once; without it the connection is not one. */
const HELLO_MS = 10_000;
/** After its disconnect frame Slack keeps the TCP connection open; closing twice cuts it. */
const CUT_MS = 500;
const MAX_PAUSE_MS = 30_000;

/**
 * Keeps one socket open. Bolt's own reconnecting crashes the process where `apps.connections.open` fails on a reconnect
 * (socket-mode 3.1.0), and leaves a gap of five seconds at each of Slack's refreshes; hence `autoReconnectEnabled: false`.
 */
export class Socket {
  private readonly client: SocketModeReceiver['client'];
  private readonly log: Log;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(receiver: SocketModeReceiver, log: Log) {
    this.client = receiver.client;
    this.log = log;
    this.guardFrames();
  }

  /** Resolves at the first hello. @throws where Slack does not know the app's token: trying on would not help. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.on('connected', () => resolve());
      this.loop = this.keepOpen(reject);
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.client.disconnect().catch(() => {});
    await this.loop;
  }

  private async keepOpen(giveUp: (error: Error) => void): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      try {
        await this.lifetime();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (/invalid_auth|not_authed|account_inactive|not_allowed_token_type/.test(String((error as Error).message))) {
          giveUp(error as Error);
          return;
        }
        this.log.warn({ error: (error as Error).message, failures }, 'Slack socket');
        if (!this.stopping) await pause(Math.min(MAX_PAUSE_MS, 250 * 2 ** failures));
      }
    }
  }

  private async lifetime(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.client.once('disconnected', () => resolve());
    });
    let timer: NodeJS.Timeout | undefined;
    const noHello = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no hello')), HELLO_MS);
    });
    const started = this.client.start();
    started.catch(() => {});
    try {
      await Promise.race([started, noHello]);
    } catch (error) {
      await this.client.disconnect().catch(() => {});
      throw error ?? new Error('closed before hello');
    } finally {
      clearTimeout(timer);
    }
    await gone;
  }

  /** Frames without the expected shape reject inside the client (3.1.0): they are logged here and nothing more. */
  private guardFrames(): void {
    const [original] = this.client.listeners('ws_message');
    const handle = original as ((data: unknown, binary: boolean) => unknown) | undefined;
    if (!handle) return;
    this.client.removeAllListeners('ws_message');
    this.client.on('ws_message', (data: unknown, binary: boolean) => {
      Promise.resolve(handle(data, binary)).catch((error: Error) => {
        this.log.warn({ error: error.message }, 'Slack frame');
      });
      if (typeof data === 'string' && data.includes('"type":"disconnect"')) this.cutLater();
    });
  }

  private cutLater(): void {
    const timer = setTimeout(() => {
      this.client.disconnect().catch(() => {});
    }, CUT_MS);
    this.client.once('disconnected', () => clearTimeout(timer));
  }
}
