import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { play } from './dialogue/play.ts';
import { prompt } from './dialogue/prompt.ts';
import { World } from './world/world.ts';

const USAGE = `npm run demo                     both chats, RunPod and the real bot on this machine, and a prompt
npm run demo -- --play FILE      play a dialogue: exit 0, or 1 at the first step that fails, 2 for a line that is none`;

async function main(args: string[]): Promise<number> {
  const [flag, file] = args;
  if (flag !== undefined && (flag !== '--play' || file === undefined)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const text = file === undefined ? null : dialogueIn(file);
  if (text === undefined) return 2;
  const dataPath = mkdtempSync(join(tmpdir(), 'podwarden-demo-'));
  const world = new World(dataPath);
  let code = 1;
  // The bot, the worker and Redis are processes of their own: whoever ends the demo ends them too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      world.stop().finally(() => process.exit(1));
    });
  }
  try {
    code = text === null ? await prompt(world) : await play(text, world);
  } finally {
    await world.stop();
    if (code !== 1) rmSync(dataPath, { recursive: true, force: true });
    else process.stderr.write(`The logs are in ${dataPath}\n`);
  }
  return code;
}

function dialogueIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${(error as Error).message}\n`);
    return undefined;
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
