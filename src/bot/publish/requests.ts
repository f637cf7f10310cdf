import type { Approval } from '../../policy/approval.ts';
import { deciderOf, type People, refusalOf } from '../../policy/approvers.ts';
import { chatOf, type PersonRef, type Place } from '../../policy/identity.ts';
import { everybody } from '../people.ts';
import { mirrorsOf } from '../rooms.ts';
import type { Services } from '../services.ts';
import { requestCard } from '../views/request-card.ts';
import { type AccountsOf, podsOf, requestLine, requestLines, type Whereabouts } from '../views/request-words.ts';
import { accountsKnown } from './addressees.ts';
import type { Copies } from './copies.ts';
import type { Part, Publication } from './publication.ts';
import { slotOf } from './publisher.ts';

/** More names than anybody reads in one reminder. */
const MAX_MENTIONS = 8;

/** The card of a form's requests in every chat of their room, its line in the channel, and what is added to it. */
export async function requestPublication(
  batch: string,
  services: Services,
  copies: Copies,
): Promise<Publication | null> {
  const { approvals, clocks } = services;
  const records = await approvals.inBatch(batch);
  const [head] = records;
  if (!head) return null;
  const people = await everybody(services, Number.POSITIVE_INFINITY);
  const accountsOf = accountsKnown(services);
  const revision = revisionOf(records);
  const id = `request-${batch}`;
  const card = requestCard(records, clocks.now(), accountsOf);
  const partsAt = async (to: Place) => {
    const own = records.length === 1 ? await copies.ref(head.row ?? '', slotOf(to, '')) : null;
    const where = await whereabouts(id, to, copies);
    return partsIn(own, records, card, revision, accountsOf, approversOf(records, people, to.chat, services), where);
  };
  const places = mirrorsOf(head.room, services).map(async (to) => ({ to, parts: await partsAt(to) }));
  const approvers = mayApprove(head, people, services);
  return {
    id,
    revision,
    places: await Promise.all(places),
    elsewhere: [],
    card,
    isNews: true,
    concerns: [head.by, ...(head.owner ? [head.owner] : []), ...approvers],
    done: () => approvals.told(batch, revision),
    isCurrent: async () => revisionOf(await approvals.inBatch(batch)) === revision,
  };
}

const revisionOf = (records: readonly Approval[]) => records.reduce((sum, { rev }) => sum + rev, 0);

/** Where its card stands, for the line that is posted before it. */
async function whereabouts(id: string, to: Place, copies: Copies): Promise<Whereabouts> {
  const slots = await copies.slots(id);
  const at = slotOf(to, 'card');
  if (slots.includes(at)) return (await copies.isBesideThread(id, at)) ? 'channel' : 'thread';
  if (slots.some((slot) => /^privately \S+$/.test(slot))) return 'direct';
  return slots.includes(slotOf(to, 'line')) ? 'unknown' : 'next';
}

/** In the pod's own thread with a line in the channel that leads there; without one, in a thread of that line. */
function partsIn(
  own: unknown,
  records: Approval[],
  message: Part['message'],
  revision: number,
  accountsOf: AccountsOf,
  approvers: { people: PersonRef[]; groups: string[] },
  where: Whereabouts,
): Part[] {
  const title = `Terminate ${podsOf(records)}`;
  const thread = { of: own ? { ref: own } : 'line', title };
  const card: Part = { key: 'card', isCard: true, revision, message, thread };
  const line: Part = {
    key: 'line',
    revision,
    message: (linkOf) => {
      const link = linkOf('card');
      return requestLine(records, link === null ? where : { link }, accountsOf);
    },
  };
  const lines = requestLines(records, accountsOf, approvers).map(
    (said): Part => ({
      key: said.key,
      revision: 1,
      message: said.message,
      thread,
      ping: said.ping.flatMap(accountsOf),
      groups: said.groups ?? [],
    }),
  );
  return [...(own ? [card, line] : [line, card]), ...lines];
}

/** Groups that hold the right, where a rule names some; else the people who may approve this. */
function approversOf(
  records: Approval[],
  people: People,
  chat: string,
  services: Services,
): { people: PersonRef[]; groups: string[] } {
  const rules = services.policy.access.rules.filter(({ grant }) => grant.includes('approve'));
  const groups = rules.flatMap((rule) => rule.groups.filter((group) => chatOf(group) === chat));
  const [head] = records;
  if (!head || groups.length > 0) return { people: [], groups };
  return { people: mayApprove(head, people, services), groups: [] };
}

function mayApprove(head: Approval, people: People, { policy }: Services): PersonRef[] {
  const undecided = { ...head, votes: [] };
  const may = policy.people.filter(({ accounts }) =>
    accounts.some(
      (account) => refusalOf(undecided, deciderOf(account, people), people.registry, policy.approvals.guests) === null,
    ),
  );
  return may
    .slice(0, MAX_MENTIONS)
    .flatMap(({ key, name, accounts: [account] }) => (account === undefined ? [] : [{ account, person: key, name }]));
}
