import { setTimeout as pause } from 'node:timers/promises';
import { moveClock, moveOf } from '../world/hops.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import type { ClockState } from './protocol.ts';

/** How often a clock that runs fast is moved on, real ms. */
const STEP_MS = 500;

/**
 * Moves the clock for the page: to a moment that somebody asked for, else at a speed. The bot and the worker do their work
 * after every hop of at most an hour, so a clock that cannot be followed is slower than its speed says.
 */
export class TimeKeeper {
  private speed = 1;
  private move: ClockState['move'] = null;
  private readonly stage: Stage;
  private running: Promise<void> | null = null;
  private hop = new AbortController();
  private closed = false;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** A move that was asked for at the terminal is one too. */
  state(world: World): ClockState {
    const steps = this.speed > 1 ? null : moveOf(world);
    const move = this.move ?? (steps && { from: steps.from, to: steps.to });
    return { offset: world.clock.offset(), speed: this.speed, move };
  }

  /** On top of where the clock stands, or is moving to. */
  add(ms: number): void {
    const now = this.stage.world?.clock.now();
    if (now === undefined) return;
    this.move = { from: this.move?.from ?? now, to: (this.move?.to ?? now) + ms };
    this.hop.abort();
    this.begin();
  }

  /** The clock stays where it is, and goes on as the machine's. */
  halt(): void {
    this.move = null;
    this.speed = 1;
    this.hop.abort();
    if (this.stage.world) moveOf(this.stage.world)?.stop();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.begin();
  }

  /** Ends after the hop that is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.still();
  }

  /** Halts, and waits until nothing moves. */
  async still(): Promise<void> {
    this.halt();
    await this.running;
  }

  private begin(): void {
    if (this.running || this.closed) return;
    this.running = this.go().finally(() => {
      this.running = null;
    });
  }

  private async go(): Promise<void> {
    while (!this.closed && (this.move !== null || this.speed > 1)) {
      const { world } = this.stage;
      if (!world) return this.halt();
      const began = performance.now();
      this.hop = new AbortController();
      const ms = this.move ? this.move.to - world.clock.now() : this.speed * STEP_MS;
      try {
        await moveClock(world, ms, this.hop.signal);
      } catch {
        // The world went down in the middle: its own state says so.
        return this.halt();
      }
      if (this.move && world.clock.now() >= this.move.to) this.move = null;
      const rest = STEP_MS - (performance.now() - began);
      if (!this.move && rest > 0) await pause(rest);
    }
  }
}
