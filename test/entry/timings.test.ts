import { expect, it } from 'vitest';
import { TIMINGS } from '../../src/entry/worker.ts';

it('a create that did not answer is looked for three minutes, longer than the create itself may take', () => {
  expect(TIMINGS.settleMs).toBe(180_000);
  expect(TIMINGS.settleMs).toBeGreaterThan(TIMINGS.createTimeoutMs);
});
