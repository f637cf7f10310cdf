import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generate } from '../../storm/generate.ts';
import { isAct, readPlan, writePlan } from '../../storm/plan.ts';

const SEEDS = Array.from({ length: 300 }, (_, i) => i + 1);

describe('the plan of a storm', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(writePlan(generate(7))).toBe(writePlan(generate(7)));
    expect(new Set(SEEDS.map((seed) => writePlan(generate(seed)))).size).toBe(SEEDS.length);
  });

  it('is read back from what is printed', () => {
    for (const seed of SEEDS) expect(readPlan(writePlan(generate(seed)))).toEqual(generate(seed));
  });

  it('is kept for each known way to break a promise, and can be read', () => {
    const folder = fileURLToPath(new URL('../../storm/plans/', import.meta.url));
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files)
      expect(readPlan(readFileSync(join(folder, file), 'utf8')).entries.length).toBeGreaterThan(0);
  });

  it('is refused where an entry is none', () => {
    expect(() => readPlan('{ "seed": 1, "entries": [{ "kind": "wish", "at": 0 }] }')).toThrow();
  });

  it('holds every kind of act and trouble, in both chats, within 300 seeds', () => {
    const entries = SEEDS.flatMap((seed) => generate(seed).entries);
    const kinds = new Set(entries.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'ask',
      'clock',
      'deactivate',
      'fault',
      'freeze',
      'kill',
      'kill-at-ack',
      'press',
      'store-away',
      'store-cut',
      'store-late',
      'store-late-write',
      'store-restart',
      'terminate',
      'terminate-at-ack',
      'type',
    ]);
    const chats = new Set(entries.filter(isAct).map((entry) => ('chat' in entry ? entry.chat : '')));
    expect([...chats].sort()).toEqual(['discord', 'slack']);
  });

  it('is bounded, in order, and names each of its pods after its seed', () => {
    for (const seed of SEEDS) {
      const { entries } = generate(seed);
      expect(entries.length).toBeLessThan(80);
      expect(Math.max(...entries.map(({ at }) => at))).toBeLessThan(12_000);
      expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b));
      const launches = entries.flatMap((e) => (e.kind === 'type' ? (/name=(s\d+k\d+)/.exec(e.text)?.[1] ?? []) : []));
      expect(launches.length).toBeGreaterThanOrEqual(3);
      expect(launches.every((name) => name.startsWith(`s${seed}k`))).toBe(true);
    }
  });
});
