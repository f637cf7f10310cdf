import { describe, expect, it } from 'vitest';
import { compare, type Fingerprint } from '../../src/policy/fingerprint.ts';
import { FINGERPRINT as UP } from './requests.ts';

const OFF: Fingerprint = { ...UP, standing: 'stopped', startedAt: null };
const COMING: Fingerprint = { ...UP, startedAt: null };

describe('what was approved is what runs', () => {
  it.each<[string, Fingerprint, Fingerprint]>([
    ['the same', UP, UP],
    ['stopped, whatever its start time and GPU say', OFF, { ...OFF, startedAt: 'x', gpuCount: 0, gpuId: '' }],
  ])('%s holds', (_, before, now) => {
    expect(compare(before, now).kind).toBe('same');
  });

  it('a stop holds, and is noted', () => {
    expect(compare(UP, OFF)).toEqual({ kind: 'moved', next: OFF, stopped: true });
  });

  it('a pod that only came up holds; its start time is filled in once', () => {
    expect(compare(COMING, UP)).toEqual({ kind: 'moved', next: UP, stopped: false });
    expect(compare(COMING, COMING).kind).toBe('same');
  });

  it.each<[string, Fingerprint, Partial<Fingerprint>, string]>([
    ['restarted', UP, { startedAt: '2026-11-24T11:00:00.000Z' }, 'restarted'],
    ['started again', OFF, { standing: 'up' }, 'started again'],
    ['renamed', UP, { name: 'other' }, 'renamed'],
    ['another image', UP, { imageMark: 'other' }, 'another image'],
    ['resized', UP, { containerDiskGb: 60 }, 'container disk resized'],
    ['volume grown', OFF, { volumeDisk: { sizeGb: 200, path: '/workspace' } }, 'volume disk changed'],
    ['another mount', UP, { networkVolume: { id: 'nv1', path: '/workspace' } }, 'network volume changed'],
    ['another GPU count', UP, { gpuCount: 2 }, 'another number of GPUs'],
    ['re-owned', UP, { owner: 'bob' }, 'another owner'],
    ['replaced', UP, { id: 'pod2' }, 'another pod'],
    ['in error', UP, { standing: 'other' }, 'another state'],
  ])('%s does not hold', (_, before, change, word) => {
    const result = compare(before, { ...before, ...change });
    expect(result).toMatchObject({ kind: 'changed' });
    expect(result.kind === 'changed' && result.what).toContain(word);
  });
});
