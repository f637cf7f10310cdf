import { describe, expect, it } from 'vitest';
import type { AccessPolicy, Membership, Rule } from '../../src/policy/access.ts';
import {
  anyoneEligible,
  deciderOf,
  namesAllApprovers,
  noLongerHolds,
  type People,
  refusalOf,
} from '../../src/policy/approvers.ts';
import { type AccountId, accountsOf, knownAs, type Link } from '../../src/policy/identity.ts';
import { newApproval, voteOf } from './requests.ts';
import { NOW } from './rows.ts';

const people = [
  { key: 'alice', name: 'Alice', accounts: ['slack:T1/U1', 'discord:1'] },
  { key: 'bob', name: 'Bob', accounts: ['slack:U2', 'discord:2'] },
];
const access: AccessPolicy = {
  homeChat: 'slack',
  rules: [
    {
      name: 'role approvers',
      grant: ['approve'],
      deny: [],
      people: ['alice', 'bob'],
      accounts: [],
      groups: ['slack:S1', 'discord:9'],
    },
  ],
};
const ref = (account: AccountId) => ({ account, person: null, name: account });
const linked = (a: AccountId, b: AccountId, confirmed: AccountId | null = null): Link => ({
  id: `${a}${b}`,
  a: ref(a),
  b: ref(b),
  at: NOW,
  confirmed: confirmed === null ? null : ref(confirmed),
});

function world(
  members: Record<AccountId, Membership>,
  links: Link[] = [],
  groups: Record<AccountId, string[]> = {},
): People {
  const memberOf = (account: AccountId) => {
    const membership = members[account];
    return membership ? { membership, groups: groups[account] ?? [] } : null;
  };
  return { registry: { people, links }, access, memberOf };
}

const ALL: Record<AccountId, Membership> = {
  'slack:T1/U1': 'member',
  'slack:T1/U2': 'member',
  'slack:T1/U9': 'member',
  'discord:1': 'member',
  'discord:2': 'member',
  'discord:9': 'member',
};

function refusal(
  account: AccountId,
  at: People = world(ALL),
  request = newApproval({ self: accountsOf('slack:T1/U1', at.registry) }),
) {
  return refusalOf(request, deciderOf(account, at), at.registry, false)?.kind ?? null;
}

describe('who may approve', () => {
  it('another person with the right, in either chat', () => {
    expect(refusal('slack:T1/U2')).toBeNull();
    expect(refusal('discord:2')).toBeNull();
  });

  it('not the requester, whatever they hold, nor their declared other account', () => {
    expect(refusal('slack:T1/U1')).toBe('requester');
    expect(refusal('discord:1')).toBe('requester');
  });

  it.each<[string, AccountId, AccountId]>([
    ['linked to the requester', 'slack:T1/U9', 'slack:T1/U1'],
    ['linked to the requester’s other account', 'slack:T1/U9', 'discord:1'],
  ])('not an account %s, also without confirmation', (_, a, b) => {
    expect(refusal(a, world(ALL, [linked(a, b)], { [a]: ['slack:S1'] }))).toBe('requester');
  });

  it('not one that was joined at any time while the request was open, also after an unlink', () => {
    const request = newApproval({ self: ['discord:1', 'slack:U1', 'slack:U9'] });
    expect(refusal('slack:T1/U9', world(ALL, [], { 'slack:T1/U9': ['slack:S1'] }), request)).toBe('requester');
  });

  it('across chats nobody unknown, in either role', () => {
    const at = world(ALL, [], { 'discord:9': ['discord:9'], 'slack:T1/U9': ['slack:S1'] });
    expect(refusal('discord:9', at)).toBe('unknown-across');
    const byUnknown = newApproval({ by: ref('slack:T1/U9'), self: ['slack:U9'] });
    expect(refusal('discord:2', at, byUnknown)).toBe('unknown-across');
    // Within one chat two unknown accounts are two people.
    expect(refusal('slack:T1/U2', at, byUnknown)).toBeNull();
  });

  it('two throwaway accounts joined by a code make nobody known', () => {
    const at = world({ ...ALL, 'slack:T1/U8': 'member' }, [linked('slack:T1/U8', 'discord:9')], {
      'discord:9': ['discord:9'],
    });
    expect(knownAs('discord:9', at.registry)).toBeNull();
    expect(refusal('discord:9', at)).toBe('unknown-across');
  });

  it('a link that an admin confirmed makes known, and passes the person’s rights', () => {
    const at = world(ALL, [linked('slack:T1/U9', 'slack:T1/U2', 'slack:T1/U1')]);
    expect(deciderOf('slack:T1/U9', at).person).toBe('bob');
    expect(refusal('slack:T1/U9', at)).toBeNull();
  });

  it.each<[Membership, string]>([
    ['guest', 'membership'],
    ['stranger', 'membership'],
    ['bot', 'membership'],
    ['deactivated', 'membership'],
    ['unknown', 'membership'],
  ])('no %s', (membership, kind) => {
    expect(refusal('slack:T1/U2', world({ ...ALL, 'slack:T1/U2': membership }))).toBe(kind);
  });

  it('a guest where the settings allow it', () => {
    const at = world({ ...ALL, 'slack:T1/U2': 'guest' });
    expect(refusalOf(newApproval(), deciderOf('slack:T1/U2', at), at.registry, true)).toBeNull();
  });

  it('nobody whose other account was deactivated', () => {
    expect(refusal('discord:2', world({ ...ALL, 'slack:U2': 'deactivated' }))).toBe('membership');
  });

  it('nobody without the right', () => {
    expect(refusal('slack:T1/U9')).toBe('right');
  });

  it('nobody twice', () => {
    const bob = { account: 'slack:T1/U2', person: 'bob', name: 'Bob' };
    expect(
      refusal(
        'discord:2',
        world(ALL),
        newApproval({ votes: [{ ...voteOf(bob), accounts: accountsOf(bob.account, { people, links: [] }) }] }),
      ),
    ).toBe('voted');
  });
});

describe('an approval is judged again before it is carried out', () => {
  const bob = { account: 'slack:T1/U2', person: 'bob', name: 'Bob' };
  const approved = newApproval({ votes: [{ by: bob, at: NOW, accounts: ['discord:2', 'slack:U2'] }] });

  it('holds where nothing changed', () => {
    expect(noLongerHolds(approved, world(ALL), false)).toBeNull();
  });

  it.each<[string, People]>([
    [
      'the approver lost the right',
      {
        ...world(ALL),
        access: {
          ...access,
          rules: [{ name: 'x', grant: ['approve'], deny: [], people: ['alice'], accounts: [], groups: [] }],
        },
      },
    ],
    ['the approver left', world({ ...ALL, 'slack:T1/U2': 'deactivated' })],
    ['the approver was not read lately', world({ 'slack:T1/U1': 'member' })],
    ['the requester left', world({ ...ALL, 'slack:T1/U1': 'deactivated' })],
    ['the approver was linked to the requester', world(ALL, [linked('slack:T1/U1', 'slack:T1/U2')])],
  ])('not where %s', (_, at) => {
    expect(noLongerHolds(approved, at, false)).not.toBeNull();
  });
});

describe('whether anybody else could approve', () => {
  const options = { guests: false, knowsApprovers: true };

  it('is known before the form opens', () => {
    expect(anyoneEligible('slack:T1/U1', Object.keys(ALL), world(ALL), options)).toBe('yes');
    expect(anyoneEligible('slack:T1/U1', ['slack:T1/U1', 'slack:T1/U9'], world(ALL), options)).toBe('no');
    expect(anyoneEligible('slack:T1/U1', ['slack:T1/U9'], world(ALL), { ...options, knowsApprovers: false })).toBe(
      'unknown',
    );
  });
});

describe('whether rules name all who may approve', () => {
  const rule = (more: Partial<Rule>): Rule => ({
    name: 'r',
    grant: [],
    deny: [],
    people: [],
    accounts: [],
    groups: [],
    ...more,
  });
  const shown = (group: string) => group.startsWith('slack:');
  it.each<[boolean, string, Rule[]]>([
    [false, 'no rule does, so that a whole chat may', [rule({ grant: ['launch'], people: ['a'] })]],
    [true, 'people', [rule({ grant: ['approve'], people: ['a'] })]],
    [true, 'a group whose members are shown', [rule({ grant: ['approve'], groups: ['slack:S1'] })]],
    [false, 'a role whose members are not', [rule({ grant: ['approve'], groups: ['slack:S1', 'discord:9'] })]],
    [
      false,
      'a role that is confined to it',
      [rule({ grant: ['approve'] }), rule({ only: ['approve'], groups: ['discord:9'] })],
    ],
    [
      true,
      'a role that gives something else',
      [rule({ grant: ['approve'] }), rule({ grant: ['view'], groups: ['discord:9'] })],
    ],
  ])('is %s: %s', (expected, _, rules) => {
    expect(namesAllApprovers({ homeChat: 'slack', rules }, shown)).toBe(expected);
  });
});
