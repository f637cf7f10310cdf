import { pageOutByBot } from '../../jobs/names.ts';
import { watchSubject } from '../../jobs/watch.ts';
import { blindHit, channelSubject } from '../../policy/findings/blind.ts';
import type { Place } from '../../policy/identity.ts';
import type { ChatError } from '../failure.ts';
import type { Services } from '../services.ts';
import { capital } from '../views/words.ts';

/**
 * Remembers which channels take no messages, and raises a warning for each: it is shown in the other channels of its room,
 * or whoever keeps watch gets it.
 */
export class ClosedPlaces {
  private readonly services: Services;

  constructor(services: Services) {
    this.services = services;
  }

  async closed(place: Place, error: ChatError): Promise<void> {
    const { places, clocks } = this.services;
    const why = error.code === '' ? error.message : error.code;
    if (!(await places.close({ place, since: clocks.now(), why, by: 'post' }))) return;
    await this.judge(place, `${capital(place.chat)} answered ${why}`);
  }

  /** `why` is what we lack there, before anything was refused; null where nothing is lacking. */
  async mayPost(place: Place, why: string | null): Promise<void> {
    const { places, clocks } = this.services;
    const isNew =
      why === null
        ? await places.regained(place)
        : await places.close({ place, since: clocks.now(), why, by: 'rights' });
    if (isNew) await this.judge(place, why);
  }

  async opened(place: Place): Promise<void> {
    if (await this.services.places.open(place)) await this.judge(place, null);
  }

  private async judge(place: Place, detail: string | null): Promise<void> {
    const { policy, clocks, log } = this.services;
    const room = policy.rooms.find(({ channels }) =>
      channels.some(({ chat, channel }) => chat === place.chat && channel === place.channel),
    );
    // What is no room of the settings is nobody's place: a thread that was shared into, a direct message.
    if (!room) return;
    const now = clocks.now();
    const subject = channelSubject(place);
    const hits = detail === null ? [] : [blindHit('channel', subject, now, detail, now, room.name)];
    await watchSubject(subject, () => hits, { ...this.services, governance: policy, pages: pageOutByBot });
    log.warn({ place, detail }, detail === null ? 'a channel takes messages again' : 'a channel takes no messages');
  }
}
