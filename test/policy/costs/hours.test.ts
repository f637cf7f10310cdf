import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueHour, HOUR_MS, isFinal, windowsToRead } from '../../../src/policy/costs/hours.ts';
import { metered } from '../../../src/policy/costs/meter.ts';
import { blank, lookOf, type ScanMemory } from '../../../src/policy/scan/memory.ts';
import { NOW, off, pod, remembered } from '../scan/scans.ts';

const DAY = 24 * HOUR_MS;

describe('when an hour is read again', () => {
  it.each([
    ['never read', 0, null, true],
    ['while it runs, after ten minutes', 0.5, 0.2, true],
    ['while it runs, at once', 0.5, 0.45, false],
    ['three hours after its end', 4.1, 3.9, true],
    ['and not at once again', 4.3, 4.1, false],
    ['after six hours', 10.2, 4.1, true],
    ['daily', 60, 35, true],
    ['within the day', 60, 40, false],
    ['when three days are over', 74, 60, true],
    ['never again', 400, 74, false],
  ])('%s', (_, nowHours, readHours, due) => {
    const at = (hours: number) => NOW + hours * HOUR_MS;
    expect(dueHour(NOW, readHours === null ? null : at(readHours), at(nowHours))).toBe(due);
  });

  it('ends for every hour, whenever somebody looks, with a read after the third day', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 * 60 }), { minLength: 1, maxLength: 300 }), (minutes) => {
        let now = NOW;
        let readAt: number | null = null;
        for (const step of minutes) {
          now += step * 60_000;
          if (dueHour(NOW, readAt, now)) readAt = now;
        }
        if (now >= NOW + HOUR_MS + 3 * DAY) expect(readAt !== null && isFinal(NOW, readAt)).toBe(true);
      }),
    );
  });

  it('asks for stretches of at most a day, newest first, no hour twice', () => {
    const windows = windowsToRead(
      { from: NOW - 3 * DAY, now: NOW },
      (start) => (start % (5 * HOUR_MS) === 0 ? NOW : null),
      100,
    );
    const hours = windows.flatMap(({ from, to }) =>
      Array.from({ length: (to - from) / HOUR_MS }, (_, i) => from + i * HOUR_MS),
    );
    expect(new Set(hours).size).toBe(hours.length);
    expect(windows.every(({ from, to }) => to - from <= DAY)).toBe(true);
    expect(windows.map(({ from }) => from)).toEqual([...windows.map(({ from }) => from)].sort((a, b) => b - a));
    expect(windowsToRead({ from: NOW - 90 * DAY, now: NOW }, () => null, 3)).toHaveLength(3);
  });
});

describe('what scans meter', () => {
  const memory = (pods: ScanMemory['pods'], at: number, more: Partial<ScanMemory> = {}): ScanMemory => ({
    ...blank(NOW),
    lastAt: at,
    pods,
    ...more,
  });
  const up = remembered(pod({ microUsdPerHour: 600_000 }));
  const down = { ...remembered(off({})), since: NOW + 20 * 60_000 };
  const total = (hours: ReturnType<typeof metered>, part: 'gpu' | 'disk') =>
    Math.round(
      [...hours.values()].flatMap(({ parts }) => parts).reduce((sum, { amounts }) => sum + (amounts[part] ?? 0), 0),
    );

  it('is rates times time, by the hours in which it fell, changes at their moment', () => {
    const begin = NOW - (NOW % HOUR_MS) + 50 * 60_000;
    const plain = metered(memory({ pod1: up }, begin), memory({ pod1: up }, begin + 30 * 60_000));
    expect([...plain.values()].map(({ parts }) => Math.round(parts[0]?.amounts.gpu ?? 0))).toEqual([100_000, 200_000]);
    const stopped = metered(memory({ pod1: up }, NOW), memory({ pod1: down }, NOW + HOUR_MS));
    expect(total(stopped, 'gpu')).toBe(200_000);
    expect(total(stopped, 'disk')).toBeGreaterThan(0);
  });

  it('counts idle time of pods that did nothing at both ends alone', () => {
    const idle = { ...up, idleSince: NOW - HOUR_MS };
    const of = (after: typeof up) =>
      [...metered(memory({ pod1: idle }, NOW), memory({ pod1: after }, NOW + 60_000)).values()].flatMap(({ parts }) =>
        parts.map((part) => Math.round(part.idle)),
      );
    expect(of(idle)).toEqual([10_000]);
    expect(of({ ...idle, idleSince: null })).toEqual([0]);
  });

  it('is nothing before the first scan, and after hours without any', () => {
    expect(metered(memory({ pod1: up }, 0), memory({ pod1: up }, NOW)).size).toBe(0);
    expect(metered(memory({ pod1: up }, NOW), memory({ pod1: up }, NOW + 7 * HOUR_MS)).size).toBe(0);
    expect(lookOf(pod({})).rate).toBeGreaterThan(0);
  });
});
