import { z } from 'zod';
import { personRef, place } from '../../policy/identity.ts';
import type { Message } from '../message/message.ts';
import type { Services } from '../services.ts';
import type { Publication } from './publication.ts';

const draft = z.object({ place, message: z.custom<Message>(), by: personRef.nullable().default(null) });

/** What somebody shared, once. What lapsed before a chat took it is nobody's news any more. */
export async function sharePublication(share: string, services: Pick<Services, 'drafts'>): Promise<Publication | null> {
  const id = `share-${share}`;
  const found = draft.safeParse(await services.drafts.get(id));
  if (!found.success) return null;
  const { place: to, message, by } = found.data;
  return {
    id,
    revision: 1,
    places: [{ to, parts: [{ key: 'shared', isCard: true, revision: 1, message }] }],
    elsewhere: [],
    card: message,
    isNews: by !== null,
    concerns: by ? [by] : [],
    done: async () => {},
    isCurrent: async () => true,
  };
}
