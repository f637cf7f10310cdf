import type { webApi } from '@slack/bolt';
import { ChatError } from '../failure.ts';
import type { PlaceRights } from '../front.ts';

const closed = (why: string, wayOut: string): PlaceRights => ({ closed: { why, wayOut }, lacks: [] });

const ABSENT = closed('I am not in it', 'Type /invite @podwarden in it.');
const UNTHREADED = { right: 'threads', instead: 'what belongs in a thread is posted in the channel' };

/**
 * What `conversations.info` tells with the scopes that we have. Who may post is not in it: `is_read_only` is of ordinary members, and
 * apps may be let in. Source: conversation object (read 2026-11), and the answers that @slack/web-api 7 is typed from.
 */
export function rightsFrom({ channel }: webApi.ConversationsInfoResponse): PlaceRights | null {
  if (!channel) return null;
  const { is_archived, is_frozen, is_im, is_member, is_non_threadable } = channel as Facts;
  if (is_archived) return closed('it is archived', 'Unarchive it, and type /invite @podwarden in it.');
  if (is_frozen)
    return closed('it is frozen', 'Its connection to another workspace has ended: choose another channel.');
  if (!is_member && !is_im) return ABSENT;
  return { closed: null, lacks: is_non_threadable ? [UNTHREADED] : [] };
}

/** What a refused post and `rightsFrom` both tell of a channel. */
export const SHOWN: readonly string[] = ['channel_not_found', 'is_archived', 'not_in_channel'];

type Facts = NonNullable<webApi.ConversationsInfoResponse['channel']> & { is_frozen?: boolean };

/** A private channel without us is "not found". Any other failure says nothing of the channel. */
export function rightsWithout(error: unknown): PlaceRights | null {
  return error instanceof ChatError && error.code === 'channel_not_found' ? ABSENT : null;
}
