import { setTimeout as pause } from 'node:timers/promises';
import { clearFault } from '../demo/world/faults.ts';
import { moveClock } from '../demo/world/hops.ts';
import type { PartStarter } from '../demo/world/part.ts';
import { untilQuiet } from '../demo/world/quiet.ts';
import { act } from './act.ts';
import { collect, jobsLeft } from './collect.ts';
import type { Evidence, Violation } from './judge/evidence.ts';
import { judge } from './judge/judge.ts';
import { type Entry, isAct, PARTS, type Plan } from './plan.ts';
import { type Absence, trouble } from './trouble.ts';
import { StormWorld } from './world.ts';

const QUIET_MS = 500;
const QUIET_LIMIT_MS = 30_000;
/** Longer than the longest pause after which a chat is asked again. */
const RETRIES_LIMIT_MS = 130_000;
const ANSWER_LIMIT_MS = 15_000;
const POLL_MS = 100;
/** After a storm, so that what RunPod shows otherwise is read, and read again. */
const HOPS_MS = [5 * 60_000, 60_000, 60_000];

/** A world starts in about this time where nothing else runs. On a busy machine people act, and look, more slowly. */
const USUAL_START_MS = 5000;
const SLOWEST = 3;

export interface Report {
  plan: Plan;
  acts: number;
  troubles: number;
  deletions: number;
  seconds: number;
  violations: Violation[];
  evidence: Evidence;
  /** What became of each act, in the order of the plan. */
  log: string[];
}

export interface Run {
  /** Those that are up, for whoever has to end before they do. */
  worlds: Set<StormWorld>;
  /** What bots and workers run, where it was written before. */
  starter: PartStarter | null;
}

/** One storm in a world of its own, from its start to what it broke. */
export async function run(plan: Plan, { worlds = new Set(), starter = null }: Partial<Run> = {}): Promise<Report> {
  const began = performance.now();
  const storm = new StormWorld(plan, starter);
  worlds.add(storm);
  try {
    await storm.start();
    const absences: Absence[] = [];
    const pace = Math.min(SLOWEST, Math.max(1, (performance.now() - began) / USUAL_START_MS));
    const log = await blow(plan, pace, storm, absences);
    await settle(storm);
    const evidence = await collect(storm, absences);
    const acts = plan.entries.filter(isAct).length;
    return {
      plan,
      acts,
      troubles: plan.entries.length - acts,
      deletions: storm.world.runpod.account.deletedByApi,
      seconds: (performance.now() - began) / 1000,
      violations: judge(evidence),
      evidence,
      log,
    };
  } finally {
    worlds.delete(storm);
    await storm.stop();
  }
}

/** Each entry at its time, beside the others. */
async function blow({ entries }: Plan, pace: number, storm: StormWorld, absences: Absence[]): Promise<string[]> {
  const began = performance.now();
  return Promise.all(
    entries.map(async (entry) => {
      await pause(Math.max(0, entry.at * pace - (performance.now() - began)));
      const outcome = await take(entry, pace, storm, absences);
      return `${entry.at} ${JSON.stringify(entry)}: ${outcome}`;
    }),
  );
}

async function take(entry: Entry, pace: number, storm: StormWorld, absences: Absence[]): Promise<string> {
  if (entry.kind === 'type' || entry.kind === 'press' || entry.kind === 'ask') {
    return act(entry, storm.world.chats[entry.chat], pace);
  }
  await trouble(entry, storm, absences);
  return 'over';
}

/** Handlers that wait for a store or a chat are seen by nobody: what is acknowledged is given time to be answered. */
async function answered({ world: { slack, discord } }: StormWorld): Promise<void> {
  const deadline = Date.now() + ANSWER_LIMIT_MS;
  const waits = () =>
    [...slack.events, ...discord.events].some((e) => e.acknowledgedAt !== null && e.answers.length === 0);
  while (waits() && Date.now() < deadline) await pause(POLL_MS);
}

/** All troubles end, everything runs, and what is owed is done. */
async function settle(storm: StormWorld): Promise<void> {
  const { world } = storm;
  clearFault(null, world);
  for (const name of PARTS) {
    storm.proxies.get(name)?.set({ kind: 'pass' });
    storm.thaw(name);
  }
  await Promise.all(PARTS.map((name) => storm.revive(name)));
  await answered(storm);
  await untilQuiet(world, QUIET_MS, QUIET_LIMIT_MS);
  for (const ms of HOPS_MS) await moveClock(world, ms);
  await untilQuiet(world, QUIET_MS, QUIET_LIMIT_MS);
  const deadline = Date.now() + RETRIES_LIMIT_MS;
  while ((await jobsLeft(storm)).length > 0 && Date.now() < deadline) await pause(POLL_MS);
}
