import { z } from 'zod';
import { ownerOfPod } from '../../jobs/approvals.ts';
import { readFleet } from '../../jobs/names.ts';
import { isLaunching } from '../../policy/fleet.ts';
import { actorOf, bare, type PersonRef } from '../../policy/identity.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { type Block, type Message, note, orElse, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { defineCommand } from './declare.ts';
import { namedPods, podsArgument, suggestPods } from './pods.ts';

type Pod = { id: string; name: string };

export const claim = defineCommand({
  name: 'claim',
  summary: 'Say that pods are yours: warnings about them reach you',
  args: z.strictObject({ pods: podsArgument }),
  positional: ['pods'],
  access: 'launch',
  outsideRooms: false,
  examples: ['claim run7', 'claim run7,vision'],
  suggest: { pods: suggestPods },
  async run(args, asker, services) {
    const named = await namedPods(args.pods.replace(/\s*,\s*/g, ','), services);
    return claimPods(
      named.filter((pod) => !isLaunching(pod)),
      asker,
      services,
    );
  },
});

const mine = (owner: PersonRef, asker: Asker) => asker.accounts.includes(bare(owner.account));

/** Only what is nobody's can be claimed; whose a pod is decides who can deny its end. */
export async function claimPods(pods: readonly Pod[], asker: Asker, services: Services): Promise<Message> {
  const owners = await Promise.all(
    pods.map(async (pod) => ({ pod, owner: await ownerOfPod(pod, { ...services, governance: services.policy }) })),
  );
  const free = owners.filter(({ owner }) => owner === null).map(({ pod }) => pod);
  const said: Block[] = owners
    .filter(({ owner }) => owner !== null)
    .map(({ pod, owner }) =>
      text(owner && mine(owner, asker) ? `${spokenName(pod.name)} is yours already.` : taken(pod, owner)),
    );
  if (free.length === 0) return note('info', ...orElse(said, text('No pod to claim. /pod list shows what there is.')));
  const now = services.clocks.now();
  const entries = free.map(({ id, name }) => ({
    at: now,
    kind: 'pod-claimed',
    actor: actorOf(asker.who),
    subject: id,
    facts: { pod: id, name },
  }));
  const written = await services.owners.change((claims) => {
    const open = free.filter(({ id }) => !claims[id]?.by);
    if (open.length === 0) return null;
    const own = Object.fromEntries(open.map(({ id }) => [id, { by: asker.who, room: asker.room, at: now }]));
    return { ...claims, ...own };
  }, entries);
  if (!written) return note('info', 'Somebody else was quicker. /pod warnings shows what is still nobody’s.');
  await services.enqueue(readFleet, {}, { id: readFleet.name });
  const names = free.map(({ name }) => spokenName(name)).join(', ');
  return note('good', text(`${names} ${free.length === 1 ? 'is' : 'are'} yours now. Warnings reach you.`), ...said);
}

const taken = ({ name }: Pod, owner: PersonRef | null) =>
  `${spokenName(name)} is ${owner?.name ?? 'somebody'}’s: only they can give it up, by Not mine on a warning about it.`;

/** Only whose it is can say that it is not. */
export async function disownPod(pod: Pod, asker: Asker, services: Services): Promise<Message> {
  const owner = await ownerOfPod(pod, { ...services, governance: services.policy });
  if (!owner) return note('info', `${spokenName(pod.name)} is nobody’s already.`);
  if (!mine(owner, asker))
    return note('warn', `${spokenName(pod.name)} is ${owner.name}’s: only they can say that it is not.`);
  const now = services.clocks.now();
  const facts = { pod: pod.id, name: pod.name };
  await services.owners.change(
    (claims) => ({ ...claims, [pod.id]: { by: null, room: asker.room, at: now } }),
    [{ at: now, kind: 'pod-disowned', actor: actorOf(asker.who), subject: pod.id, facts }],
  );
  await services.enqueue(readFleet, {}, { id: readFleet.name });
  return note('info', `${spokenName(pod.name)} is nobody’s now. The room is asked whose it is.`);
}
