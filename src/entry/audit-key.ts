import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 32;

/** Made once in the data folder, readable by its owner alone; the same at every later start. */
export function auditKeyIn(dataPath: string): string {
  mkdirSync(dataPath, { recursive: true, mode: 0o700 });
  const path = join(dataPath, 'audit.key');
  try {
    // `wx`: of two starts at once one makes it, and the other reads it.
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
