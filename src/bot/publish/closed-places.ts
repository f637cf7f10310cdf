import { pageOutByBot } from '../../jobs/names.ts';
import { watchSubject } from '../../jobs/watch.ts';
import { blindHit, channelSubject } from '../../policy/findings/blind.ts';
import type { Hit } from '../../policy/findings/finding.ts';
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

  /** Forgets those that are a room's no more: whoever corrects podwarden.yaml has done what the warning asked for. */
  async leave(): Promise<void> {
    const { places } = this.services;
    for (const { place } of await places.closed()) {
      if (this.roomOf(place)) continue;
      await this.warn(place, []);
      await places.open(place);
    }
  }

  private async judge(place: Place, detail: string | null): Promise<void> {
    const { clocks, log } = this.services;
    const room = this.roomOf(place);
    // What is no room of the settings is nobody's place: a thread that was shared into, a direct message.
    if (!room) return;
    const now = clocks.now();
    const subject = channelSubject(place);
    await this.warn(place, detail === null ? [] : [blindHit('channel', subject, now, detail, now, room.name)]);
    log.warn({ place, detail }, detail === null ? 'a channel takes messages again' : 'a channel takes no messages');
  }

  private async warn(place: Place, hits: Hit[]): Promise<void> {
    const context = { ...this.services, governance: this.services.policy, pages: pageOutByBot };
    await watchSubject(channelSubject(place), () => hits, context);
  }

  private roomOf({ chat, channel }: Place) {
    return this.services.policy.rooms.find(({ channels }) =>
      channels.some((one) => one.chat === chat && one.channel === channel),
    );
  }
}
