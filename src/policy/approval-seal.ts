import type { Approval, Vote } from './approval.ts';
import { compare, type Fingerprint } from './fingerprint.ts';

/**
 * What signatures of requests and votes cover, and what a record counts as whose signature does not hold. Pure: the key is
 * elsewhere.
 */
export type Problem = NonNullable<Approval['altered']>;

/** The same text for the same value, in whatever order its fields came. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Bound to its id, so that one request's record says nothing under another's. */
export const recordPayload = (id: string, json: string): string => `${id}\n${json}`;

/** A vote as it was given: for which request, pod and fingerprint, by whom, as which accounts, when. */
export function votePayload(
  request: Pick<Approval, 'id' | 'podId'>,
  { by, at }: Pick<Vote, 'by' | 'at'>,
  given: { accounts: readonly string[]; fingerprint: Fingerprint },
): string {
  return canonical({ request: request.id, pod: request.podId, by, at, ...given });
}

/**
 * Whether a vote that was given still is the one that stands here. Since then the accounts may have become more, and the
 * pod may have moved on in a way that holds.
 */
export function voteHolds(record: Approval, vote: Vote, signed: (payload: string, mac: string) => boolean): boolean {
  if (!vote.signed) return false;
  const { mac, ...given } = vote.signed;
  if (!signed(votePayload(record, vote, given), mac)) return false;
  if (given.accounts.some((account) => !vote.accounts.includes(account))) return false;
  return compare(given.fingerprint, record.fingerprint).kind !== 'changed';
}

const WHY: Record<Problem, string> = {
  unsigned:
    'it carries no signature, so an earlier version of Podwarden wrote it, or somebody altered it outside of Podwarden',
  altered: 'it was altered outside of Podwarden',
  'rolled-back': 'it was altered outside of Podwarden: an older version of it was put back',
  unlogged: 'it was altered outside of Podwarden: the audit log does not show that this is its newest version',
};

/** A record that must not be acted on, as everybody sees it. Nobody is said to have approved it. */
export function asVoid(record: Approval, problem: Problem, at = record.since): Approval {
  const end = { at, by: null, text: `${WHY[problem]}. Ask again if you still want it terminated` };
  return { ...record, status: 'void', since: at, votes: [], hold: null, remindAt: null, altered: problem, end };
}
