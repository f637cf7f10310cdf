import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { play } from './play.ts';
import { prompt } from './prompt.ts';
import { World } from './world.ts';

const USAGE = `npm run demo                     both chats, RunPod and the real bot on this machine, and a prompt
npm run demo -- --play FILE      play a dialogue: exit 0, or 1 at the first step that fails, 2 for a line that is none`;

async function main(args: string[]): Promise<number> {
  const [flag, file] = args;
  if (flag !== undefined && (flag !== '--play' || file === undefined)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const dataPath = mkdtempSync(join(tmpdir(), 'podwarden-demo-'));
  const world = new World(dataPath);
  let code = 1;
  try {
    code = file === undefined ? await prompt(world) : await play(readFileSync(file, 'utf8'), world);
  } finally {
    await world.stop();
    if (code === 0) rmSync(dataPath, { recursive: true, force: true });
    else process.stderr.write(`The logs are in ${dataPath}\n`);
  }
  return code;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
