import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atHour, cutOf, dayOf, dayOfHour, plusDays } from '../../../src/policy/costs/days.ts';
import { HOUR_MS } from '../../../src/policy/costs/hours.ts';
import { parsePeriod } from '../../../src/policy/costs/period.ts';

const iso = (at: number) => new Date(at).toISOString().slice(0, 16);
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Santiago',
  'Africa/Cairo',
];

describe('a day cut into whole hours', () => {
  it.each([
    ['UTC', '2026-11-24', '2026-11-24T00:00', 24, true],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00', 25, true],
    ['Europe/Berlin', '2027-03-28', '2027-03-27T23:00', 23, true],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00', 25, true],
    ['America/New_York', '2027-03-14', '2027-03-14T05:00', 23, true],
    ['Pacific/Kiritimati', '2026-11-24', '2026-11-23T10:00', 24, true],
    ['Pacific/Pago_Pago', '2026-11-24', '2026-11-24T11:00', 24, true],
    // Midnight is at 18:15 and at 18:30 UTC.
    ['Asia/Kathmandu', '2026-11-24', '2026-11-23T18:00', 24, false],
    ['Asia/Kolkata', '2026-11-24', '2026-11-23T19:00', 24, false],
    // The clock goes from 23:59 to 01:00: the day begins without a midnight.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00', 23, true],
  ])('%s %s', (zone, day, from, hours, exact) => {
    const cut = cutOf(day, zone);
    expect([iso(cut.from), (cut.to - cut.from) / HOUR_MS, cut.exact]).toEqual([from, hours, exact]);
  });

  it('gives every hour to one day, and leaves none out', () => {
    const at = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2028-12-31') });
    fc.assert(
      fc.property(at, fc.constantFrom(...ZONES), (moment, zone) => {
        const start = moment - (moment % HOUR_MS);
        const day = dayOfHour(start, zone);
        const cut = cutOf(day, zone);
        expect(start).toBeGreaterThanOrEqual(cut.from);
        expect(start).toBeLessThan(cut.to);
        expect(cutOf(plusDays(day, 1), zone).from).toBe(cut.to);
      }),
    );
  });
});

describe('a local hour', () => {
  it.each([
    ['Europe/Berlin', '2027-03-28', 2, '2027-03-28T01:00'],
    ['Europe/Berlin', '2026-10-25', 2, '2026-10-25T00:00'],
    ['Asia/Kathmandu', '2026-11-24', 9, '2026-11-24T03:15'],
    ['America/Santiago', '2026-09-06', 0, '2026-09-06T04:00'],
  ])('%s %s %i:00', (zone, day, hour, moment) => {
    expect(iso(atHour(day, hour, zone))).toBe(moment);
    expect(dayOf(atHour(day, hour, zone), zone)).toBe(day);
  });
});

describe('the days of a question', () => {
  const today = '2026-11-25';
  it.each([
    ['today', '2026-11-25', '2026-11-25'],
    ['Yesterday', '2026-11-24', '2026-11-24'],
    ['7d', '2026-11-19', '2026-11-25'],
    ['30d', '2026-10-27', '2026-11-25'],
    ['month', '2026-11-01', '2026-11-25'],
    ['last-month', '2026-10-01', '2026-10-31'],
    ['2026-11-03', '2026-11-03', '2026-11-03'],
    ['2026-11-01..2026-11-10', '2026-11-01', '2026-11-10'],
    ['2026-11-20..2026-12-31', '2026-11-20', '2026-11-25'],
    ['mon', '2026-11-23', '2026-11-23'],
    ['wednesday', '2026-11-18', '2026-11-18'],
    ['tue..yesterday', '2026-11-24', '2026-11-24'],
    ['mon..tue', '2026-11-23', '2026-11-24'],
    ['fri..mon', '2026-11-20', '2026-11-23'],
    ['thu..wed', '2026-11-12', '2026-11-18'],
    ['14d', '2026-11-12', '2026-11-25'],
  ])('%s', (text, first, last) => {
    expect(parsePeriod(text, today)).toMatchObject({ first, last });
  });

  it.each([
    ['2026-11-10..2026-11-01', 'begins after'],
    ['2026-12-01', 'still to come'],
    ['2026-02-30', 'is none of'],
    ['0d', 'is none of'],
    ['999d', 'is none of'],
    ['2020-01-01..2026-01-01', 'at most'],
    ['2001-01-01..9999-12-31', 'is none of'],
    ['0001-01-01', 'is none of'],
    ['2026-11-01..2099-12-31..', 'is none of'],
    ['a..b..c', 'is none of'],
    ['', 'is none of'],
    ['months', 'is none of'],
    ['sunshine', 'is none of'],
    ['monthly', 'is none of'],
    ['tu', 'is none of'],
    ['..', 'is none of'],
  ])('%s is refused', (text, problem) => {
    expect(parsePeriod(text, today)).toMatchObject({ problem: expect.stringContaining(problem) });
  });
});
