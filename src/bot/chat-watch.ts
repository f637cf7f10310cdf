import { pageOutByBot } from '../jobs/names.ts';
import { watchSubject } from '../jobs/watch.ts';
import { blindHit, connectionSubject } from '../policy/findings/blind.ts';
import type { Hit } from '../policy/findings/finding.ts';
import { CUT_OFF_MS, takesNoPosts } from '../policy/posting.ts';
import type { BotPulses, ChatState } from '../store/pulses.ts';
import type { Front } from './front.ts';
import type { Services } from './services.ts';
import { capital } from './views/words.ts';

/** Tells other bots how this one is connected, and raises a warning for a chat that none of them hears or can post to. */
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

  /** A bot that ends in order is connected to nothing; what it was configured for counts on for a while. */
  async leave(): Promise<void> {
    const { bot, told } = this.own();
    for (const { isOpen, ...pulse } of told)
      await this.services.pulses.save(bot, { ...pulse, isOpen: false, ...(isOpen ? { changedAt: pulse.at } : {}) });
  }

  private channelsOf(chat: string): string[] {
    const all = this.services.policy.rooms.flatMap(({ channels }) => channels);
    return all.filter((one) => one.chat === chat).map(({ channel }) => channel);
  }

  private async judge(state: ChatState, realNow: number): Promise<void> {
    const { policy } = this.services;
    const subject = connectionSubject(state.chat);
    const hits = (since: number | null) => (this.isDisowned(state.chat) ? [] : this.troubles(state, realNow, since));
    await watchSubject(subject, hits, { ...this.services, governance: policy, pages: pageOutByBot });
  }

  /** One at a time: what cannot be heard is not posted to either. `since`: of the warning that stands. */
  private troubles({ chat, shutAt, failing }: ChatState, realNow: number, since: number | null): Hit[] {
    const { policy, clocks } = this.services;
    const now = clocks.now();
    const subject = connectionSubject(chat);
    const room = policy.defaultRoom ?? policy.rooms[0]?.name ?? '';
    const from = (real: number) => since ?? now - (realNow - real);
    if (shutAt !== null && realNow - shutAt > CUT_OFF_MS)
      return [blindHit('connection', subject, from(shutAt), chat, now, room)];
    if (failing === null || !takesNoPosts(failing, realNow)) return [];
    return [blindHit('posts', subject, from(failing.since), `${capital(chat)}: ${failing.why}`, now, room)];
  }
}
