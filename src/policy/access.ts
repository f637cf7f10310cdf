import type { AccountId } from './identity.ts';

/**
 * `view` reads the fleet and the catalogue; `request` and `approve` belong to terminating; `money` reads costs, `budget`
 * sets budgets; `admin` belongs to people.
 */
export const RIGHTS = ['view', 'launch', 'start', 'stop', 'request', 'approve', 'money', 'budget', 'admin'] as const;
export type Right = (typeof RIGHTS)[number];

/** A right granted or denied to named people, accounts or chat groups. One per role or person in the policy file. */
export interface Rule {
  /** As the policy file calls it: `role ops`, `person bob`. Shown to people. */
  name: string;
  grant: readonly Right[];
  deny: readonly Right[];
  /** Whoever this applies to holds these and nothing else; to all others they stay as they are. */
  only?: readonly Right[];
  people: readonly string[];
  accounts: readonly AccountId[];
  /** Groups or roles of a chat, as `<chat>:<id>`. */
  groups: readonly string[];
}

export interface AccessPolicy {
  /** The chat whose full members may act where no rule says otherwise; null for none. */
  homeChat: string | null;
  rules: readonly Rule[];
}

/** What the chat platform says of an account. Unknown is its own value: it grants nothing. */
export type Membership = 'member' | 'guest' | 'stranger' | 'bot' | 'deactivated' | 'unknown';

export interface Subject {
  account: AccountId;
  chat: string;
  person: string | null;
  membership: Membership;
  groups: readonly string[];
}

export interface Access {
  may: ReadonlySet<Right>;
  /** For each right, the rule or default that gave or took it. */
  why: ReadonlyMap<Right, string>;
}

/** Without a rule for a right: full members of the home chat hold these. Source: the rights section of docs/operating.md. */
const DEFAULT_RIGHTS: readonly Right[] = ['view', 'launch', 'start', 'stop', 'request', 'approve', 'money'];
/**
 * Rights that come with others. Whoever may launch or approve may stop: stopping is how an emergency ends, and it deletes no
 * volume.
 */
const COMES_WITH = {
  stop: ['launch', 'approve'],
  view: ['launch', 'start', 'stop', 'request', 'approve', 'admin'],
  money: ['approve', 'budget', 'admin'],
} as const satisfies Partial<Record<Right, readonly Right[]>>;

/** Whether a rule gives this right to whomever it applies to. */
export const grants = ({ grant, only }: Rule, right: Right): boolean =>
  grant.includes(right) || (only?.includes(right) ?? false);

/** Groups that give or take any of these rights: who is in any other group changes nothing about them. */
export function groupsThatDecide(rights: readonly Right[], { rules }: AccessPolicy): ReadonlySet<string> {
  const sources: Partial<Record<Right, readonly Right[]>> = COMES_WITH;
  const named = rights.flatMap((right) => [right, ...(sources[right] ?? [])]);
  // Whom a rule confines it takes all other rights.
  const decides = ({ grant, deny, only }: Rule) =>
    only !== undefined || named.some((right) => grant.includes(right) || deny.includes(right));
  return new Set(rules.filter(decides).flatMap(({ groups }) => groups));
}

function applies(rule: Rule, who: Subject): boolean {
  return (
    (who.person !== null && rule.people.includes(who.person)) ||
    rule.accounts.includes(who.account) ||
    who.groups.some((group) => rule.groups.includes(group))
  );
}

/** Neither bots nor deactivated accounts hold a right, whatever a rule says; an unread membership fails closed. */
const NEVER: Partial<Record<Membership, string>> = {
  bot: 'bots hold no rights',
  deactivated: 'this account is deactivated',
  unknown: 'your membership could not be read yet',
};

/**
 * Rights of one account. An explicit deny wins. Where any rule grants a right, only rules give it; where none does, it
 * belongs to the full members of the home chat.
 */
export function accessOf(who: Subject, policy: AccessPolicy): Access {
  const may = new Set<Right>();
  const why = new Map<Right, string>();
  const never = NEVER[who.membership];
  for (const right of RIGHTS) {
    const reason = never ? { holds: false, text: never } : judge(right, who, policy);
    if (reason.holds) may.add(right);
    why.set(right, reason.text);
  }
  if (policy.rules.some((rule) => rule.only && applies(rule, who))) return { may, why };
  imply('stop', COMES_WITH.stop, who, policy, may, why);
  imply('view', COMES_WITH.view, who, policy, may, why);
  imply('money', COMES_WITH.money, who, policy, may, why);
  return { may, why };
}

function judge(right: Right, who: Subject, policy: AccessPolicy): { holds: boolean; text: string } {
  const mine = policy.rules.filter((rule) => applies(rule, who));
  const denied = mine.find((rule) => rule.deny.includes(right));
  if (denied) return { holds: false, text: `denied by ${denied.name}` };
  const confined = mine.find((rule) => rule.only);
  if (confined?.only) {
    const holds = confined.only.includes(right);
    return { holds, text: `${holds ? 'granted' : 'left out'} by ${confined.name}` };
  }
  const granted = mine.find((rule) => rule.grant.includes(right));
  if (granted) return { holds: true, text: `granted by ${granted.name}` };
  if (policy.rules.some((rule) => rule.grant.includes(right)))
    return { holds: false, text: 'granted to others by name' };
  if (!DEFAULT_RIGHTS.includes(right)) return { holds: false, text: 'nobody holds it without a rule' };
  if (who.membership !== 'member') return { holds: false, text: `you are a ${who.membership} here` };
  if (who.chat !== policy.homeChat) return { holds: false, text: 'this is not the home chat, so a rule must name you' };
  return { holds: true, text: 'full member of the home chat' };
}

function imply(
  right: Right,
  by: readonly Right[],
  who: Subject,
  policy: AccessPolicy,
  may: Set<Right>,
  why: Map<Right, string>,
): void {
  const source = by.find((other) => may.has(other));
  const denied = policy.rules.some((rule) => applies(rule, who) && rule.deny.includes(right));
  if (may.has(right) || denied || source === undefined) return;
  may.add(right);
  why.set(right, `comes with ${source}`);
}
