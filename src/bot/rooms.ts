import type { Policy } from '../config/settings.ts';
import type { Place } from '../policy/identity.ts';

/** The room of which this is a channel; null for none. */
export function roomAt(place: Place, policy: Policy): string | null {
  const here = policy.rooms.find((room) =>
    room.channels.some((c) => c.chat === place.chat && c.channel === place.channel),
  );
  return here?.name ?? null;
}

/** Every channel of the room that is marked as a mirror; of a room that is no more, none. */
export function mirrorsOf(room: string, { policy }: { policy: Policy }): (Place & { money: boolean })[] {
  const channels = policy.rooms.find(({ name }) => name === room)?.channels ?? [];
  return channels.filter(({ mirror }) => mirror).map(({ chat, channel, money }) => ({ chat, channel, money }));
}
