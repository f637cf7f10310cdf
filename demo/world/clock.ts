import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clocks } from '../../src/jobs/ports.ts';

/**
 * The movable clock: one offset to the machine's own, in a file that all processes of a demo share. Read at every look,
 * so that nobody is ever behind.
 */
export class SharedClock {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Begins at this moment, ms since 1970; nobody can read it before. */
  begin(at: number): void {
    this.write(at - Date.now());
  }

  now(): number {
    return Date.now() + this.offset();
  }

  moveTo(at: number): void {
    this.write(this.offset() + Math.max(0, at - this.now()));
  }

  /** A process's own clocks, moved as far as everybody's. */
  moved(clocks: Clocks): Clocks {
    return { ...clocks, now: () => clocks.realNow() + this.offset() };
  }

  /** Ms to be added to the machine's clock. */
  offset(): number {
    return Number(readFileSync(this.path, 'utf8'));
  }

  private write(offset: number): void {
    writeFileSync(`${this.path}.new`, String(offset));
    renameSync(`${this.path}.new`, this.path);
  }
}
