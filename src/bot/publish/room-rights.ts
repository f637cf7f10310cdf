import type { Place } from '../../policy/identity.ts';
import type { Front } from '../front.ts';
import type { Services } from '../services.ts';
import { leaveUnconfigured } from '../unconfigured.ts';
import type { ClosedPlaces } from './closed-places.ts';

/** Reads what we may do in the channels of the rooms, so that people hear of it before a card has no place. */
export class RoomRights {
  private readonly fronts: ReadonlyMap<string, Pick<Front, 'rights' | 'shownInRights'>>;
  private readonly services: Services;
  private readonly closed: ClosedPlaces;

  constructor(
    fronts: ReadonlyMap<string, Pick<Front, 'rights' | 'shownInRights'>>,
    services: Services,
    closed: ClosedPlaces,
  ) {
    this.fronts = fronts;
    this.services = services;
    this.closed = closed;
  }

  async look(): Promise<void> {
    await leaveUnconfigured(new Set(this.fronts.keys()), this.services);
    await this.closed.look();
    const channels = this.services.policy.rooms.flatMap((room) => room.channels);
    for (const { chat, channel } of channels) {
      await this.lookAt({ chat, channel }).catch((error: Error) => {
        this.services.log.warn(
          { chat, channel, error: error.message },
          'what we may do in a channel could not be read',
        );
      });
    }
  }

  private async lookAt(place: Place): Promise<void> {
    const front = this.fronts.get(place.chat);
    const rights = await front?.rights(place);
    // What cannot be read now says nothing.
    if (!front || !rights) return;
    await this.services.places.lack({ place, lacks: rights.closed ? [] : [...rights.lacks] });
    await this.closed.mayPost(place, rights.closed?.why ?? null);
    if (!rights.closed) await this.closed.tryAgain(place, front.shownInRights);
  }
}
