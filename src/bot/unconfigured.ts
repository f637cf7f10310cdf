import { pageOutByBot } from '../jobs/names.ts';
import { endWatch } from '../jobs/watch.ts';
import { chatIn } from '../policy/findings/blind.ts';
import { roomAt } from './rooms.ts';
import type { Services } from './services.ts';
import { capital } from './views/words.ts';

/**
 * What a bot was configured for counts for this long after it told of itself, real ms: longer than a rolling update, and than
 * a bot that ended over a chat stays away until it is started again.
 */
export const STILL_NAMED_MS = 10 * 60_000;

/** A chat, or one channel of it. */
interface About {
  chat: string;
  channel: string | null;
}

/**
 * Ends what was warned of chats and channels that are configured no more: whoever could have seen that they work again looks
 * at them no longer. `chats`: those that this bot is configured for.
 *
 * Two bots with different settings, as in a rolling update, do not undo each other's work: nothing is ended while any bot
 * that is configured for it tells of itself, and once none does nobody is left to raise it. A bot that comes back later than
 * that raises it once more.
 */
export async function leaveUnconfigured(chats: ReadonlySet<string>, services: Services): Promise<void> {
  const { findings, places, pulses, policy, clocks } = services;
  const [open, closed, lacking, bots] = await Promise.all([
    findings.open(),
    places.closed(),
    places.lacking(),
    pulses.since(clocks.realNow() - STILL_NAMED_MS),
  ]);
  const isNamedHere = ({ chat, channel }: About) =>
    chats.has(chat) && (channel === null || roomAt({ chat, channel }, policy) !== null);
  // A bot of an earlier release does not say which channels it has: it may have any.
  const isNamedBy = ({ chat, channel }: About, bot: (typeof bots)[number]) =>
    bot.chat === chat && (channel === null || bot.channels === undefined || bot.channels.includes(channel));
  const isLeft = (about: About) => !isNamedHere(about) && !bots.some((bot) => isNamedBy(about, bot));
  for (const { rule, subject } of open) {
    const about = rule === 'blind' ? chatIn(subject) : null;
    if (about === null || !isLeft(about)) continue;
    const why =
      about.channel === null || !chats.has(about.chat)
        ? `${capital(about.chat)} is no longer configured: no running bot has its token.`
        : 'podwarden.yaml no longer names that channel.';
    await endWatch(subject, why, { ...services, governance: policy, pages: pageOutByBot });
  }
  for (const { place } of closed) if (isLeft(place)) await places.open(place);
  for (const { place } of lacking) if (isLeft(place)) await places.lack({ place, lacks: [] });
}
