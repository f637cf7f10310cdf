import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcess, type PartStarter } from '../../demo/world/part.ts';
import { writeProgram } from '../../demo/world/program.ts';

let starter: PartStarter | null = null;

/** Processes that run one program for all worlds of a test process: writing it takes a second. */
export function processes(): PartStarter {
  starter ??= inProcess(programOf());
  return starter;
}

/** What an entry runs, the bot's and worker's if none is named; there until this process ends. */
export function programOf(entry?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-program-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return writeProgram(folder, entry);
}
