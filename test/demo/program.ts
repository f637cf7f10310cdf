import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeProgram } from '../../demo/world/program.ts';

let written: string | null = null;

/** What the bots and workers of all worlds of a test process run: writing it takes a second. */
export function program(): string {
  if (written === null) {
    const folder = mkdtempSync(join(tmpdir(), 'podwarden-program-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    written = writeProgram(folder);
  }
  return written;
}
