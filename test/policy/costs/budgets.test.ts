import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BudgetState,
  beyondBudget,
  budgetStates,
  budgetsNow,
  type Running,
  shareOf,
} from '../../../src/policy/costs/budgets.ts';
import { findHits } from '../../../src/policy/findings/rules.ts';
import { world } from '../scan/scans.ts';

const usd = (amount: number) => amount * 1e6;
const state = (more: Partial<BudgetState> = {}): BudgetState => ({
  scope: 'team',
  window: 'day',
  budget: usd(100),
  spent: usd(50),
  ...more,
});
const one = (rate: number, more: Partial<Running> = {}): Running => ({
  person: 'alice',
  project: null,
  microUsdPerHour: usd(rate),
  ...more,
});

describe('a launch and its budgets', () => {
  it.each([
    ['within', one(10), [], state(), false],
    ['to the cent', one(50), [], state(), false],
    ['beyond by itself', one(50.01), [], state(), true],
    ['beyond with what is up', one(30), [one(21, { person: 'bob' })], state(), true],
    ['used up', one(0.1), [], state({ spent: usd(100) }), true],
    ['another person’s', one(90), [], state({ scope: 'person bob' }), false],
    ['one’s own', one(60), [], state({ scope: 'person alice' }), true],
    [
      'what others have up is not one’s own',
      one(30),
      [one(40, { person: 'bob' })],
      state({ scope: 'person alice' }),
      false,
    ],
    ['the project’s', one(60, { project: 'vision' }), [], state({ scope: 'project vision' }), true],
    ['no project’s', one(60), [], state({ scope: 'project vision' }), false],
    ['a budget of nothing', one(0.1), [], state({ budget: 0, spent: 0 }), true],
  ])('%s', (_, launch, running, budget, beyond) => {
    expect(beyondBudget(launch, running, [budget]) !== null).toBe(beyond);
  });

  it('lets no number of launches at once pass what is left for an hour', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 100 }),
        (rates, spent) => {
          const held: Running[] = [];
          for (const rate of rates) {
            if (beyondBudget(one(rate), held, [state({ spent: usd(spent) })]) === null) held.push(one(rate));
          }
          const hour = held.reduce((sum, { microUsdPerHour }) => sum + microUsdPerHour, 0);
          expect(usd(spent) + hour).toBeLessThanOrEqual(usd(100));
        },
      ),
    );
  });

  it('takes what was set in chat over the policy file, scope by scope, and none for none', () => {
    const base = new Map([
      ['team', { day: usd(1), month: null }],
      ['person bob', { day: usd(2), month: null }],
    ]);
    const now = budgetsNow(base, new Map([['person bob', { day: null, month: null }]]));
    expect([...now.keys()]).toEqual(['team']);
    const states = budgetStates(now, { today: new Map([['team', usd(2)]]), month: new Map() });
    expect(states).toEqual([{ scope: 'team', window: 'day', budget: usd(1), spent: usd(2) }]);
    expect(shareOf({ budget: 0, spent: 1 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the warning of a budget', () => {
  const hits = (spent: number) =>
    findHits(
      world([], {
        budgets: [
          { ...state({ spent: usd(spent) }), of: 'the team', owner: null, first: '2026-11-24', last: '2026-11-24' },
        ],
      }),
    ).filter(({ rule }) => rule === 'budget');

  it.each([
    [79.99, []],
    [80, [{ level: 1, severity: 'urgent', subject: 'team day 2026-11-24' }]],
    [99.99, [{ level: 1, severity: 'urgent' }]],
    [100, [{ level: 2, severity: 'urgent' }]],
    [400, [{ level: 2, severity: 'urgent' }]],
  ])('at $%d of $100', (spent, expected) => {
    expect(hits(spent)).toMatchObject(expected);
  });
});
