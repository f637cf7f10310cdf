import { describe, expect, it } from 'vitest';
import { type FleetPod, stateOf, statusText } from '../../../src/policy/fleet.ts';
import type { PodMemory } from '../../../src/policy/scan/memory.ts';
import { reportsOf, withReported } from '../../../src/policy/scan/reporting.ts';
import { MINUTE, NOW, off, pod, remembered } from './scans.ts';

/** States at reads one minute apart. */
function states(...reads: FleetPod[]): string[] {
  let known: PodMemory = remembered(off());
  return reads.map((read, i) => {
    const seen = withReported(read, known);
    known = { ...known, reports: reportsOf(seen, known, NOW + i * MINUTE) };
    const since = known.reports?.silentSince ?? null;
    return `${stateOf(seen)}${since === null ? '' : ` silent ${(NOW + i * MINUTE - since) / MINUTE}`}`;
  });
}

const silent = pod({ reporting: false });

describe('a pod that RunPod calls running and that has no runtime', () => {
  it('is starting until it has reported once, and from then on up and silent', () => {
    expect(states(silent, silent, pod(), silent, silent, pod(), silent)).toEqual([
      'coming',
      'coming',
      'up',
      'up silent 0',
      'up silent 1',
      'up',
      'up silent 0',
    ]);
  });

  it('is starting again in its next run', () => {
    const next = { startedAt: new Date(NOW).toISOString() };
    expect(states(pod(), off(), pod({ reporting: false, ...next }), pod(next))).toEqual([
      'up',
      'stopped',
      'coming',
      'up',
    ]);
    expect(states(pod(), pod({ reporting: false, ...next }))).toEqual(['up', 'coming']);
  });

  it('says in lists that it does not report', () => {
    expect(statusText(silent)).toBe('Starting');
    expect(statusText({ ...silent, reported: true })).toBe('Running, not reporting');
  });
});
