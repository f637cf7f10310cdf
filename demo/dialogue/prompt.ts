import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import { Player } from './run.ts';
import { readStep } from './steps.ts';
import { Transcript } from './transcript.ts';

const WELCOME = `Podwarden runs here against emulators of Slack, Discord and RunPod. Nothing leaves this machine.
Open the page, or type here; both show the same:

  slack alice #gpu> /pod launch a6000 spot        type as alice, bob, carol or mallory, in slack or discord
  slack alice press "Stop"                        press a button that she sees
  slack alice fill reason="done" data="nothing"   fill in and send the form that is open
  clock +25h                                      move the clock
  fault capacity=none                             make something go wrong; fault clear ends it
  quit
`;

const print = (text: string) => {
  process.stdout.write(`${text}\n`);
};

/** Steps by hand; what people read is printed as it comes. Without a terminal, the end of its lines ends it: none is no end. */
export async function prompt(stage: Stage): Promise<number> {
  print(WELCOME);
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'demo> ' });
  // A terminal gives its Ctrl-C to whoever reads lines: it is meant for the demo.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const seats = new Seats(stage);
  const watch = setInterval(() => seats.current()?.transcript.flush(), 500);
  let typed = 0;
  lines.prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === 'quit' || text === 'exit') return end();
    if (text !== '' && !text.startsWith('# ')) {
      typed += 1;
      await take(text, seats);
    }
    lines.prompt();
  }
  // Nobody could type: the page stays until a signal ends the demo.
  if (typed === 0 && !process.stdin.isTTY) await once(process, 'exit');
  return end();

  function end(): number {
    clearInterval(watch);
    lines.close();
    return 0;
  }
}

async function take(text: string, seats: Seats): Promise<void> {
  const seat = seats.current();
  if (!seat) return print('The demo is starting: a moment, please.');
  try {
    await seat.player.take(readStep(text));
  } catch (error) {
    print((error as Error).message);
  }
}

interface Seat {
  world: World;
  player: Player;
  transcript: Transcript;
}

/** Who plays and prints in the world that is up; another one where it was started over. */
class Seats {
  private readonly stage: Stage;
  private seat: Seat | null = null;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  current(): Seat | null {
    const { world } = this.stage;
    if (world && this.seat?.world !== world) {
      this.seat = { world, player: new Player(world), transcript: new Transcript(world, print) };
    }
    return world ? this.seat : null;
  }
}
