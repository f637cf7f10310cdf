import type { Declared, PersonRef } from './identity.ts';
import type { Row } from './ledger.ts';
import { parsePodName, shortName } from './pod-names.ts';

/** What somebody said of a pod: that it is theirs, or (null) that it is not. */
export interface Claim {
  by: PersonRef | null;
  room: string | null;
  at: number;
}

/**
 * Whose pod it is, first that says so: a claim, whoever launched it here, a prefix that the policy file gives to somebody,
 * the person whose short name begins the pod's. Null: nobody's.
 */
export function ownerOf(
  name: string,
  { claim, row, people }: { claim: Claim | undefined; row: Row | null; people: readonly Declared[] },
): PersonRef | null {
  if (claim) return claim.by;
  if (row?.spec) return row.by;
  const short = parsePodName(name)?.owner;
  const person =
    people.find(({ podPrefixes }) => podPrefixes?.some((prefix) => name.startsWith(prefix))) ??
    people.find(({ key }) => short !== undefined && shortName(key) === short) ??
    people.find(({ key }) => name.startsWith(`${shortName(key)}-`));
  const [account] = person?.accounts ?? [];
  return person && account ? { account, person: person.key, name: person.name } : null;
}
