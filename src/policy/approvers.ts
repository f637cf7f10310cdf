import { type Access, type AccessPolicy, accessOf, grants, type Membership } from './access.ts';
import type { Approval } from './approval.ts';
import { personsIn } from './approval-moves.ts';
import { type AccountId, accountsOf, chatOf, knownAs, overlap, type Registry } from './identity.ts';

/** What a chat says of an account, as of the last read. */
export interface MemberFacts {
  membership: Membership;
  groups: readonly string[];
}

/** Everybody as the chats show them; null where an account was not read, or not lately. */
export type MemberOf = (account: AccountId) => MemberFacts | null;

/** Somebody who wants to decide, with everything that is known of them now. */
export interface Decider {
  account: AccountId;
  /** Who they are known to be; null for somebody unknown. */
  person: string | null;
  /** All accounts that count as this person's, without workspaces. */
  accounts: readonly AccountId[];
  membership: Membership;
  access: Access;
  /** Which of their accounts could not be read now, why, and what to do; null where all were. */
  unread: string | null;
}

export interface People {
  registry: Registry;
  access: AccessPolicy;
  memberOf: MemberOf;
}

/**
 * One account with its rights. Whoever left one chat has left: a deactivated account takes the rights of all others of
 * the same person. So does one that cannot be read: it could be deactivated.
 */
export function deciderOf(
  account: AccountId,
  { registry, access, memberOf }: People,
  unread: string | null = null,
): Decider {
  const accounts = accountsOf(account, registry);
  const own = memberOf(account);
  const left = accounts.some((other) => memberOf(other)?.membership === 'deactivated');
  const membership = left ? 'deactivated' : unread === null ? (own?.membership ?? 'unknown') : 'unknown';
  const person = knownAs(account, registry)?.key ?? null;
  const subject = { account, chat: chatOf(account), person, membership, groups: own?.groups ?? [] };
  return { account, person, accounts, membership, access: accessOf(subject, access), unread: left ? null : unread };
}

export type Refusal = 'requester' | 'unknown-across' | 'membership' | 'unread' | 'right' | 'voted';

const MEMBERSHIP: Record<Exclude<Membership, 'member'>, string> = {
  guest: 'Guests may not approve here.',
  stranger: 'People from another workspace may not approve.',
  bot: 'Bots may not approve.',
  deactivated: 'This person’s account is deactivated, so none of their accounts may approve.',
  unknown: 'your membership could not be read. Try again in a moment.',
};

/**
 * Why this person may not approve that request; null where they may. Who asked is looked at before any right: nobody
 * approves their own, whatever they hold.
 */
export function refusalOf(
  record: Pick<Approval, 'self' | 'by' | 'votes'>,
  who: Decider,
  registry: Registry,
  guests: boolean,
): { kind: Refusal; text: string } | null {
  if (overlap(who.accounts, record.self)) {
    return { kind: 'requester', text: 'You asked for this, so someone else must approve it.' };
  }
  const across = chatOf(who.account) !== chatOf(record.by.account);
  const known = who.person !== null && knownAs(record.by.account, registry) !== null;
  if (across && !known) {
    return {
      kind: 'unknown-across',
      text: 'You are not allowed to approve this: I cannot tell that you are not the requester. Across chats both of you must be declared under people, or confirmed by an admin.',
    };
  }
  const unable = approverRefusal(who, guests);
  if (unable) return unable;
  if (record.votes.some(({ accounts }) => overlap(accounts, who.accounts))) {
    return { kind: 'voted', text: 'You have approved this already; it needs another person.' };
  }
  return null;
}

/** Why this person may approve nobody's request now, whoever asked; null where they may. */
export function approverRefusal(who: Decider, guests: boolean): { kind: Refusal; text: string } | null {
  if (who.unread !== null) return { kind: 'unread', text: who.unread };
  if (who.membership !== 'member' && !(who.membership === 'guest' && guests)) {
    return { kind: 'membership', text: `You are not allowed to approve: ${MEMBERSHIP[who.membership]}` };
  }
  if (!who.access.may.has('approve')) {
    const why = who.access.why.get('approve') ?? 'no rule grants it';
    return { kind: 'right', text: `You are not allowed to approve: it needs the right "approve" (${why}).` };
  }
  return null;
}

/** Whether rules say who may approve, one by one or by groups whose members are shown: else it is all of a chat. */
export function namesAllApprovers({ rules }: AccessPolicy, showsGroup: (group: string) => boolean): boolean {
  const granting = rules.filter((rule) => grants(rule, 'approve'));
  return (
    rules.some(({ grant }) => grant.includes('approve')) && granting.every(({ groups }) => groups.every(showsGroup))
  );
}

/** Whether anybody but the requester could approve: `unknown` where not everybody is known who may. */
export function anyoneEligible(
  requester: AccountId,
  accounts: readonly AccountId[],
  people: People,
  options: { guests: boolean; knowsApprovers: boolean },
): 'yes' | 'no' | 'unknown' {
  const self = accountsOf(requester, people.registry);
  const record = { self, by: { account: requester, person: null, name: '' }, votes: [] };
  const eligible = accounts.some(
    (account) => refusalOf(record, deciderOf(account, people), people.registry, options.guests) === null,
  );
  return eligible ? 'yes' : options.knowsApprovers ? 'no' : 'unknown';
}

/**
 * Everything once more, from the record and what is known now: an approver who lost the right, turned out to be the
 * requester or left, and a requester who left, each end it. Null where it still holds.
 */
export function noLongerHolds(record: Approval, people: People, guests: boolean): string | null {
  const requester = deciderOf(record.by.account, people);
  if (requester.membership === 'deactivated') return `${record.by.name} is no longer here`;
  const self = [...new Set([...record.self, ...requester.accounts])];
  const voters = record.votes.map(({ by, accounts }) => {
    const now = deciderOf(by.account, people);
    return { ...now, by, accounts: [...new Set([...now.accounts, ...accounts])] };
  });
  if (personsIn(voters) < record.quorum) return 'two who approved turned out to be one person';
  for (const { by, ...who } of voters) {
    const refusal = refusalOf({ ...record, self, votes: [] }, who, people.registry, guests);
    if (refusal?.kind === 'requester') return `${by.name}, who approved, turned out to be the requester`;
    if (refusal) return `${by.name}, who approved, may no longer do so`;
  }
  return null;
}
