import { pageOutByBot } from '../jobs/names.ts';
import { watchSubject } from '../jobs/watch.ts';
import { blindHit, chatSubject } from '../policy/findings/blind.ts';
import { storeIsAway } from '../store/connect.ts';
import type { DisownedChat, Services } from './services.ts';

/** Where no chat has known us for so long, the process ends, and whoever starts it sees why. Real ms. */
const PATIENCE_MS = 10 * 60_000;
/** What the store did not take is reported again after this, real ms. */
const AGAIN_MS = 5000;

/**
 * Chats that do not know us: a token that was revoked, an app that was removed. It is said at once in the other chat and to
 * whoever is on call. A bot that every chat stays deaf to ends; while one hears it, it serves that one.
 */
export class DisownedChats {
  private readonly services: Services;
  private readonly chats: readonly string[];
  private readonly onFatal: (reason: string) => void;
  private readonly patienceMs: number;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly disowned = new Map<string, DisownedChat>();
  /** Why a chat does not know us whose patience is over. */
  private readonly lasting = new Map<string, string>();
  private reported = Promise.resolve();
  /** Reports that the store did not take, by chat. */
  private readonly owed = new Map<string, NodeJS.Timeout>();

  /** `chats`: all that are configured. */
  constructor(
    services: Services,
    chats: readonly string[],
    onFatal: (reason: string) => void,
    patienceMs = PATIENCE_MS,
  ) {
    this.services = services;
    this.chats = chats;
    this.onFatal = onFatal;
    this.patienceMs = patienceMs;
  }

  /** `reason` null: it knows us again. Told as often as it is seen. */
  told(chat: string, reason: string | null): void {
    const timer = this.timers.get(chat);
    if ((reason === null) === (timer === undefined)) return;
    if (reason === null) {
      clearTimeout(timer);
      this.timers.delete(chat);
      this.disowned.delete(chat);
      this.lasting.delete(chat);
    } else {
      this.disowned.set(chat, { chat, why: reason, since: this.services.clocks.now() });
      this.timers.set(
        chat,
        setTimeout(() => this.lasts(chat, reason), this.patienceMs),
      );
    }
    this.report(chat, reason);
  }

  /** The chat let this bot in: what an earlier one said of it is over, since only a changed configuration ends it. */
  started(chat: string): void {
    if (!this.isDisowned(chat)) this.report(chat, null);
  }

  isDisowned(chat: string): boolean {
    return this.timers.has(chat);
  }

  /** Those that do not know us now. */
  all(): DisownedChat[] {
    return [...this.disowned.values()];
  }

  close(): void {
    for (const timer of [...this.timers.values(), ...this.owed.values()]) clearTimeout(timer);
  }

  private lasts(chat: string, reason: string): void {
    this.lasting.set(chat, reason);
    if (this.chats.every((one) => this.lasting.has(one))) this.onFatal([...this.lasting.values()].join('; '));
  }

  private report(chat: string, reason: string | null): void {
    clearTimeout(this.owed.get(chat));
    // In the order in which it happened: the last word counts.
    this.reported = this.reported
      .then(() => this.judge(chat, reason))
      .catch((error: Error) => {
        this.services.log.error({ chat, error: error.message }, 'whether a chat knows us could not be reported');
        // A warning that only a start ends would stand for as long as this bot runs.
        if (storeIsAway(error) && (reason !== null) === this.isDisowned(chat))
          this.owed.set(chat, setTimeout(() => this.report(chat, reason), AGAIN_MS).unref());
      });
  }

  private async judge(chat: string, reason: string | null): Promise<void> {
    const { policy, clocks, log } = this.services;
    if (reason === null) log.info({ chat }, 'the chat knows us');
    else log.error({ chat, reason }, 'the chat knows us no more');
    const now = clocks.now();
    const subject = chatSubject(chat);
    const room = policy.defaultRoom ?? policy.rooms[0]?.name ?? '';
    const hits = reason === null ? [] : [blindHit('chat', subject, now, reason, now, room)];
    await watchSubject(subject, () => hits, { ...this.services, governance: policy, pages: pageOutByBot });
  }
}
