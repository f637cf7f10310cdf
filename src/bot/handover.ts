import type { FleetPod } from '../policy/fleet.ts';
import { accountsOf, bare, declaredFor, type PersonRef } from '../policy/identity.ts';
import { knownPods, ownersOf } from './commands/pods.ts';
import type { Copies } from './copies.ts';
import { type Front, PlaceClosed } from './front.ts';
import { nameFor } from './people.ts';
import type { Services } from './services.ts';
import { handoverCard } from './views/handover.ts';

/** Everything that a person owns, by any of their accounts. */
export async function podsOf(who: PersonRef, services: Services): Promise<FleetPod[]> {
  const links = await services.links.all();
  const accounts = accountsOf(who.account, { people: services.policy.people, links });
  const pods = await knownPods(services);
  const owners = await ownersOf(pods, services);
  return pods.filter(({ id }) => accounts.includes(bare(owners.get(id)?.account ?? '')));
}

/** One card for each person who left and still has pods, in the default room. Posted once, however often it is looked. */
export async function tellHandovers(
  fronts: ReadonlyMap<string, Front>,
  copies: Copies,
  services: Services,
): Promise<void> {
  const room = services.policy.rooms.find(({ name }) => name === services.policy.defaultRoom);
  for (const front of fronts.values()) {
    const members = (await services.snapshots.members(front.chat)).accounts;
    for (const [account, { name, membership }] of Object.entries(members)) {
      if (membership !== 'deactivated') continue;
      const person = declaredFor(account, services.policy.people);
      const who = { account, person: person?.key ?? null, name: nameFor(person?.key ?? null, name, services.policy) };
      const pods = await podsOf(who, services);
      if (pods.length > 0) await tell(who, pods, room?.channels ?? [], fronts, copies);
    }
  }
}

async function tell(
  who: PersonRef,
  pods: FleetPod[],
  channels: readonly { chat: string; channel: string; mirror: boolean }[],
  fronts: ReadonlyMap<string, Front>,
  copies: Copies,
): Promise<void> {
  for (const to of channels.filter(({ mirror }) => mirror)) {
    const front = fronts.get(to.chat);
    if (!front) continue;
    // A person with several accounts leaves once.
    const id = `handover-${who.person ?? bare(who.account)}`;
    const message = handoverCard(who, pods);
    const copy = { id, at: `${to.chat} ${to.channel}`, revision: 1, to, message, options: { ping: [] } };
    await copies.upsert(front, copy).catch((error: unknown) => {
      if (!(error instanceof PlaceClosed)) throw error;
    });
  }
}
