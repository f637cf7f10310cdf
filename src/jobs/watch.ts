import { CLOCK_WARN_MS } from '../policy/clock.ts';
import { blindHit } from '../policy/findings/blind.ts';
import type { Hit } from '../policy/findings/finding.ts';
import { type Settling, settle } from '../policy/findings/settle.ts';
import type { Step } from '../store/findings.ts';
import type { GovernedContext } from './approvals.ts';
import { SCAN_SEEN } from './names.ts';
import { defaultRoom, settling } from './scan-world.ts';
import { type Telling, tellSteps } from './tell-findings.ts';

export type Watched = 'worker' | 'bot';

export type WatchContext = Telling &
  Pick<GovernedContext, 'findings' | 'choices' | 'governance' | 'clocks' | 'snapshots' | 'newId'>;

/** A part that has not been seen for so long, real ms, is silent. */
export const SILENT_MS = 120_000;
/** Scans that may be missed before that counts as silence, real time. */
const LATE_SCANS = 4;

/**
 * The other half of Podwarden: a watchdog that does not bark is the worst failure. One that never came up is not missed:
 * whoever sets it up sees that.
 */
export async function watchOver(part: Watched, context: WatchContext, silentMs = SILENT_MS): Promise<void> {
  const now = context.clocks.now();
  const realNow = context.clocks.realNow();
  const seen = await lastSeen(part, realNow, context);
  const scanned = part === 'worker' ? await lastSeen(SCAN_SEEN, realNow, context) : null;
  // A worker that is there and scans nothing any more is as good as silent.
  const late = scanned !== null && realNow - scanned > LATE_SCANS * context.governance.scanMs;
  const silence = seen === null ? 0 : realNow - (late ? (scanned ?? seen) : seen);
  const silent = silence > silentMs;
  const room = defaultRoom(context);
  await watchSubject(
    part,
    (before) => (silent ? [blindHit(part, part, before ?? now - silence, '', now, room)] : []),
    context,
  );
}

/**
 * Raises what is wrong with one part of Podwarden, or ends it. `judge` is given since when it has been so, ms; null where it
 * was well.
 */
export async function watchSubject(
  subject: string,
  judge: (since: number | null) => Hit[],
  context: WatchContext,
): Promise<void> {
  return write(subject, judge, await settling(context.clocks.now(), context), context);
}

/** Ends what was raised of a part that is no more; `why` is what people read of that. */
export async function endWatch(subject: string, why: string, context: WatchContext): Promise<void> {
  const when = await settling(context.clocks.now(), context);
  return write(subject, () => [], { ...when, gone: () => true, why }, context);
}

async function write(
  subject: string,
  judge: (since: number | null) => Hit[],
  when: Settling,
  context: WatchContext,
): Promise<void> {
  let step: Step | null = null;
  const after = await context.findings.watch(subject, (before) => {
    const since = before?.facts.rule === 'blind' ? before.facts.since : null;
    const [next] = settle(before ? [before] : [], judge(since), when);
    step = next ? { before, after: next } : null;
    return next ?? null;
  });
  if (after && step) await tellSteps([step], context);
}

/**
 * A stamp from the future was left by a process whose clock was wrong. Taken at its word, a part that has died since would
 * not be missed until then: its silence counts from now.
 */
async function lastSeen(part: string, realNow: number, { snapshots }: WatchContext): Promise<number | null> {
  const seen = await snapshots.lastSeen(part);
  if (seen === null || seen - realNow <= CLOCK_WARN_MS) return seen;
  await snapshots.seen(part, realNow);
  return realNow;
}
