import { setTimeout as pause } from 'node:timers/promises';
import { tellCard } from '../jobs/tell-findings.ts';
import { channelSubject } from '../policy/findings/blind.ts';
import type { Place } from '../policy/identity.ts';
import { oneLine } from './message/visible.ts';
import type { Services } from './services.ts';

/** Somebody waits for the launch that they asked for. */
const PATIENCE_MS = 2000;
const LOOK_MS = 50;

/**
 * What a channel refused when something was posted there last, for whoever launches a pod there; null where it took it. No chat says beforehand
 * that a channel is read-only, so the warning about it is posted once more, which decides.
 */
export async function refusedLately(place: Place, services: Services): Promise<string | null> {
  const { places, findings } = services;
  const closed = await places.at(place);
  if (!closed) return null;
  const warning = (await findings.open()).find(({ subject }) => subject === channelSubject(place));
  if (!warning) return null;
  const refusedAt = await places.refusedAt(place);
  await tellCard(warning.card, services);
  if (await opens(place, refusedAt, services)) return null;
  return `This channel takes no messages from me (${oneLine(closed.why)}), so nothing was launched: its card would have no place. Ask an admin to let me post here, then try again in a minute.`;
}

/** Whether the channel took the warning; false once it refused that too, or nobody could tell in time. */
async function opens(place: Place, refusedAt: number | null, { places }: Services): Promise<boolean> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await pause(LOOK_MS)) {
    if ((await places.at(place)) === null) return true;
    if ((await places.refusedAt(place)) !== refusedAt) return false;
  }
  return false;
}
