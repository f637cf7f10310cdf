import type { Cards } from '../../store/cards.ts';
import { ChatUnavailable, type Front } from '../front.ts';
import type { Services } from '../services.ts';
import { ClosedPlaces } from './closed-places.ts';
import { Copies } from './copies.ts';
import { digestPublication } from './digests.ts';
import { findingPublication } from './findings.ts';
import { handoverPublications } from './handovers.ts';
import { podPublication } from './pods.ts';
import { Publisher } from './publisher.ts';
import { requestPublication } from './requests.ts';
import { sharePublication } from './shares.ts';

/** Every kind of record that the chats show, brought up to date by its id. @throws ChatUnavailable to be tried again. */
export interface Announcements {
  pod(row: string): Promise<void>;
  request(batch: string): Promise<void>;
  finding(card: string): Promise<void>;
  digest(id: string): Promise<void>;
  share(id: string): Promise<void>;
  /** Of everybody who left and still has pods. What cannot be shown now is shown when people are read the next time. */
  handovers(): Promise<void>;
}

export function announcements(fronts: ReadonlyMap<string, Front>, services: Services, cards: Cards): Announcements {
  const copies = new Copies(cards, services.newId, () => services.clocks.now(), services.log);
  const publisher = new Publisher(fronts, services, copies, new ClosedPlaces(services));
  return {
    pod: (row) => publisher.publish(() => podPublication(row, services, copies, fronts)),
    request: (batch) => publisher.publish(() => requestPublication(batch, services, copies)),
    finding: (card) => publisher.publish(() => findingPublication(card, services, copies)),
    digest: (id) => publisher.publish(() => digestPublication(id, services, copies)),
    share: (id) => publisher.publish(() => sharePublication(id, services)),
    handovers: async () => {
      for (const one of await handoverPublications(services, [...fronts.keys()])) {
        await publisher
          .publish(async () => one)
          .catch((error: unknown) => {
            // Nobody is read later, and no bot stays down, because of a card.
            if (!(error instanceof ChatUnavailable)) throw error;
            services.log.warn({ publication: one.id, error: error.message }, 'a handover cannot be shown yet');
          });
      }
    },
  };
}
