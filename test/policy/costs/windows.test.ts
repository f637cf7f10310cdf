import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/policy/costs/hours.ts';
import { type DigestKind, type DigestTimes, doneAtFirst, dueWindows } from '../../../src/policy/costs/windows.ts';

const berlin: DigestTimes = { zone: 'Europe/Berlin', hour: 9, weekday: 1 };
const at = (text: string) => Date.parse(`${text}Z`);
const last = (kind: DigestKind, done: string | null, now: string, times = berlin) =>
  dueWindows(kind, done, at(now), times).map((window) => window.last);

describe('which digests are due', () => {
  it.each([
    ['before the hour', 'daily', '2026-11-23', '2026-11-25T07:59', []],
    ['at the hour', 'daily', '2026-11-23', '2026-11-25T08:00', ['2026-11-24']],
    ['once', 'daily', '2026-11-24', '2026-11-25T23:00', []],
    [
      'what was missed, oldest first',
      'daily',
      '2026-11-21',
      '2026-11-25T08:00',
      ['2026-11-22', '2026-11-23', '2026-11-24'],
    ],
    [
      'no more than a week of it',
      'daily',
      '2026-10-01',
      '2026-11-25T08:00',
      ['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24'],
    ],
    ['nothing where nothing was ever done', 'daily', null, '2026-11-25T08:00', []],
    ['the clock went back', 'daily', '2026-11-24', '2026-11-20T08:00', []],
    ['the weekly one on its day', 'weekly', '2026-11-15', '2026-11-23T08:00', ['2026-11-22']],
    ['the weekly one late', 'weekly', '2026-11-15', '2026-11-26T08:00', ['2026-11-22']],
    ['the weekly one before its day', 'weekly', '2026-11-22', '2026-11-29T23:00', []],
  ] as const)('%s', (_, kind, done, now, expected) => {
    expect(last(kind, done, now)).toEqual(expected);
  });

  it.each([
    ['2026-10-25', 'Europe/Berlin', 2],
    ['2027-03-28', 'Europe/Berlin', 2],
    ['2026-11-01', 'America/New_York', 1],
    ['2027-03-14', 'America/New_York', 2],
    ['2026-09-06', 'America/Santiago', 0],
  ])('is due once on %s in %s at %i, where the clock changes', (day, zone, hour) => {
    const times = { zone, hour, weekday: 1 };
    const begin = at(`${day}T00:00`) - 30 * HOUR_MS;
    let done = doneAtFirst('daily', begin, times);
    const posted: string[] = [];
    for (let now = begin; now < begin + 80 * HOUR_MS; now += HOUR_MS / 4) {
      for (const window of dueWindows('daily', done, now, times)) {
        posted.push(window.last);
        done = window.last;
      }
    }
    expect(new Set(posted).size).toBe(posted.length);
    expect(posted.length).toBeGreaterThanOrEqual(3);
  });

  it('leaves no day out and doubles none, whenever it is asked', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Asia/Kathmandu');
    const steps = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 23 }), steps, (zone, hour, hours) => {
        const times = { zone, hour, weekday: 3 };
        let now = at('2026-10-20T00:00');
        let done = doneAtFirst('daily', now, times);
        const posted: string[] = [];
        for (const step of hours) {
          now += step * HOUR_MS;
          for (const window of dueWindows('daily', done, now, times)) {
            expect(window.dueAt).toBeLessThanOrEqual(now);
            posted.push(window.last);
            done = window.last;
          }
        }
        const gaps = posted.slice(1).map((day, i) => (Date.parse(day) - Date.parse(posted[i] ?? day)) / (24 * HOUR_MS));
        expect(gaps.every((gap) => gap === 1)).toBe(true);
      }),
    );
  });
});
