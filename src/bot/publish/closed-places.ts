import { pageOutByBot } from '../../jobs/names.ts';
import { tellCard } from '../../jobs/tell-findings.ts';
import { watchSubject } from '../../jobs/watch.ts';
import { blindHit, channelSubject } from '../../policy/findings/blind.ts';
import type { Hit } from '../../policy/findings/finding.ts';
import type { Place } from '../../policy/identity.ts';
import type { ClosedPlace } from '../../store/places.ts';
import type { ChatError } from '../failure.ts';
import { mirrorsOf } from '../rooms.ts';
import type { Services } from '../services.ts';
import { capital } from '../views/words.ts';

/** Between two tries where we cannot see why a post was refused. */
const AGAIN_MS = 60 * 60_000;

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
    await this.judge(place, answered(place, why));
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

  /**
   * Where nothing is lacking and a post was refused, only a post can tell: the warning about the channel is posted there once
   * more. `shown`: refusals whose reason we would see as lacking while it lasts, so that it has most likely passed.
   */
  async tryAgain(place: Place, shown: readonly string[]): Promise<void> {
    const { places, findings, clocks } = this.services;
    const closed = await places.at(place);
    if (!closed) return;
    const refusedAt = (await places.refusedAt(place)) ?? closed.since;
    if (!shown.includes(closed.why) && clocks.now() - refusedAt < AGAIN_MS) return;
    const warning = (await findings.open()).find(({ subject }) => subject === channelSubject(place));
    const isShownThere = mirrorsOf(warning?.room ?? '', this.services).some((one) => isSame(one, place));
    // Where no warning is shown, the next that belongs there tells.
    if (warning && isShownThere) await tellCard(warning.card, this.services);
    else await this.opened(place);
  }

  async opened(place: Place): Promise<void> {
    if (await this.services.places.open(place)) await this.judge(place, null);
  }

  /** Of those that are closed still. To be called now and then. */
  async look(): Promise<void> {
    for (const closed of await this.services.places.closed()) {
      const room = this.roomOf(closed.place);
      if (room) await this.remind(closed, room.name);
    }
  }

  /** Time alone does something to a warning: it is said again. */
  private async remind({ place, why, by }: ClosedPlace, room: string): Promise<void> {
    const now = this.services.clocks.now();
    const detail = by === 'post' ? answered(place, why) : why;
    const hit = (since: number) => blindHit('channel', channelSubject(place), since, detail, now, room);
    // One that is over by now is not raised anew.
    await this.warn(place, (since) => (since === null ? [] : [hit(since)]));
  }

  private async judge(place: Place, detail: string | null): Promise<void> {
    const { clocks, log } = this.services;
    const room = this.roomOf(place);
    // What is no room of the settings is nobody's place: a thread that was shared into, a direct message.
    if (!room) return;
    const now = clocks.now();
    const subject = channelSubject(place);
    const hits = detail === null ? [] : [blindHit('channel', subject, now, detail, now, room.name)];
    await this.warn(place, () => hits);
    log.warn({ place, detail }, detail === null ? 'a channel takes messages again' : 'a channel takes no messages');
  }

  private async warn(place: Place, hits: (since: number | null) => Hit[]): Promise<void> {
    const context = { ...this.services, governance: this.services.policy, pages: pageOutByBot };
    await watchSubject(channelSubject(place), hits, context);
  }

  private roomOf({ chat, channel }: Place) {
    return this.services.policy.rooms.find(({ channels }) => channels.some((one) => isSame(one, { chat, channel })));
  }
}

const isSame = (a: Place, b: Place): boolean => a.chat === b.chat && a.channel === b.channel;

const answered = ({ chat }: Place, why: string): string => `${capital(chat)} answered ${why}`;
