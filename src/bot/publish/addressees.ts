import { declaredFor, type PersonRef } from '../../policy/identity.ts';
import type { Services } from '../services.ts';
import type { AccountsOf } from '../views/request-words.ts';

/** A person's account and those that are declared beside it. */
export const accountsKnown =
  ({ policy }: Pick<Services, 'policy'>): AccountsOf =>
  ({ account }) => [...new Set([account, ...(declaredFor(account, policy.people)?.accounts ?? [])])];

/** People of the policy file by their keys, each by their first account. */
export function peopleNamed(keys: readonly string[], { policy }: Pick<Services, 'policy'>): PersonRef[] {
  return policy.people.flatMap(({ key, name, accounts: [account] }) =>
    keys.includes(key) && account !== undefined ? [{ account, person: key, name }] : [],
  );
}
