import { describe, expect, it } from 'vitest';
import { metered } from '../../src/policy/costs/meter.ts';
import { isBilling, statusText } from '../../src/policy/fleet.ts';
import { burnOf } from '../../src/policy/scan/burn.ts';
import { blank, lookOf } from '../../src/policy/scan/memory.ts';
import { rateNow } from '../../src/policy/storage.ts';
import { DAY, HOUR, NOW, pod, remembered } from './scan/scans.ts';

const HIBERNATING = pod({ status: 'HIBERNATING', reporting: false, gpuUtil: [] });

describe('a status that RunPod did not have before', () => {
  it('is shown in RunPod’s own word', () => {
    expect(statusText(HIBERNATING)).toBe('HIBERNATING');
    expect(statusText(pod({ status: 'A\n`much`   longer story than fits in a cell' }))).toBe(
      'A `much` longer story than fit',
    );
    expect(statusText(pod({ status: ' ' }))).toBe('Unknown');
    expect(statusText(pod({ status: 'constructor' }))).toBe('constructor');
  });

  it('bills at its cost, everywhere that money is added up', () => {
    expect(isBilling(HIBERNATING)).toBe(true);
    expect(rateNow(HIBERNATING)).toBe(490_000);
    expect(burnOf([HIBERNATING], [], 0).compute).toBe(490_000);
    expect(lookOf(HIBERNATING).rate).toBe(490_000);
    const before = { ...blank(NOW), lastAt: NOW, pods: { pod1: remembered(HIBERNATING) } };
    const [[, hour] = []] = metered(before, { ...before, lastAt: NOW + HOUR / 2 });
    expect(hour?.parts).toMatchObject([{ id: 'pod1', amounts: { gpu: 245_000 } }]);
  });

  it('bills its volume disk alone where it costs nothing', () => {
    const free = pod({ status: 'HIBERNATING', microUsdPerHour: 0 });
    expect(isBilling(free)).toBe(false);
    expect(rateNow(free)).toBe(rateNow(pod({ status: 'EXITED' })));
    expect(burnOf([free], [], 0)).toMatchObject({ compute: 0, runningDisks: 0 });
  });
});

describe('what a pod costs', () => {
  it.each<[string, number, boolean]>([
    ['RUNNING', 490_000, true],
    ['STARTING', 490_000, true],
    ['PROVISIONING', 0, true],
    ['ERROR', 490_000, true],
    ['ERROR', 0, false],
    // RunPod may leave the old rate in a stopped pod.
    ['EXITED', 490_000, false],
    ['TERMINATED', 490_000, false],
    // A launch that has no pod yet.
    ['QUEUED', 490_000, false],
  ])('in %s at %i is billed: %s', (status, microUsdPerHour, is) => {
    expect(isBilling(pod({ status, microUsdPerHour, createdAt: new Date(NOW - DAY).toISOString() }))).toBe(is);
  });
});
