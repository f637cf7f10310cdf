import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Part } from '../../demo/world/part.ts';
import { World } from '../../demo/world/world.ts';
import { processes } from './processes.ts';

const HOUR = 3_600_000;
const REPLICAS: [Part, string][] = [
  ['worker', 'worker'],
  ['worker', 'worker-2'],
  ['worker', 'worker-3'],
  ['bot', 'bot'],
  ['bot', 'bot-2'],
  ['bot', 'bot-3'],
];

/** Digests by their day, in the channel of each chat. */
const digests = (world: World) =>
  [world.slack, world.discord].map((chat) =>
    chat
      .visibleTo(null)
      .filter(({ thread, onlyFor }) => !thread && onlyFor === null)
      .flatMap(({ text }) => /Costs (?:week of )?\w{3} \d+ \w{3}/.exec(text)?.[0] ?? []),
  );

it('comes once a window and chat, of three workers and three bots that are killed all along', {
  timeout: 240_000,
}, async () => {
  const dataPath = mkdtempSync(join(tmpdir(), 'podwarden-digest-'));
  const world = new World(dataPath, { history: false, starter: processes() });
  try {
    await world.start();
    const more = REPLICAS.filter(([part, name]) => part !== name);
    await Promise.all(more.map(([part, name]) => world.startPart(part, name)));
    const days = ['Tue 24 Nov'];
    for (const [i, day] of days.entries()) {
      world.clock.moveTo(Date.parse('2026-11-25T09:00:00Z') + i * 24 * HOUR);
      // Whoever is at it dies without a word, again and again, while the digest is due; each comes up anew.
      for (let kills = 0; kills < 4; kills++) {
        const [part, name] = REPLICAS[(kills * 4 + i) % REPLICAS.length] ?? ['worker', 'worker'];
        world.kill(name);
        await world.startPart(part, name);
      }
      await expect
        .poll(() => digests(world).map((all) => all.filter((title) => title === `Costs ${day}`).length), {
          timeout: 60_000,
          interval: 200,
        })
        .toEqual([1, 1]);
    }
    // A window that nobody was up for comes late, and once.
    for (const [, name] of REPLICAS) world.kill(name);
    world.clock.moveTo(Date.parse('2026-11-26T11:00:00Z'));
    // Another two come up: what the dead had begun is theirs to finish.
    await Promise.all([world.startPart('worker', 'worker-4'), world.startPart('bot', 'bot-4')]);
    await expect
      .poll(() => digests(world).map((all) => all.filter((title) => title === 'Costs Wed 25 Nov').length), {
        timeout: 60_000,
        interval: 200,
      })
      .toEqual([1, 1]);
    const late = world.slack.visibleTo(null).find(({ text }) => text.includes('Costs Wed 25 Nov'));
    expect(late?.text).toContain('Late: it was due');
    for (const all of digests(world)) expect(all).toEqual(['Tue 24', 'Wed 25'].map((d) => `Costs ${d} Nov`));
    expect([...world.slack.violations, ...world.discord.violations]).toEqual([]);
  } finally {
    await world.stop();
    rmSync(dataPath, { recursive: true, force: true });
  }
});
