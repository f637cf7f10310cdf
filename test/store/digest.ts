import { type Digest, factsFor } from '../../src/policy/costs/digest.ts';
import { forecast } from '../../src/policy/costs/forecast.ts';
import { NOW } from '../policy/rows.ts';

export function digest(createdAt: number): Digest {
  const window = { kind: 'daily' as const, first: '2026-11-23', last: '2026-11-23', dueAt: NOW };
  const facts = factsFor({
    window,
    now: createdAt,
    days: new Map(),
    sums: new Map(),
    memory: null,
    autoPay: null,
    month: forecast({ day: '2026-11-23', soFar: 0 }, new Map()),
    budgets: [],
    dayBudget: null,
    audit: { n: 0, mac: '' },
  });
  return { id: 'daily_2026-11-23_gpu', rev: 1, room: 'gpu', zone: 'UTC', createdAt, ...window, facts };
}
