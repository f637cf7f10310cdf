import { PASSING } from '../../src/policy/ledger.ts';
import type { Judge } from './evidence.ts';

/** Nothing is under way any more, the log is whole, nobody crashed and no platform's rule was broken. */
export const judgeStuck: Judge = ({ rows, requests, leftovers, crashes, brokenRules, audit }) => [
  ...rows
    .filter(({ status }) => status !== 'asking' && PASSING.includes(status))
    .map(({ name, status }) => ({ rule: 'row-stuck', what: `${name} is still ${status}` })),
  ...requests
    .filter(({ status }) => status === 'executing' || status === 'approved')
    .map(({ name, status }) => ({
      rule: 'request-stuck',
      what: `the request for ${name} is still ${status}`,
    })),
  ...leftovers.map((what) => ({ rule: 'left-over', what })),
  ...crashes.map((what) => ({ rule: 'crashed', what })),
  ...brokenRules.map((what) => ({ rule: 'platform-rule', what })),
  ...(audit.problem === null ? [] : [{ rule: 'audit-broken', what: audit.problem }]),
];
