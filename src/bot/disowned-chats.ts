import { pageOutByBot } from '../jobs/names.ts';
import { watchSubject } from '../jobs/watch.ts';
import { blindHit, chatSubject } from '../policy/findings/blind.ts';
import type { Services } from './services.ts';

/** A chat that knows us no more is tried for so long; then the process ends, and whoever starts it sees why. Real ms. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Chats that stopped knowing us after they did: a token that was revoked, an app that was removed. It is said at once in the other
 * chat and to whoever is on call, and a bot that stays deaf ends.
 */
export class DisownedChats {
  private readonly services: Services;
  private readonly onFatal: (reason: string) => void;
  private readonly patienceMs: number;
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(services: Services, onFatal: (reason: string) => void, patienceMs = PATIENCE_MS) {
    this.services = services;
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
    } else {
      this.timers.set(
        chat,
        setTimeout(() => this.onFatal(reason), this.patienceMs),
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

  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private report(chat: string, reason: string | null): void {
    this.judge(chat, reason).catch((error: Error) => {
      this.services.log.error({ chat, error: error.message }, 'whether a chat knows us could not be reported');
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
