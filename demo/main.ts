import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DataInUse } from '../src/store/embedded-redis.ts';
import { play } from './dialogue/play.ts';
import { prompt } from './dialogue/prompt.ts';
import { bundlePage } from './page/bundle.ts';
import { PageServer, PORT } from './page/server.ts';
import { Stage } from './world/stage.ts';
import { World } from './world/world.ts';

const USAGE = `npm run demo                     both chats, RunPod and the real bot on this machine: a page, and a prompt
npm run demo -- --port 4200      the page's port; the next free one if it is taken (default ${PORT})
npm run demo -- --fresh          forget the last run, and begin anew
npm run demo -- --data DIR       where the demo keeps what happened (default .podwarden/demo)
npm run demo -- --play FILE      play a dialogue: exit 0, or 1 at the first step that fails, 2 for a line that is none`;

const OPTIONS = {
  port: { type: 'string' },
  fresh: { type: 'boolean' },
  data: { type: 'string' },
  play: { type: 'string' },
} as const;

const DATA = fileURLToPath(new URL('../.podwarden/demo', import.meta.url));

function misuse(why: string): number {
  process.stderr.write(`${why}\n\n${USAGE}\n`);
  return 2;
}

async function main(args: string[]): Promise<number> {
  let given: { port?: string; fresh?: boolean; data?: string; play?: string };
  try {
    given = parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (given.play !== undefined) {
    const text = dialogueIn(given.play);
    return text === undefined ? 2 : playIn(text);
  }
  const port = Number(given.port ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return misuse(`${given.port} is no port`);
  // A folder of its own within: what stands beside it is not ours.
  const dataPath = given.data === undefined ? DATA : resolve(given.data, 'podwarden-demo');
  return show(dataPath, port, given.fresh ?? false);
}

/** The bot, the worker and Redis are processes of their own: whoever ends the demo ends them too. A second signal waits for nothing. */
function endWith(stop: () => Promise<void>): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const code = signal === 'SIGINT' ? 130 : 1;
      if (ending) process.exit(code);
      ending = true;
      stop().finally(() => process.exit(code));
    });
  }
}

async function playIn(text: string): Promise<number> {
  const dataPath = mkdtempSync(join(tmpdir(), 'podwarden-demo-'));
  const world = new World(dataPath);
  let code = 1;
  endWith(() => world.stop());
  try {
    code = await play(text, world);
  } finally {
    await world.stop();
    if (code !== 1) rmSync(dataPath, { recursive: true, force: true });
    else process.stderr.write(`The logs are in ${dataPath}\n`);
  }
  return code;
}

async function show(dataPath: string, port: number, fresh: boolean): Promise<number> {
  const stage = new Stage(dataPath);
  const page = new PageServer(stage, bundlePage());
  const stop = async () => {
    await page.close();
    await stage.stop();
  };
  endWith(stop);
  try {
    const address = await page.start(port);
    process.stdout.write(`The page: ${address}\n`);
    await stage.start({ fresh });
    return await prompt(stage);
  } catch (error) {
    if (!(error instanceof DataInUse)) throw error;
    process.stderr.write(
      `A demo runs on ${dataPath} already. Open its page, end it, or name another folder with --data.\n`,
    );
    return 1;
  } finally {
    await stop();
  }
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
