import { setTimeout as pause } from 'node:timers/promises';
import { clearFault, setFault } from '../demo/world/faults.ts';
import { tick } from '../src/jobs/names.ts';
import type { Entry } from './plan.ts';
import type { StormWorld } from './world.ts';

type Trouble = Exclude<Entry, { kind: 'type' | 'press' | 'ask' }>;
/** Longer than a part takes to end when it is asked to. */
const SHUTDOWN_MS = 12_000;

const BOTS = ['bot', 'bot-2'] as const;
const WATCH_MS = 2;

/** When rights were taken away from somebody, real ms. */
export interface Absence {
  person: string;
  from: number;
  to: number;
}

/** One trouble from its beginning to its end. */
export async function trouble(entry: Trouble, storm: StormWorld, absences: Absence[]): Promise<void> {
  const { world } = storm;
  switch (entry.kind) {
    case 'fault':
      return fault(entry, storm);
    case 'kill':
      storm.kill(entry.part);
      await pause(entry.for);
      return storm.revive(entry.part);
    case 'terminate':
      storm.terminate(entry.part);
      await pause(entry.for);
      return storm.revive(entry.part, SHUTDOWN_MS);
    case 'freeze':
      storm.freeze(entry.part);
      await pause(entry.for);
      return storm.thaw(entry.part);
    case 'kill-at-ack':
    case 'terminate-at-ack':
      return atAcknowledgement(entry, storm);
    case 'store-late':
      storm.proxies.get(entry.part)?.set({ kind: 'late', ms: entry.ms });
      await pause(entry.for);
      return storm.proxies.get(entry.part)?.set({ kind: 'pass' });
    case 'store-late-write':
      return storm.proxies.get(entry.part)?.delayWrite(entry.nth, entry.ms);
    case 'store-away':
      storm.proxies.get(entry.part)?.set({ kind: 'away' });
      await pause(entry.for);
      return storm.proxies.get(entry.part)?.set({ kind: 'pass' });
    case 'store-cut':
      return storm.proxies.get(entry.part)?.cutNextAnswer();
    case 'store-restart':
      return world.restartRedis();
    case 'clock':
      world.clock.moveTo(world.clock.now() + entry.ms);
      await world.queues[0]?.add(tick.name, {}, { removeOnComplete: true, removeOnFail: true });
      return;
    case 'deactivate':
      return deactivate(entry, storm, absences);
  }
}

async function fault(entry: Extract<Trouble, { kind: 'fault' }>, { world }: StormWorld): Promise<void> {
  try {
    setFault(entry.name, entry.value, world);
  } catch {
    // A pod that it names is not there (yet): nothing happens to it.
    return;
  }
  await pause(entry.for);
  if (entry.name !== 'console') clearFault(entry.name, world);
}

async function atAcknowledgement(
  entry: Extract<Trouble, { kind: `${string}-at-ack` }>,
  storm: StormWorld,
): Promise<void> {
  const { slack, discord } = storm.world;
  const acknowledged = () =>
    [...slack.events, ...discord.events].filter(({ acknowledgedAt: at }) => at !== null).length;
  const before = acknowledged();
  const deadline = Date.now() + entry.for;
  while (acknowledged() === before) {
    if (Date.now() > deadline) return;
    await pause(WATCH_MS);
  }
  for (const name of BOTS) {
    if (entry.kind === 'kill-at-ack') storm.kill(name);
    else storm.terminate(name);
  }
  await Promise.all(BOTS.map((name) => storm.revive(name, entry.kind === 'kill-at-ack' ? 0 : SHUTDOWN_MS)));
}

async function deactivate(
  { person, for: ms }: Extract<Trouble, { kind: 'deactivate' }>,
  { world }: StormWorld,
  absences: Absence[],
): Promise<void> {
  const user = world.slack.workspace.byName(person);
  const absence: Absence = { person, from: Date.now(), to: Number.POSITIVE_INFINITY };
  absences.push(absence);
  user.deleted = true;
  await pause(ms);
  user.deleted = false;
  absence.to = Date.now();
}
