import type { World } from '../world/world.ts';
import { Player } from './run.ts';
import { type Line, readDialogue, UnreadableLine } from './steps.ts';
import { Transcript } from './transcript.ts';

const print = (text: string) => {
  process.stdout.write(`${text}\n`);
};

/** Plays a dialogue from fresh data. 0, or 1 at the first step that fails, 2 for a line that cannot be read. */
export async function play(text: string, world: World): Promise<number> {
  let lines: Line[];
  try {
    lines = readDialogue(text);
  } catch (error) {
    if (!(error instanceof UnreadableLine)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  await world.start();
  const player = new Player(world);
  const transcript = new Transcript(world, print);
  for (const line of lines) {
    transcript.step(line.text);
    try {
      await player.take(line.step);
    } catch (error) {
      transcript.flush();
      process.stderr.write(`line ${line.number} failed: ${line.text}\n${(error as Error).message}\n`);
      return 1;
    }
  }
  transcript.flush();
  print(`\nAll ${lines.length} steps held.`);
  return 0;
}
