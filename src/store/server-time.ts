import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** Where this machine's time comes from. `steady` never steps and has no date; `wall` is what somebody sets. Both ms. */
export interface Machine {
  wall(): number;
  steady(): number;
}

export const MACHINE: Machine = { wall: () => Date.now(), steady: () => performance.now() };

/** One question for the time: when it left and came back, by both of this machine's clocks, and what was answered. */
export interface Sample {
  sent: { wall: number; steady: number };
  received: { wall: number; steady: number };
  /** Redis's clock, ms since 1970. */
  server: number;
}

export interface Measured {
  /** To be added to `steady` for the time of Redis. */
  offset: number;
  /** How wrong that may be, ms: half of the round trip. */
  error: number;
  /** How far the machine's clock is ahead of Redis's, ms. */
  ahead: number;
  at: { wall: number; steady: number };
}

/** An answer that took longer says too little, ms. */
export const MAX_ROUND_TRIP_MS = 2000;
const SAMPLES = 5;
/** The wall leads the steady clock by more than any correction in a minute: the machine slept, or somebody set its clock. */
const JUMP_MS = 1000;
/** A correction smaller than this never shows the same process an earlier time than before: time stands still instead. */
const STAND_STILL_MS = 250;

/** A process that slept meanwhile counts it, by whichever clock noticed. */
const roundTrip = ({ sent, received }: Sample): number =>
  Math.max(received.steady - sent.steady, Math.abs(received.wall - sent.wall));

/** From the sample that was answered fastest, read as if at half of its way; null where none was fast enough. */
export function estimate(samples: readonly Sample[], maxRoundTripMs = MAX_ROUND_TRIP_MS): Measured | null {
  const [best] = samples
    .filter((sample) => sample.received.steady >= sample.sent.steady && roundTrip(sample) <= maxRoundTripMs)
    .sort((a, b) => roundTrip(a) - roundTrip(b));
  if (!best) return null;
  const { sent, received, server } = best;
  const half = (received.steady - sent.steady) / 2;
  return {
    offset: server - (sent.steady + half),
    error: half,
    ahead: sent.wall + half - server,
    at: received,
  };
}

/** In a script with a key of ours: in a Cluster that asks the node that holds our state, and no other. */
const ASK = `return redis.call('TIME')`;

/**
 * The time that all processes share: Redis's, measured now and then and carried on by this machine's steady clock, so that
 * setting the machine's clock moves nothing here.
 */
export class ServerTime {
  private readonly redis: RedisClient;
  private readonly machine: Machine;
  private measured: Measured | null = null;
  private last = 0;

  constructor(redis: RedisClient, machine: Machine = MACHINE) {
    this.redis = redis;
    this.machine = machine;
  }

  /** False where no answer came fast enough: what was measured before stays. @throws where Redis does not answer. */
  async measure(): Promise<boolean> {
    const samples: Sample[] = [];
    for (let i = 0; i < SAMPLES; i++) samples.push(await this.ask());
    const measured = estimate(samples);
    if (measured) this.measured = measured;
    return measured !== null;
  }

  /** Whole ms since 1970 on Redis's clock. */
  now(): number {
    const now = Math.floor(this.machine.steady() + this.known().offset);
    // A larger correction is a step: a wrong time is worse than a repeated one.
    if (now < this.last && this.last - now <= STAND_STILL_MS) return this.last;
    this.last = now;
    return now;
  }

  /** How far this machine's clock is ahead of Redis's right now, ms. */
  ahead(): number {
    return this.machine.wall() - (this.machine.steady() + this.known().offset);
  }

  /**
   * The wall has left the steady clock behind since the last measurement: somebody set it, or the machine slept, which its steady
   * clock does not count. Until it is measured nobody knows which: what was claimed before may be stale.
   */
  jumped(): boolean {
    const { at } = this.known();
    const lead = this.machine.wall() - at.wall - (this.machine.steady() - at.steady);
    return Math.abs(lead) > JUMP_MS;
  }

  private known(): Measured {
    if (!this.measured) throw new Error('the time of Redis was not measured yet');
    return this.measured;
  }

  private async ask(): Promise<Sample> {
    const { machine } = this;
    const look = () => ({ wall: machine.wall(), steady: machine.steady() });
    const sent = look();
    const answer = (await this.redis.eval(ASK, 1, key('clock'))) as [string, string];
    const received = look();
    return { sent, received, server: Number(answer[0]) * 1000 + Number(answer[1]) / 1000 };
  }
}
