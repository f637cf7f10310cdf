import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterWorkingHours } from '../../src/policy/working-time.ts';

const OFFICE = { days: [1, 2, 3, 4, 5], from: 9, to: 18 };
const at = (text: string) => Date.parse(text);
const along = (from: string, hours: number, zone = 'UTC', atMost = 96) =>
  new Date(afterWorkingHours(at(from), hours, OFFICE, zone, atMost)).toISOString();

describe('working hours', () => {
  it.each([
    ['within a day', '2026-11-24T10:00:00Z', 8, 'UTC', '2026-11-24T18:00:00.000Z'],
    ['into the next day', '2026-11-24T14:00:00Z', 8, 'UTC', '2026-11-25T13:00:00.000Z'],
    ['over a weekend', '2026-11-27T17:00:00Z', 2, 'UTC', '2026-11-30T10:00:00.000Z'],
    ['from the night', '2026-11-24T03:00:00Z', 1, 'UTC', '2026-11-24T10:00:00.000Z'],
    ['in the room’s own zone', '2026-11-24T10:00:00Z', 1, 'America/New_York', '2026-11-24T15:00:00.000Z'],
    ['half an hour off', '2026-11-24T00:00:00Z', 1, 'Asia/Kathmandu', '2026-11-24T04:15:00.000Z'],
    ['over the end of summer time', '2026-10-23T15:00:00Z', 2, 'Europe/Berlin', '2026-10-26T09:00:00.000Z'],
  ])('%s', (_, from, hours, zone, until) => {
    expect(along(from, hours, zone)).toBe(until);
  });

  it('never later than the hours of any kind', () => {
    expect(along('2026-11-27T17:30:00Z', 8, 'UTC', 24)).toBe('2026-11-28T17:30:00.000Z');
    const none = { days: [], from: 9, to: 18 };
    expect(afterWorkingHours(0, 1, none, 'UTC', 96)).toBe(96 * 3_600_000);
  });

  it('a day to midnight is a day', () => {
    const always = { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 24 };
    expect(afterWorkingHours(at('2026-11-24T20:00:00Z'), 8, always, 'UTC', 96)).toBe(at('2026-11-25T04:00:00Z'));
  });

  it('more hours are never earlier, and never before the beginning', () => {
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Asia/Kathmandu');
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01'), max: at('2027-01-01') }),
        fc.integer({ min: 0, max: 12 }),
        zone,
        (from, hours, tz) => {
          const one = afterWorkingHours(from, hours, OFFICE, tz, 96);
          const more = afterWorkingHours(from, hours + 1, OFFICE, tz, 96);
          expect(one).toBeGreaterThanOrEqual(from);
          expect(more).toBeGreaterThanOrEqual(one);
          expect(more).toBeLessThanOrEqual(from + 96 * 3_600_000);
        },
      ),
    );
  });
});
