import { describe, expect, it } from 'vitest';
import { type Surroundings, whyOverdue } from '../../src/policy/overdue.ts';

const MINUTE = 60_000;
const FINE: Surroundings = { worker: 'responding', clocks: [], unread: [], failing: null, waiting: 0 };
const wrong = { host: 'gpu-box', ahead: 12 * MINUTE };

describe('why an approval is not carried out', () => {
  it.each<[string, Partial<Surroundings>, RegExp]>([
    ['no worker was ever seen', { worker: 'never-seen' }, /no Podwarden worker has ever run.*Start one/],
    ['the worker is silent', { worker: 'silent' }, /worker is not responding. Start it again/],
    ['its clock is wrong', { clocks: [wrong] }, /gpu-box is 12 minutes fast, so it refuses to act. Set .*NTP/],
    ['an approver was not read', { unread: ['one', 'other'] }, /account on one and other lately.*cannot check/],
    ['RunPod fails', { failing: 'HTTP 503' }, /RunPod does not answer \(HTTP 503\)/],
    ['many jobs wait', { waiting: 40 }, /40 jobs wait for the worker/],
    ['nothing is known', {}, /has not begun it, and does not say why. Read its log/],
  ])('%s', (_, more, said) => {
    expect(whyOverdue({ ...FINE, ...more })).toMatch(said);
  });

  it('names what holds it up whatever else is the matter', () => {
    const all: Surroundings = { worker: 'silent', clocks: [wrong], unread: ['one'], failing: 'x', waiting: 99 };
    expect(whyOverdue(all)).toMatch(/not responding/);
    expect(whyOverdue({ ...all, worker: 'responding' })).toMatch(/12 minutes fast/);
    expect(whyOverdue({ ...all, worker: 'responding', clocks: [] })).toMatch(/cannot check their rights/);
  });

  it('does not blame a clock that is only a little off', () => {
    expect(whyOverdue({ ...FINE, clocks: [{ host: 'gpu-box', ahead: 4 * MINUTE }] })).not.toMatch(/clock/);
  });
});
