import { z } from 'zod';

/** One account of one person on one chat platform, as `<chat>:<workspace or nothing>/<user>`. */
export const accountId = z.string().regex(/^[a-z]+:\S+$/);
export type AccountId = z.infer<typeof accountId>;

/** What is kept of a person with the rows they caused: enough to mention them and to name them. */
export const personRef = z.object({
  account: accountId,
  /** The key under `people` in the policy file; null where nobody declared this account. */
  person: z.string().nullable(),
  /** As the chat platform shows it; text from outside. */
  name: z.string(),
});
export type PersonRef = z.infer<typeof personRef>;

/** `<account> (<person>)`, as the audit log names people. */
export const actorOf = (who: PersonRef): string =>
  who.person === null ? who.account : `${who.account} (${who.person})`;

/** Where something is told: a channel of one chat. */
export const place = z.object({ chat: z.string(), channel: z.string() });
export type Place = z.infer<typeof place>;

/** Two accounts that a one-time code joined: one person for refusing, and no more until an admin confirmed it. */
export const link = z.object({
  id: z.string(),
  a: personRef,
  b: personRef,
  at: z.number(),
  confirmed: personRef.nullable(),
});
export type Link = z.infer<typeof link>;

/** Somebody under `people` in the policy file; accounts as declared there, with or without the workspace. */
export interface Declared {
  key: string;
  name: string;
  accounts: readonly AccountId[];
  /** Beginnings of names of pods that are this person's. */
  podPrefixes?: readonly string[];
}

export interface Registry {
  people: readonly Declared[];
  links: readonly Link[];
}

/** Without the workspace, in which form accounts are compared: a policy file may leave it out. */
export const bare = (account: AccountId): AccountId => account.replace(/:[^/]+\//, ':');
export const chatOf = (account: AccountId): string => account.slice(0, account.indexOf(':'));

const declares = (person: Declared, account: AccountId) =>
  person.accounts.some((a) => a === account || a === bare(account));

export function declaredFor(account: AccountId, people: readonly Declared[]): Declared | null {
  return people.find((person) => declares(person, account)) ?? null;
}

/** Everything that follows from `start` over declarations and the given links, as bare accounts. */
function joined(start: AccountId, { people, links }: Registry): AccountId[] {
  const found = new Set<AccountId>();
  const open = [bare(start)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const here = next;
    for (const person of people) {
      const own = person.accounts.map(bare);
      if (own.includes(here)) open.push(...own);
    }
    for (const { a, b } of links) {
      if (bare(a.account) === here) open.push(bare(b.account));
      if (bare(b.account) === here) open.push(bare(a.account));
    }
  }
  return [...found].sort();
}

/** All accounts that count as this one's person where somebody is to be refused: declared, or linked in any way. */
export function accountsOf(account: AccountId, registry: Registry): AccountId[] {
  return joined(account, registry);
}

/**
 * Who this account is known to be: declared in the policy file, or joined to others by links that an admin confirmed.
 * A link alone makes nobody known, and two declared people whom a link joins stay who they are declared to be.
 */
export function knownAs(account: AccountId, registry: Registry): { key: string; name: string } | null {
  const own = declaredFor(account, registry.people);
  if (own) return { key: own.key, name: own.name };
  const confirmed = registry.links.filter((l) => l.confirmed !== null);
  const all = joined(account, { people: registry.people, links: confirmed });
  if (all.length === 1) return null;
  for (const other of all) {
    const person = declaredFor(other, registry.people);
    if (person) return { key: person.key, name: person.name };
  }
  const first = confirmed.find(({ a, b }) => [bare(a.account), bare(b.account)].includes(bare(account)));
  return first ? { key: `link-${first.id}`, name: first.a.name } : null;
}

export const overlap = (a: readonly AccountId[], b: readonly AccountId[]): boolean => a.some((one) => b.includes(one));
