import type { Digest } from '../../policy/costs/digest.ts';
import type { Place } from '../../policy/identity.ts';
import { drawCostChart } from '../chart/cost-chart.ts';
import type { Message } from '../message/message.ts';
import { mirrorsOf } from '../rooms.ts';
import type { Services } from '../services.ts';
import { digestCard } from '../views/costs/digest.ts';
import { peopleNamed } from './addressees.ts';
import type { Copies } from './copies.ts';
import type { Publication } from './publication.ts';
import { slotOf } from './publisher.ts';

/** Posted later than this after its hour it says so, ms. */
const LATE_MS = 30 * 60_000;

/** A digest in every chat of its room that may see money. */
export async function digestPublication(id: string, services: Services, copies: Copies): Promise<Publication | null> {
  const { digests } = services;
  const digest = await digests.get(id);
  if (!digest) return null;
  const png = draw(digest, services);
  const places = mirrorsOf(digest.room, services).filter(({ money }) => money);
  const at = async (to: Place) => {
    const message = await cardAt(to, digest, png, services, copies);
    return { to, parts: [{ key: 'card', isCard: true as const, revision: digest.rev, message }] };
  };
  return {
    id: publicationId(digest),
    revision: digest.rev,
    places: await Promise.all(places.map(at)),
    elsewhere: [],
    card: digestCard(digest, { png: null, late: false }),
    // A room without a channel that may see money has no digest.
    isNews: places.length > 0,
    concerns: peopleNamed(services.policy.watch.billing.people, services),
    done: () => digests.told(id, digest.rev),
    isCurrent: async () => true,
  };
}

const publicationId = ({ id }: Digest) => `digest-${id}`;

/** What was late when it was first posted stays so through all edits. */
async function cardAt(
  to: Place,
  digest: Digest,
  png: string | null,
  { clocks }: Services,
  copies: Copies,
): Promise<Message> {
  const id = publicationId(digest);
  const lateSlot = slotOf(to, 'late');
  const isPosted = (await copies.ref(id, slotOf(to, 'card'))) !== null;
  if (!isPosted && clocks.now() - digest.dueAt > LATE_MS) await copies.once(id, lateSlot);
  return digestCard(digest, { png, late: (await copies.ref(id, lateSlot)) !== null });
}

/** A digest is worth more than its picture. */
function draw({ id, facts }: Digest, { log }: Services): string | null {
  try {
    return drawCostChart({ days: facts.chart, budget: facts.dayBudget }).toString('base64');
  } catch (error) {
    log.error({ digest: id, error: (error as Error).message }, 'a chart could not be drawn');
    return null;
  }
}
