import { defineJob } from './define.ts';
import {
  announceDigest as announceDigestName,
  announceFinding as announceFindingName,
  announce as announceName,
  announceRequest as announceRequestName,
  answer as answerName,
  refreshPeople as refreshPeopleName,
  shareMessage as shareMessageName,
} from './names.ts';

/** What chat jobs are given: the bot's ways of telling people. */
export interface ChatContext {
  /** Brings the cards of a row up to date. */
  tellRow(id: string): Promise<void>;
  /** Brings the cards of a form's requests up to date. */
  tellRequest(batch: string): Promise<void>;
  /** Brings the copies of a finding's card up to date. */
  tellFinding(card: string): Promise<void>;
  /** Brings the copies of a digest up to date. */
  tellDigest(id: string): Promise<void>;
  /** Posts what somebody shared. */
  tellShared(share: string): Promise<void>;
  /** Gives a person what was read for them. */
  giveAnswer(id: string): Promise<void>;
  /** Reads membership, roles and groups of every chat, and notes when. */
  readPeople(): Promise<void>;
}

export const announce = defineJob({
  ...announceName,
  timeoutMs: 60_000,
  handle: ({ row }, context: ChatContext) => context.tellRow(row),
});

export const announceRequest = defineJob({
  ...announceRequestName,
  timeoutMs: 60_000,
  handle: ({ batch }, context: ChatContext) => context.tellRequest(batch),
});

export const announceFinding = defineJob({
  ...announceFindingName,
  timeoutMs: 60_000,
  handle: ({ card }, context: ChatContext) => context.tellFinding(card),
});

export const announceDigest = defineJob({
  ...announceDigestName,
  timeoutMs: 60_000,
  handle: ({ digest }, context: ChatContext) => context.tellDigest(digest),
});

export const shareMessage = defineJob({
  ...shareMessageName,
  timeoutMs: 60_000,
  handle: ({ share }, context: ChatContext) => context.tellShared(share),
});

export const answer = defineJob({
  ...answerName,
  timeoutMs: 30_000,
  handle: ({ reply }, context: ChatContext) => context.giveAnswer(reply),
});

export const refreshPeople = defineJob({
  ...refreshPeopleName,
  timeoutMs: 2 * 60_000,
  handle: (_, context: ChatContext) => context.readPeople(),
});
