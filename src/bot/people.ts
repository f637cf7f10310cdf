import type { Policy } from '../config/settings.ts';
import type { Clocks } from '../jobs/ports.ts';
import { type Access, accessOf, type Membership } from '../policy/access.ts';
import type { AccountId } from '../policy/identity.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { Front, Member } from './front.ts';

/** A kept membership is good for this long on Podwarden's clock; after that it is read anew. */
const FRESH_MS = 15 * 60_000;

/** Who an account belongs to: by the account as declared, with or without its workspace. */
export function personOf(
  account: AccountId,
  policy: Policy,
): { key: string; name: string; accounts: readonly string[] } | null {
  const bare = account.replace(/:[^/]+\//, ':');
  return policy.people.find((person) => person.accounts.some((a) => a === account || a === bare)) ?? null;
}

export interface Standing {
  person: string | null;
  membership: Membership;
  access: Access;
}

/** Rights from what is kept, read anew where that is missing or old. Fails closed: unknown holds nothing. */
export async function standingOf(
  account: AccountId,
  front: Front,
  snapshots: Snapshots,
  policy: Policy,
  clocks: Clocks,
): Promise<Standing> {
  const kept = await snapshots.members(front.chat);
  const fresh = kept !== null && clocks.now() - kept.readAt < FRESH_MS;
  let member: Member | null = (fresh ? kept.accounts[account] : undefined) ?? null;
  if (!member) member = await front.member(account).catch(() => null);
  const person = personOf(account, policy);
  const subject = {
    account,
    chat: front.chat,
    person: person?.key ?? null,
    membership: member?.membership ?? ('unknown' as const),
    groups: member?.groups ?? [],
  };
  return { person: subject.person, membership: subject.membership, access: accessOf(subject, policy.access) };
}

/** Reads membership and groups of everybody who matters in one chat, and keeps them. */
export async function refreshPeople(front: Front, snapshots: Snapshots, policy: Policy, clocks: Clocks): Promise<void> {
  const kept = await snapshots.members(front.chat);
  const declared = policy.people.flatMap((person) => person.accounts.filter((a) => a.startsWith(`${front.chat}:`)));
  const known = new Set([...declared, ...Object.keys(kept?.accounts ?? {})]);
  const members = await front.members([...known]);
  await snapshots.saveMembers(front.chat, { readAt: clocks.now(), accounts: Object.fromEntries(members) });
}
