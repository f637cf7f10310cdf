import { describe, expect, it } from 'vitest';
import { CATALOG_OLD_MS, otherBlindness, type Surroundings } from '../../../src/policy/findings/blind.ts';
import { NOW } from '../rows.ts';

const WELL: Surroundings = {
  balanceSince: null,
  retired: false,
  sunset: null,
  redisUsed: 0.1,
  catalogAt: NOW,
  presets: [],
};
const hits = (around: Partial<Surroundings>) => otherBlindness({ ...WELL, ...around }, NOW, 'gpu');

describe('what Podwarden does not see beside its scans', () => {
  it('is nothing where all was read', () => {
    expect(hits({})).toEqual([]);
    expect(hits({ catalogAt: null })).toEqual([]);
  });

  it('is the catalog once it is an hour old', () => {
    expect(hits({ catalogAt: NOW - CATALOG_OLD_MS + 1 })).toEqual([]);
    expect(hits({ catalogAt: NOW - CATALOG_OLD_MS })).toMatchObject([
      { subject: 'catalog', severity: 'note', facts: { what: 'catalog', since: NOW - CATALOG_OLD_MS } },
    ]);
  });

  it('is every preset that cannot be launched, on one card that changes with them', () => {
    const presets = Array.from({ length: 7 }, (_, i) => ({ name: `p${i}`, problem: 'Runpod has no GPU called a1.' }));
    const [hit] = hits({ presets });
    expect(hit).toMatchObject({ subject: 'presets', severity: 'note' });
    expect(hit?.facts).toMatchObject({
      detail: expect.stringMatching(/^p0: Runpod has no GPU called a1; p1.*; 2 more$/),
    });
    expect(hits({ presets: presets.slice(1) })[0]?.mark).not.toBe(hit?.mark);
  });
});
