import { type AccessPolicy, grants } from '../policy/access.ts';
import { type AccountId, bare, chatOf } from '../policy/identity.ts';
import type { Members } from '../store/shapes.ts';
import { knownPods, ownersOf } from './commands/pods.ts';
import type { Services } from './services.ts';

/** Whoever did nothing here for this long is read again when they do. */
const SEEN_MS = 7 * 86_400_000;

/** What says whom anything is judged by. */
export type Judged = Pick<
  Services,
  'approvals' | 'links' | 'ledger' | 'owners' | 'snapshots' | 'policy' | 'clocks' | 'log'
>;

/** Accounts of a chat that anything is judged by, without workspaces. */
export interface Mattering {
  /** Who asked for, decided, or owns what an open request is about: workers judge these, and see no chat. */
  deciding: ReadonlySet<AccountId>;
  /** These, and who is declared, linked, named by a rule, owns a pod, or was seen here lately. */
  all: ReadonlySet<AccountId>;
}

export async function accountsThatMatter(chat: string, kept: Members, services: Judged): Promise<Mattering> {
  const { approvals, links, policy, clocks } = services;
  const [open, linked, owners] = await Promise.all([approvals.open(), links.all(), podOwners(services)]);
  // One that was altered outside of Podwarden is void, whoever stands in it.
  const proven = open.filter(({ altered }) => !altered);
  const deciding = proven.flatMap(({ by, owner, self, votes }) => [
    by.account,
    ...self,
    ...(owner ? [owner.account] : []),
    ...votes.flatMap((vote) => [vote.by.account, ...vote.accounts]),
  ]);
  const approving = groupsThatApprove(policy.access);
  const seen = Object.values(kept.accounts).filter(
    ({ seenAt, groups }) =>
      (seenAt !== undefined && clocks.now() - seenAt < SEEN_MS) || groups.some((group) => approving.has(group)),
  );
  const all = [
    ...deciding,
    ...policy.people.flatMap(({ accounts }) => accounts),
    ...policy.access.rules.flatMap(({ accounts }) => accounts),
    ...linked.flatMap(({ a, b }) => [a.account, b.account]),
    ...owners,
    ...seen.map(({ account }) => account),
  ];
  const here = (accounts: readonly AccountId[]) => new Set(accounts.filter((a) => chatOf(a) === chat).map(bare));
  return { deciding: here(deciding), all: here(all) };
}

/** Groups whose members may approve: "nobody else may" is said of who they are. */
export const groupsThatApprove = ({ rules }: AccessPolicy): ReadonlySet<string> =>
  new Set(rules.filter((rule) => grants(rule, 'approve')).flatMap(({ groups }) => groups));

async function podOwners(services: Judged): Promise<AccountId[]> {
  const owners = await ownersOf(await knownPods(services), services);
  return [...owners.values()].map(({ account }) => account);
}
