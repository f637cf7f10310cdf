import type { FleetPod } from '../../policy/fleet.ts';
import { bare, declaredFor, type PersonRef } from '../../policy/identity.ts';
import { podsOwnedBy } from '../commands/pods.ts';
import { nameFor } from '../people.ts';
import { mirrorsOf } from '../rooms.ts';
import type { Services } from '../services.ts';
import { handoverCard } from '../views/handover.ts';
import type { Publication } from './publication.ts';

/** One card for each person who left and still has pods, in the default room: it is not told again. */
export async function handoverPublications(services: Services, chats: readonly string[]): Promise<Publication[]> {
  const publications: Publication[] = [];
  for (const chat of chats) {
    const members = (await services.snapshots.members(chat)).accounts;
    for (const [account, { name, membership }] of Object.entries(members)) {
      if (membership !== 'deactivated') continue;
      const person = declaredFor(account, services.policy.people);
      const who = { account, person: person?.key ?? null, name: nameFor(person?.key ?? null, name, services.policy) };
      const pods = await podsOwnedBy(who, services);
      if (pods.length > 0) publications.push(handover(who, pods, services));
    }
  }
  return publications;
}

function handover(who: PersonRef, pods: FleetPod[], services: Services): Publication {
  const card = handoverCard(who, pods);
  const parts = [{ key: '', isCard: true as const, revision: 1, message: card }];
  return {
    // A person with several accounts leaves once.
    id: `handover-${who.person ?? bare(who.account)}`,
    revision: 1,
    places: mirrorsOf(services.policy.defaultRoom ?? '', services).map((to) => ({ to, parts })),
    elsewhere: [],
    card,
    isNews: true,
    concerns: [],
    done: async () => {},
    isCurrent: async () => true,
  };
}
