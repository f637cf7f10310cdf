import { z } from 'zod';
import { place } from '../policy/identity.ts';
import type { Copies } from './copies.ts';
import { type Front, PlaceClosed } from './front.ts';
import type { Message } from './message/message.ts';
import type { Services } from './services.ts';

const draft = z.object({ place, message: z.custom<Message>() });

/** Posts what somebody shared, once. What lapsed before a chat took it is nobody's news any more. */
export async function tellShared(
  id: string,
  fronts: ReadonlyMap<string, Front>,
  copies: Copies,
  services: Services,
): Promise<void> {
  const found = draft.safeParse(await services.drafts.get(`share-${id}`));
  if (!found.success) return;
  const { place: to, message } = found.data;
  const front = fronts.get(to.chat);
  if (!front) return;
  try {
    await copies.upsert(front, { id: `share-${id}`, at: 'shared', revision: 1, to, message, options: { ping: [] } });
  } catch (error) {
    if (!(error instanceof PlaceClosed)) throw error;
    services.log.warn({ share: id, error: error.message }, 'an answer could not be shared');
  }
}
