import { createHash } from 'node:crypto';
import { z } from 'zod';
import { factsOf } from '../../policy/facts.ts';
import type { Fleet, FleetPod } from '../../policy/fleet.ts';
import { stateOf } from '../../policy/fleet.ts';
import { accountsOf, bare, type PersonRef } from '../../policy/identity.ts';
import { PASSING, type Row, type RowStatus } from '../../policy/ledger.ts';
import * as moves from '../../policy/ledger-moves.ts';
import { ownerOf } from '../../policy/ownership.ts';
import { findPod, parsePodName, podName, shortName, spokenName, UNNAMED_SUFFIX } from '../../policy/pod-names.ts';
import type { Asker, Services } from '../services.ts';
import type { Suggestion } from './declare.ts';
import { UsageError } from './parse.ts';

/** Pods that one command may name, and one form may hold. */
export const MAX_PODS = 10;

/** One or several, as commands that act on pods take them. */
export const podsArgument = z
  .string()
  .trim()
  .min(1, { error: 'is empty' })
  .max(600, { error: 'is too long' })
  .describe('Names or ids, with commas between them');

/**
 * The pods that a comma-separated word names. Rows are asked too: a pod that was just launched may not be in the last
 * read yet. @throws UsageError naming the nearest.
 */
export async function namedPods(word: string, services: Services): Promise<FleetPod[]> {
  const names = [
    ...new Set(
      word
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ];
  if (names.length === 0) throw new UsageError('Name a pod, or several with commas between them.');
  if (names.length > MAX_PODS)
    throw new UsageError(`At most ${MAX_PODS} pods go together; that names ${names.length}.`);
  const known = await podsAndLaunches(services);
  const waiting = (await services.ledger.passing()).filter(({ status }) => status === 'asking');
  const found = names.map((name) => oneNamed(name, known, waiting));
  return [...new Map(found.map((pod) => [pod.id, pod])).values()];
}

function oneNamed(name: string, pods: FleetPod[], waiting: readonly Row[]): FleetPod {
  const match = findPod(name, pods);
  if (match.kind === 'one') return match.pod;
  const asked = waiting.find(({ spec }) => spec?.middle === name.toLowerCase());
  if (asked && match.kind === 'none')
    throw new UsageError(
      `${name} is not launched yet: it waits for another person to allow it. ${asked.by.name} can press Deny on its card to withdraw it.`,
    );
  const shown = name.slice(0, 60);
  if (match.kind === 'several') {
    const some = match.pods
      .slice(0, 5)
      .map((pod) => pod.name)
      .join(', ');
    throw new UsageError(`${shown} fits ${match.pods.length} pods: ${some}. Type more of the name.`);
  }
  const near = match.nearest.length > 0 ? ` Did you mean ${match.nearest.join(' or ')}?` : ' /pod list shows all.';
  throw new UsageError(`This account has no pod ${shown}.${near}`);
}

/** The last read of the fleet, corrected by what we did since: nobody is shown less than we know ourselves. */
export async function knownPods(services: Pick<Services, 'snapshots' | 'ledger'>): Promise<FleetPod[]> {
  return known(await services.snapshots.fleet(), await services.ledger.open());
}

/** With launches that have no pod yet. The rows are read once: one that gets its pod in between is in neither list else. */
export async function podsAndLaunches(services: Services): Promise<FleetPod[]> {
  const fleet = await services.snapshots.fleet();
  const open = await services.ledger.open();
  return [...known(fleet, open), ...open.flatMap(launchOf)];
}

function known(fleet: Fleet | null, open: readonly Row[]): FleetPod[] {
  const readAt = fleet?.readAt ?? 0;
  const rows = new Map(open.map((row) => [row.podId, row]));
  const read = (fleet?.pods ?? []).filter((pod) => stateOf(pod) !== 'gone');
  const seen = new Set(read.map((pod) => pod.id));
  const corrected = read.map((pod) => {
    const row = rows.get(pod.id);
    return row && row.since >= readAt ? (podOfRow(row) ?? pod) : pod;
  });
  const unread = [...rows.values()].filter((row) => row.podId !== null && !seen.has(row.podId)).map(podOfRow);
  return [...corrected, ...unread.filter((pod) => pod !== null)];
}

/** A launch that has no pod yet, as lists show it: under the row's own id. One that waits for somebody is no launch yet. */
function launchOf(row: Row): FleetPod[] {
  const { spec, status } = row;
  if (!spec || row.podId !== null || status === 'asking' || !PASSING.includes(status)) return [];
  return [
    {
      id: row.id,
      name: row.attempts.at(-1)?.podName ?? podName(spec.owner, spec.middle, UNNAMED_SUFFIX),
      status: LAUNCHING[status] ?? 'LAUNCHING',
      gpuName: spec.gpuName,
      gpuCount: spec.gpuCount,
      cloud: spec.cloud,
      dataCenter: null,
      microUsdPerHour: spec.quotedMicroUsdPerHour,
      containerDiskGb: spec.containerDiskGb,
      volumeDisk: spec.volumeDisk,
      networkVolume: null,
      locked: false,
      createdAt: new Date(row.createdAt).toISOString(),
      startedAt: null,
      reporting: false,
      gpuId: spec.gpuId,
      imageMark: '',
      gpuUtil: [],
      clustered: false,
    },
  ];
}

const LAUNCHING: Partial<Record<RowStatus, string>> = { requested: 'QUEUED', settling: 'CHECKING' };

const STATUS_OF: Partial<Record<RowStatus, string>> = {
  running: 'RUNNING',
  stopping: 'RUNNING',
  stopped: 'EXITED',
  starting: 'STARTING',
};

/** Rows that nothing is under way with: RunPod's own word for their pod, where it was an odd one, still holds. */
const STANDING: readonly RowStatus[] = ['running', 'stopped'];

function podOfRow(row: Row): FleetPod | null {
  const { facts, podId } = row;
  if (!facts || podId === null) return null;
  return {
    id: podId,
    name: facts.name,
    status: (STANDING.includes(row.status) && facts.odd?.status) || (STATUS_OF[row.status] ?? 'UNKNOWN'),
    gpuName: facts.gpuName,
    gpuCount: facts.gpuCount,
    cloud: facts.cloud,
    dataCenter: facts.dataCenter,
    microUsdPerHour: facts.microUsdPerHour,
    containerDiskGb: facts.containerDiskGb,
    volumeDisk: facts.volumeDisk,
    networkVolume: facts.networkVolume,
    locked: false,
    createdAt: new Date(row.createdAt).toISOString(),
    startedAt: facts.startedAt === null ? null : new Date(facts.startedAt).toISOString(),
    reporting: row.status === 'running' || row.status === 'stopping',
    gpuId: row.spec?.gpuId ?? '',
    imageMark: '',
    gpuUtil: [],
    clustered: false,
  };
}

/** Autocomplete: pods whose name holds what was typed, after the last comma. */
export async function suggestPods(typed: string, services: Services): Promise<Suggestion[]> {
  const done = typed.includes(',') ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const part = typed.slice(done.length).trim().toLowerCase();
  const pods = (await knownPods(services)).filter((pod) => pod.name.toLowerCase().includes(part));
  const newest = [...pods].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, 25);
  const choices = newest.map((pod) => ({
    name: `${spokenName(pod.name)} (${pod.name})`.slice(0, 100),
    value: `${done}${pod.name.length <= 60 ? pod.name : pod.id}`,
  }));
  // A platform refuses the whole answer where one value is longer than 100 characters.
  return choices.filter(({ value }) => value.length <= 100);
}

/** Whose each pod is, as claims, launches, the policy file and names say; absent: nobody's. One read for all. */
export async function ownersOf(
  pods: readonly FleetPod[],
  services: Pick<Services, 'ledger' | 'owners' | 'policy'>,
): Promise<Map<string, PersonRef>> {
  const { ledger, owners, policy } = services;
  const [rows, claims] = await Promise.all([ledger.byPods(pods.map(({ id }) => id)), owners.all()]);
  return new Map(
    pods.flatMap(({ id, name }) => {
      const owner = ownerOf(name, { claim: claims.get(id), row: rows.get(id) ?? null, people: policy.people });
      return owner ? [[id, owner] as const] : [];
    }),
  );
}

/** Everything that a person owns, by any of their accounts. */
export async function podsOwnedBy(who: PersonRef, services: Services): Promise<FleetPod[]> {
  const links = await services.links.all();
  const accounts = accountsOf(who.account, { people: services.policy.people, links });
  const pods = await knownPods(services);
  const owners = await ownersOf(pods, services);
  return pods.filter(({ id }) => accounts.includes(bare(owners.get(id)?.account ?? '')));
}

/** By whichever account; somebody whom nobody declared is known by the name that begins the pod's. */
export function ownedBy(pod: FleetPod, owner: PersonRef | undefined, asker: Asker): boolean {
  if (owner) return asker.accounts.includes(bare(owner.account));
  return asker.who.person === null && parsePodName(pod.name)?.owner === shortName(asker.who.name);
}

/** The launch whose answer is still awaited, where the list shows its pod already: it is told so, and has its pod. */
async function launchAwaiting(pod: FleetPod, services: Services): Promise<Row | null> {
  const passing = await services.ledger.passing();
  const launch = passing.find((row) => row.podId === null && row.attempts.some((a) => a.podName === pod.name));
  if (!launch) return null;
  const move = moves.created(pod.id, factsOf(pod, null), services.clocks.now());
  return (await services.ledger.move(launch.id, move))?.row ?? launch;
}

/** The ledger's row of a pod, made when somebody first acts on a pod that was made elsewhere. */
export async function rowOfPod(pod: FleetPod, asker: Asker, services: Services): Promise<Row> {
  const known = (await services.ledger.byPod(pod.id)) ?? (await launchAwaiting(pod, services));
  if (known) return known;
  const now = services.clocks.now();
  const by = (await ownersOf([pod], services)).get(pod.id) ?? asker.who;
  const state = stateOf(pod);
  return services.ledger.adopt({
    id: `p${createHash('sha256').update(`pod ${pod.id}`).digest('hex').slice(0, 12)}`,
    rev: 0,
    status: state === 'stopped' || state === 'error' ? 'stopped' : 'running',
    podId: pod.id,
    spec: null,
    by,
    room: asker.room ?? services.policy.defaultRoom ?? '',
    home: asker.place,
    createdAt: Date.parse(pod.createdAt),
    since: now,
    attempts: [],
    facts: factsOf(pod, null),
    waitsFor: null,
    task: null,
    trouble: null,
    ask: null,
    duplicates: [],
  });
}
