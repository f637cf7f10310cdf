import { scopeName } from '../policy/costs/budgets.ts';
import { dayOf, monthBegin } from '../policy/costs/days.ts';
import { type Finding, keyOf } from '../policy/findings/finding.ts';
import { afterQuiet } from '../policy/findings/schedule.ts';
import type { Settling } from '../policy/findings/settle.ts';
import type { KnownPod, WatchedBudget, World } from '../policy/findings/world.ts';
import type { FleetPod } from '../policy/fleet.ts';
import type { PersonRef } from '../policy/identity.ts';
import { type Row, spokenRow } from '../policy/ledger.ts';
import { type Claim, ownerOf } from '../policy/ownership.ts';
import { ownerKey, spokenName } from '../policy/pod-names.ts';
import { type Burn, burnOf } from '../policy/scan/burn.ts';
import type { Change, ScanMemory } from '../policy/scan/memory.ts';
import type { GovernedContext } from './approvals.ts';
import { budgetsIn, budgetZone } from './cost-reading.ts';

/** What our own books say of pods, as of one scan. */
export interface Books {
  rows: ReadonlyMap<string, Row>;
  /** Second pods of a launch, by pod. */
  twins: ReadonlyMap<string, string>;
  claims: ReadonlyMap<string, Claim>;
  /** Pods whose termination is being carried out, and since when. */
  ending: ReadonlyMap<string, number>;
  open: readonly Finding[];
}

/** What is needed to judge a fleet. */
export type BooksContext = Pick<GovernedContext, 'ledger' | 'owners' | 'findings' | 'approvals' | 'governance'>;

export async function readBooks(podIds: readonly string[], context: BooksContext): Promise<Books> {
  const [byPod, openRows, claims, open, requests] = await Promise.all([
    context.ledger.byPods(podIds),
    context.ledger.open(),
    context.owners.all(),
    context.findings.open(),
    context.approvals.open(),
  ]);
  const rows = new Map(byPod);
  for (const row of openRows) if (row.podId !== null) rows.set(row.podId, row);
  const twins = new Map(
    [...rows.values()].flatMap((row) => row.duplicates.map((id) => [id, spokenName(spokenRow(row))])),
  );
  const executing = requests.filter(({ status }) => status === 'executing');
  const ending = new Map(executing.map(({ podId, since }) => [podId, since]));
  return { rows, twins, claims, ending, open };
}

export function homeOf(
  podId: string,
  { rows, claims }: Pick<Books, 'rows' | 'claims'>,
  context: Pick<GovernedContext, 'governance'>,
): string {
  return claims.get(podId)?.room ?? rows.get(podId)?.room ?? defaultRoom(context);
}

export const defaultRoom = ({ governance }: Pick<GovernedContext, 'governance'>): string =>
  governance.defaultRoom ?? governance.rooms[0]?.name ?? '';

function ownerIn(
  podId: string,
  name: string,
  { rows, claims }: Books,
  { governance }: Pick<GovernedContext, 'governance'>,
): PersonRef | null {
  return ownerOf(name, { claim: claims.get(podId), row: rows.get(podId) ?? null, people: governance.people });
}

/** Changes as they are told: whose pod it was, and where it was at home. */
export function attributed(
  changes: readonly Change[],
  at: number,
  books: Books,
  context: Pick<GovernedContext, 'governance'>,
): Change[] {
  return changes.map((change) => {
    if (change.at !== at) return change;
    const ours = books.rows.get(change.podId)?.spec != null;
    const owner = ownerIn(change.podId, change.name, books, context);
    return { ...change, owner, ours, room: homeOf(change.podId, books, context) };
  });
}

export const burnIn = (pods: readonly FleetPod[], memory: Pick<ScanMemory, 'volumes' | 'otherPerHour'>): Burn =>
  burnOf(pods, Object.values(memory.volumes), memory.otherPerHour);

export function worldOf(
  now: number,
  memory: ScanMemory,
  pods: readonly FleetPod[],
  books: Books,
  context: Pick<GovernedContext, 'governance'>,
  budgets: readonly WatchedBudget[] = [],
): World {
  const known = pods.flatMap((pod): KnownPod[] => {
    const remembered = memory.pods[pod.id];
    if (!remembered) return [];
    const row = books.rows.get(pod.id);
    return [
      {
        pod,
        memory: remembered,
        owner: ownerIn(pod.id, pod.name, books, context),
        room: homeOf(pod.id, books, context),
        row: row ? { id: row.id, launched: row.spec !== null, spot: row.spec?.market === 'spot' } : null,
        twinOf: books.twins.get(pod.id) ?? null,
      },
    ];
  });
  return {
    now,
    pods: known,
    memory,
    burn: burnIn(pods, memory),
    thresholds: context.governance.thresholds,
    budgets,
    open: new Map(books.open.map((finding) => [keyOf(finding), finding])),
    defaultRoom: defaultRoom(context),
  };
}

/** When people are awake: by their own choice, else by the policy file, else by the room's clock. */
export async function settling(
  now: number,
  context: Pick<GovernedContext, 'governance' | 'choices' | 'newId'>,
): Promise<Settling> {
  const { governance, choices, newId } = context;
  const chosen = await choices.all();
  return {
    now,
    newId,
    awake: (owner, room) => {
      const own = chosen.get(ownerKey(owner) ?? '');
      const person = governance.people.find(({ key }) => key === owner?.person);
      const roomZone = governance.rooms.find(({ name }) => name === room)?.timezone ?? 'UTC';
      const hours = own?.quiet ?? governance.quietHours;
      const zone = own?.timezone ?? person?.timezone ?? roomZone;
      return afterQuiet(now, { ...hours, days: governance.workingHours.days }, zone);
    },
  };
}

/** The budgets with whom they are of, in the days of the default room. */
export async function watchedBudgets(now: number, context: GovernedContext): Promise<WatchedBudget[]> {
  const { governance, costs, budgets } = context;
  const zone = budgetZone(governance);
  const today = dayOf(now, zone);
  const states = await budgetsIn(zone, now, { costs, budgets, rules: governance.budgets });
  const personOf = (key: string) => governance.people.find((person) => person.key === key);
  return (states === 'unread' ? [] : states).map((state) => {
    const person = state.scope.startsWith('person ') ? personOf(state.scope.slice('person '.length)) : undefined;
    const [account] = person?.accounts ?? [];
    return {
      ...state,
      of: scopeName(state.scope, (key) => personOf(key)?.name ?? key),
      owner: person && account ? { account, person: person.key, name: person.name } : null,
      first: state.window === 'day' ? today : monthBegin(today),
      last: today,
    };
  });
}
