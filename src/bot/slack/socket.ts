import { setTimeout as pause } from 'node:timers/promises';
import type { SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';
import type { Pulse } from '../pulse.ts';

/** Slack says hello at once; without it the connection is not one. */
const HELLO_MS = 10_000;
/** After its disconnect frame Slack keeps the TCP connection open; closing twice cuts it. */
const CUT_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** Only people can change that Slack does not know the app's token. */
const UNKNOWN_PAUSE_MS = 60_000;
const UNKNOWN = /invalid_auth|not_authed|account_inactive|not_allowed_token_type|token_revoked|app_uninstalled/;
/** What Slack's client says before the code of a refusal. */
const CLIENTS_WORDS = /^An API error occurred: /;

/**
 * Keeps one socket open. Bolt's own reconnecting crashes the process where `apps.connections.open` fails on a reconnect
 * (socket-mode 3.1.0), and leaves a gap of five seconds at each of Slack's refreshes; hence `autoReconnectEnabled: false`.
 */
export class Socket {
  private readonly client: SocketModeReceiver['client'];
  private readonly log: Log;
  private readonly pulse: Pulse;
  /** `reason` null: Slack said hello. */
  private readonly onKnown: (reason: string | null) => void;
  private readonly unknownPauseMs: number;
  private stopping = false;
  private greeted = false;
  private readonly waking = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    receiver: SocketModeReceiver,
    log: Log,
    pulse: Pulse,
    onKnown: (reason: string | null) => void,
    unknownPauseMs = UNKNOWN_PAUSE_MS,
  ) {
    this.client = receiver.client;
    this.log = log;
    this.pulse = pulse;
    this.onKnown = onKnown;
    this.unknownPauseMs = unknownPauseMs;
    this.guardFrames();
  }

  /** Resolves at the first hello. @throws where Slack does not know the app's token: trying on would not help. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.on('connected', () => {
        this.greeted = true;
        this.pulse.connection(true);
        this.onKnown(null);
        resolve();
      });
      this.client.on('disconnected', () => this.pulse.connection(false));
      this.loop = this.keepOpen(reject);
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.waking.abort();
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
        const { message } = error as Error;
        const isUnknown = UNKNOWN.test(message);
        if (isUnknown && !this.greeted) return giveUp(error as Error);
        if (isUnknown) this.onKnown(`Slack: ${message.replace(CLIENTS_WORDS, '')}`);
        this.log.warn({ error: message, failures }, 'Slack socket');
        const pauseMs = isUnknown ? this.unknownPauseMs : Math.min(MAX_PAUSE_MS, 250 * 2 ** failures);
        await this.pauseFor(pauseMs);
      }
    }
  }

  private async pauseFor(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.waking.signal }).catch(() => {});
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
      if (typeof data === 'string' && data.includes('"envelope_id"')) this.pulse.event();
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
