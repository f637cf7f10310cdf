import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Player } from '../../demo/dialogue/run.ts';
import { readDialogue } from '../../demo/dialogue/steps.ts';
import { World } from '../../demo/world/world.ts';
import { inside } from './inside.ts';
import { processes } from './processes.ts';

/** What happens to a machine or a process. */
const NEEDS_PROCESSES = /^(kill|start|fault (bot|worker)_clock)\b/m;

/** Plays a dialogue in a world of its own, with weeks of bills (`history`) or none; what `after` looks at is still up. */
export async function playDialogue(
  text: string,
  after: (world: World, dataPath: string) => Promise<void> | void,
  history = false,
) {
  const dataPath = mkdtempSync(join(tmpdir(), 'podwarden-play-'));
  const world = new World(dataPath, { history, starter: NEEDS_PROCESSES.test(text) ? processes() : inside });
  try {
    await world.start();
    const player = new Player(world);
    for (const line of readDialogue(text)) {
      try {
        await player.take(line.step);
      } catch (error) {
        throw new Error(`line ${line.number}: ${line.text}\n${(error as Error).message}\n${tails(dataPath)}`);
      }
    }
    await after(world, dataPath);
  } finally {
    await world.stop();
    rmSync(dataPath, { recursive: true, force: true });
  }
}

/** Every file that a run left: logs, and all that Redis wrote. */
export function leftBehind(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, text: readFileSync(path, 'latin1') }));
}

function tails(folder: string): string {
  const logs = leftBehind(folder).filter(({ path }) => path.endsWith('.log') && !path.includes('redis'));
  return logs.map(({ path, text }) => `${path}\n${text.split('\n').slice(-8).join('\n')}`).join('\n');
}
