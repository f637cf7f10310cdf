import { createInterface } from 'node:readline/promises';
import type { World } from '../world/world.ts';
import { Player } from './run.ts';
import { readStep } from './steps.ts';
import { Transcript } from './transcript.ts';

const WELCOME = `Podwarden runs here against emulators of Slack, Discord and RunPod. Nothing leaves this machine.

  slack alice #gpu> /pod launch a6000 spot        type as alice, bob, carol or mallory, in slack or discord
  slack alice press "Stop"                        press a button that she sees
  slack alice fill reason="done" data="nothing"   fill in and send the form that is open
  clock +25h                                      move the clock
  fault capacity=none                             make something go wrong; fault clear ends it
  quit
`;

/** Steps by hand; what people read is printed as it comes. */
export async function prompt(world: World): Promise<number> {
  process.stdout.write('Starting…\n');
  await world.start();
  process.stdout.write(`${WELCOME}\n`);
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'demo> ' });
  const player = new Player(world);
  const transcript = new Transcript(world, (text) => process.stdout.write(`${text}\n`));
  const watch = setInterval(() => transcript.flush(), 500);
  lines.prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === 'quit' || text === 'exit') break;
    if (text !== '' && !text.startsWith('# ')) {
      try {
        await player.take(readStep(text));
      } catch (error) {
        process.stdout.write(`${(error as Error).message}\n`);
      }
    }
    lines.prompt();
  }
  clearInterval(watch);
  lines.close();
  return 0;
}
