import { describe, expect, it } from 'vitest';
import { judgeStore, type Loss, lossText, withMore } from '../../src/policy/store-loss.ts';
import { ALICE } from './rows.ts';

const SEEN = { id: 's1', since: 100, head: { n: 7, mac: 'm7' }, origin: 'm1' };
const FOUND = { id: 's1', since: 100, before: [], macAtHead: 'm7', origin: 'm1' };

describe('judgeStore', () => {
  it.each([
    ['one that only grew', 'same', FOUND],
    ['one whose log lacks the entry that was seen', 'rolled-back', { ...FOUND, macAtHead: null }],
    ['one whose log has another entry in that place', 'rolled-back', { ...FOUND, macAtHead: 'other' }],
    ['one without name and log', 'emptied', { id: null, since: 0, before: [], macAtHead: null, origin: null }],
    ['one of before names were given', 'unnamed', { id: null, since: 0, before: [], macAtHead: 'm7', origin: 'm1' }],
    [
      'an older one, of before names were given',
      'rolled-back',
      { id: null, since: 0, before: [], macAtHead: null, origin: 'm1' },
    ],
    ['one whose loss another process noticed', 'noticed', { ...FOUND, id: 's2', before: ['s1'], macAtHead: null }],
    [
      'a newer one that knows nothing of the one seen',
      'emptied',
      { ...FOUND, id: 's2', since: 200, macAtHead: null, origin: 'n1' },
    ],
    ['an older one, from before a loss', 'rolled-back', { ...FOUND, id: 's0', since: 50, macAtHead: null }],
  ] as const)('takes %s as %s', (_, judgment, found) => {
    expect(judgeStore(SEEN, found)).toBe(judgment);
  });

  it('takes a store without an audit log for emptied only where its name is gone', () => {
    const bare = { ...SEEN, head: { n: 0, mac: '' }, origin: null };
    expect(judgeStore(bare, { ...FOUND, macAtHead: null })).toBe('same');
    expect(judgeStore(bare, { id: null, since: 0, before: [], macAtHead: null, origin: null })).toBe('emptied');
  });
});

describe('lossText', () => {
  const loss: Loss = {
    kind: 'emptied',
    at: 1,
    entryBefore: 57,
    entryAfter: 0,
    requests: [{ id: 'r1', name: 'vision', by: ALICE }],
    launches: [{ id: 'p1', name: 'run7', by: ALICE }],
    restored: ['claims of pods'],
    told: [],
  };

  it('names what is lost, what to do about it, and what was put back', () => {
    expect(lossText(loss)).toBe(
      'Lost requests: terminate vision (Alice asked). Ask again. ' +
        'Launches, starts and stops that were under way: run7 (Alice asked). /pod list shows what became of them. ' +
        'Put back from memory: claims of pods. The audit log began anew; it had 57 entries',
    );
  });

  it('names at most eight requests, and says how many more there are', () => {
    const requests = Array.from({ length: 40 }, (_, i) => ({ id: `r${i}`, name: `pod${i}`, by: ALICE }));
    expect(lossText({ ...loss, requests })).toMatch(/pod7 \(Alice asked\), 32 more\. Ask again/);
  });

  it('says of an older state how much of the log it lacks', () => {
    const back: Loss = { ...loss, kind: 'rolled-back', entryAfter: 40, requests: [], launches: [], restored: [] };
    expect(lossText(back)).toBe('The audit log lost 17 of 57 entries');
  });

  it('takes what another process knows of it, each once', () => {
    const more = { requests: [...loss.requests, { id: 'r2', name: 'run8', by: ALICE }], launches: [] };
    expect(withMore(loss, more).requests.map(({ id }) => id)).toEqual(['r1', 'r2']);
    expect(withMore(loss, more).launches).toEqual(loss.launches);
  });
});
