import { describe, expect, it } from 'vitest';
import { generate } from '../../storm/generate.ts';
import type { Entry } from '../../storm/plan.ts';
import { run } from '../../storm/run.ts';

const SEED = 21;

/** What a bot has acknowledged dies with it, and with its store: longer storms show that. */
const holds = (entry: Entry): boolean =>
  'part' in entry ? entry.part.startsWith('worker') : !entry.kind.endsWith('-at-ack') && entry.kind !== 'deactivate';

describe('a storm', { timeout: 240_000 }, () => {
  it('ends with every promise kept: one effect and one answer each, true cards, a second person, nothing left', async () => {
    const plan = generate(SEED);
    const report = await run({ ...plan, entries: plan.entries.filter(holds) });
    expect(report.violations, report.log.join('\n')).toEqual([]);
    const { events, made, others } = report.evidence;
    expect(events.filter(({ acknowledgedAt }) => acknowledgedAt !== null).length).toBeGreaterThan(10);
    expect(made.length).toBeGreaterThan(others.length);
  });
});
