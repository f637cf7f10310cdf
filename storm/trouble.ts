import { setTimeout as pause } from 'node:timers/promises';
import { clearFault, setFault } from '../demo/world/faults.ts';
import { tick } from '../src/jobs/names.ts';
import type { Entry } from './plan.ts';
import type { StormWorld } from './world.ts';

type Trouble = Exclude<Entry, { kind: 'type' | 'press' | 'ask' }>;
/** Longer than a part takes to end when it is asked to. */
const SHUTDOWN_MS = 12_000;

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
    case 'store-late':
      storm.proxies.get(entry.part)?.set({ kind: 'late', ms: entry.ms });
      await pause(entry.for);
      return storm.proxies.get(entry.part)?.set({ kind: 'pass' });
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
