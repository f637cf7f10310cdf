import { describe, expect, it } from 'vitest';
import { generate } from '../../storm/generate.ts';
import { run } from '../../storm/run.ts';
import { processes } from '../demo/processes.ts';

const SEED = 21;

describe('a storm', { timeout: 240_000 }, () => {
  it('ends with every promise kept: one effect and one answer each, true cards, a second person, nothing left', async () => {
    const report = await run(generate(SEED), { starter: processes() });
    expect(report.violations, report.log.join('\n')).toEqual([]);
    const { events, made, others } = report.evidence;
    expect(events.filter(({ acknowledgedAt }) => acknowledgedAt !== null).length).toBeGreaterThan(10);
    expect(made.length).toBeGreaterThan(others.length);
  });
});
