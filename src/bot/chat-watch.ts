import { pageOutByBot } from '../jobs/names.ts';
import { watchSubject } from '../jobs/watch.ts';
import { blindHit, connectionSubject } from '../policy/findings/blind.ts';
import type { BotPulses, ChatState } from '../store/pulses.ts';
import type { Front } from './front.ts';
import type { Services } from './services.ts';

/** A chat that no bot is connected to for so long is cut off; shorter gaps the platforms make themselves. Real ms. */
export const CUT_OFF_MS = 5 * 60_000;

/** Tells other bots how this one is connected, and raises a warning for a chat that none of them hears any more. */
export class ChatWatch {
  private readonly fronts: ReadonlyMap<string, Pick<Front, 'pulse'>>;
  private readonly services: Services;
  private readonly bot: string;
  private readonly isDisowned: (chat: string) => boolean;

  /** `isDisowned`: of a chat that knows us no more that is said already. */
  constructor(
    fronts: ReadonlyMap<string, Pick<Front, 'pulse'>>,
    services: Services,
    isDisowned: (chat: string) => boolean,
  ) {
    this.fronts = fronts;
    this.services = services;
    this.bot = services.newId();
    this.isDisowned = isDisowned;
  }

  async look(): Promise<void> {
    const { pulses, clocks } = this.services;
    const at = clocks.realNow();
    const own = this.own();
    for (const pulse of own.told) await pulses.save(own.bot, pulse);
    for (const state of await pulses.states([...this.fronts.keys()], at, own)) await this.judge(state, at);
  }

  /** How this bot is connected now. */
  own(): BotPulses {
    const at = this.services.clocks.realNow();
    const told = [...this.fronts].map(([chat, { pulse }]) => ({
      chat,
      ...pulse.read(),
      channels: this.channelsOf(chat),
      at,
    }));
    return { bot: this.bot, told };
  }

  private channelsOf(chat: string): string[] {
    const all = this.services.policy.rooms.flatMap(({ channels }) => channels);
    return all.filter((one) => one.chat === chat).map(({ channel }) => channel);
  }

  private async judge({ chat, shutAt }: ChatState, realNow: number): Promise<void> {
    const { policy, clocks } = this.services;
    const now = clocks.now();
    const subject = connectionSubject(chat);
    const room = policy.defaultRoom ?? policy.rooms[0]?.name ?? '';
    const gap = shutAt === null || this.isDisowned(chat) ? 0 : realNow - shutAt;
    const hits = (since: number | null) =>
      gap > CUT_OFF_MS ? [blindHit('connection', subject, since ?? now - gap, chat, now, room)] : [];
    await watchSubject(subject, hits, { ...this.services, governance: policy, pages: pageOutByBot });
  }
}
