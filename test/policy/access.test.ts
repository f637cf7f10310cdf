import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessPolicy,
  accessOf,
  groupsThatDecide,
  RIGHTS,
  type Rule,
  type Subject,
} from '../../src/policy/access.ts';

const home = { homeChat: 'home', rules: [] } satisfies AccessPolicy;
const someone = (more: Partial<Subject> = {}): Subject => ({
  account: 'home:T/1',
  chat: 'home',
  person: null,
  membership: 'member',
  groups: [],
  ...more,
});
const rule = (more: Partial<Rule>): Rule => ({
  name: 'role x',
  grant: [],
  deny: [],
  people: [],
  accounts: [],
  groups: [],
  ...more,
});
const rights = (who: Subject, policy: AccessPolicy) => [...accessOf(who, policy).may].sort();

const DEFAULT = ['approve', 'launch', 'money', 'request', 'start', 'stop', 'view'];

describe('rights without a rule', () => {
  it('belong to the full members of the home chat', () => {
    expect(rights(someone(), home)).toEqual(DEFAULT);
  });

  it.each(['guest', 'stranger', 'bot', 'deactivated', 'unknown'] as const)('are not those of a %s', (membership) => {
    expect(rights(someone({ membership }), home)).toEqual([]);
  });

  it('are not those of the other chat, nor of anybody where there is no home chat', () => {
    expect(rights(someone({ chat: 'other' }), home)).toEqual([]);
    expect(rights(someone(), { homeChat: null, rules: [] })).toEqual([]);
  });

  it('are not changed by being declared', () => {
    expect(rights(someone({ person: 'alice' }), home)).toEqual(DEFAULT);
    expect(rights(someone({ person: 'alice', chat: 'other' }), home)).toEqual([]);
  });
});

describe('rights with rules', () => {
  it('a right that a rule grants belongs to those whom rules name', () => {
    const policy = { homeChat: 'home', rules: [rule({ grant: ['approve'], people: ['bob'] })] };
    expect(rights(someone(), policy)).toEqual(['launch', 'money', 'request', 'start', 'stop', 'view']);
    expect(rights(someone({ person: 'bob' }), policy)).toEqual(DEFAULT);
  });

  it('reaches people in the other chat, guests, and groups', () => {
    const policy = { homeChat: 'home', rules: [rule({ grant: ['launch'], people: ['bob'], groups: ['other:ops'] })] };
    expect(rights(someone({ chat: 'other', person: 'bob' }), policy)).toEqual(['launch', 'stop', 'view']);
    expect(rights(someone({ chat: 'other', groups: ['other:ops'], membership: 'guest' }), policy)).toEqual([
      'launch',
      'stop',
      'view',
    ]);
  });

  it('an explicit deny wins over a grant, a default and what is implied', () => {
    const policy = {
      homeChat: 'home',
      rules: [
        rule({ grant: ['launch'], people: ['bob'] }),
        rule({ name: 'person bob', deny: ['launch', 'stop'], people: ['bob'] }),
      ],
    };
    const access = accessOf(someone({ person: 'bob' }), policy);
    expect(access.may.has('launch')).toBe(false);
    expect(access.may.has('stop')).toBe(false);
    expect(access.why.get('launch')).toBe('denied by person bob');
  });

  it.each(['bot', 'deactivated', 'unknown'] as const)('no rule gives a %s anything', (membership) => {
    const policy = { homeChat: 'home', rules: [rule({ grant: ['launch', 'admin'], people: ['bob'] })] };
    expect(rights(someone({ person: 'bob', membership }), policy)).toEqual([]);
  });

  it('whoever may launch or approve may stop', () => {
    const policy = { homeChat: null, rules: [rule({ grant: ['approve'], people: ['bob'] })] };
    const access = accessOf(someone({ person: 'bob' }), policy);
    expect(access.may.has('stop')).toBe(true);
    expect(access.why.get('stop')).toBe('comes with approve');
  });

  it('a rule of only some rights takes all others, and takes nothing from anybody else', () => {
    const viewer = rule({ name: 'role viewer', only: ['money'], people: ['fin'] });
    const ops = rule({ name: 'role ops', grant: ['admin', 'approve'], people: ['fin', 'bob'] });
    const policy = { homeChat: 'home', rules: [ops, viewer] };
    expect(rights(someone({ person: 'fin' }), policy)).toEqual(['money']);
    expect(rights(someone({ chat: 'other', membership: 'guest', person: 'fin' }), policy)).toEqual(['money']);
    expect(rights(someone(), policy)).toContain('money');
    expect(accessOf(someone({ person: 'fin' }), policy).why.get('launch')).toBe('left out by role viewer');
    expect(rights(someone({ membership: 'bot', person: 'fin' }), policy)).toEqual([]);
  });

  it('whoever approves or sets budgets sees money, unless that is denied', () => {
    const budgets = rule({ grant: ['budget'], people: ['bob'] });
    const denied = rule({ deny: ['money'], people: ['carol'] });
    const policy = { homeChat: null, rules: [budgets, denied] };
    expect(rights(someone({ person: 'bob' }), policy)).toEqual(['budget', 'money']);
    const both = { homeChat: 'home', rules: [budgets, denied] };
    expect(rights(someone({ person: 'carol' }), both)).not.toContain('money');
  });
});

describe('groups that decide about a right', () => {
  const GROUPS = ['home:A', 'home:B', 'home:C', 'home:D'];
  const some = fc.subarray([...RIGHTS]);
  const rules = fc.array(
    fc.record({
      grant: some,
      deny: some,
      only: fc.option(some, { nil: undefined }),
      groups: fc.subarray(GROUPS, { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 5 },
  );

  it('are all that anybody’s holding it hangs on', () => {
    const member = fc.constantFrom('member', 'guest');
    const right = fc.constantFrom(...RIGHTS);
    const two = fc.tuple(fc.subarray(GROUPS), fc.subarray(GROUPS));
    fc.assert(
      fc.property(rules, member, right, two, (made, membership, asked, [before, other]) => {
        const policy = {
          homeChat: 'home',
          rules: made.map(({ only, ...one }) => rule({ ...one, ...(only ? { only } : {}) })),
        };
        const decide = groupsThatDecide([asked], policy);
        const after = [...before.filter((group) => decide.has(group)), ...other.filter((group) => !decide.has(group))];
        const holds = (groups: string[]) => accessOf(someone({ membership, groups }), policy).may.has(asked);
        expect(holds(after)).toBe(holds(before));
      }),
      { numRuns: 500 },
    );
  });

  it('leave out those of rules about other rights', () => {
    const policy = {
      homeChat: 'home',
      rules: [
        rule({ grant: ['launch'], groups: ['home:A'] }),
        rule({ grant: ['approve'], groups: ['home:B'] }),
        rule({ deny: ['approve'], groups: ['home:C'] }),
        rule({ only: ['view'], groups: ['home:D'] }),
      ],
    };
    expect([...groupsThatDecide(['approve'], policy)]).toEqual(['home:B', 'home:C', 'home:D']);
    expect([...groupsThatDecide(['stop'], policy)]).toEqual(['home:A', 'home:B', 'home:C', 'home:D']);
    expect([...groupsThatDecide(['admin'], policy)]).toEqual(['home:D']);
  });
});
