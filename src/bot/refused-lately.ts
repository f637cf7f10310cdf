import { tellCard } from '../jobs/tell-findings.ts';
import { channelSubject } from '../policy/findings/blind.ts';
import type { Place } from '../policy/identity.ts';
import { oneLine } from './message/visible.ts';
import type { Services } from './services.ts';

/**
 * What a channel refused when something was posted there last, for whoever launches a pod there; null where it took it. No chat says beforehand
 * that a channel is read-only, so the warning about it is posted once more, which shows whether it still is.
 */
export async function refusedLately(place: Place, services: Services): Promise<string | null> {
  const { places, findings } = services;
  const closed = (await places.closed()).find(
    (one) => one.place.chat === place.chat && one.place.channel === place.channel,
  );
  if (!closed) return null;
  const warning = (await findings.open()).find(({ subject }) => subject === channelSubject(place));
  if (!warning) return null;
  await tellCard(warning.card, services);
  return `This channel takes no messages from me (${oneLine(closed.why)}), so nothing was launched: its card would have no place. Ask an admin to let me post here, then try again in a minute.`;
}
