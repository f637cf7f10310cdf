import type { FleetPod } from '../policy/fleet.ts';
import type { NetworkVolume } from '../policy/launch.ts';
import type { Difference, OwnActs, PodsRead, Told } from '../policy/scan/believe.ts';
import { isUp, lookOf, type ScanMemory, sameLook } from '../policy/scan/memory.ts';
import { withReported } from '../policy/scan/reporting.ts';
import { readSaid } from '../policy/scan/said.ts';
import type { Unread } from '../policy/unread.ts';
import { BETWEEN_READS_MS, otherIds } from './gone.ts';
import type { PodContext } from './pod-context.ts';
import { type AccountRead, ProviderFailure } from './ports.ts';

/** Everything that one scan reads of the account: as many calls as the lists have pages. */
export interface AccountPicture {
  at: number;
  pods: FleetPod[];
  /** Null: could not be read, and stays as it was. */
  volumes: NetworkVolume[] | null;
  /** What in those lists does not read. */
  unread: Unread[];
  account: AccountRead | 'retired' | null;
}

/** @throws ProviderFailure where the pods cannot be read: an unread list says nothing about anybody. */
export async function readAccount(at: number, context: PodContext, signal: AbortSignal): Promise<AccountPicture> {
  const { provider } = context;
  const orNull = (error: unknown) => {
    if (error instanceof ProviderFailure) return null;
    throw error;
  };
  const [list, volumes, account] = await Promise.all([
    provider.list(signal),
    provider.networkVolumes(signal).catch(orNull),
    provider.account(signal).catch(orNull),
  ]);
  if (account !== null && account !== 'retired' && account.silent?.length) {
    context.log.warn({ by: account.source, silent: account.silent }, 'one source of the balance did not answer');
  }
  return {
    at,
    pods: list.pods,
    volumes: volumes?.volumes ?? null,
    unread: [...list.unread, ...(volumes?.unread ?? [])],
    account,
  };
}

/** RunPod's sentences are asked for again after this long where a pod's stop is known only from our own looking. */
const ASK_AGAIN_MS = 60 * 60_000;
const ASK_OFTEN_MS = 15 * 60_000;

/** Why pods ended, where one of them has just ended or its time is not known well. One call for all. */
export async function readSaids(
  memory: ScanMemory,
  read: Pick<PodsRead, 'at' | 'pods'>,
  found: readonly Difference[],
  context: PodContext,
  signal: AbortSignal,
): Promise<{ said: PodsRead['said']; asked: boolean }> {
  const news = found.some(({ look }) => look !== null && !isUp(look)) || hasUnknownStops(memory, read.pods);
  const weak = Object.values(memory.pods).filter(
    ({ look, source }) => !isUp(look) && (source === 'seen' || source === 'first-seen'),
  );
  // One that has just ended, and that RunPod did not explain yet, is asked about at each scan for a while.
  const fresh = weak.some(({ since }) => read.at - since < ASK_OFTEN_MS);
  const again = weak.length > 0 && read.at - memory.askedAt >= ASK_AGAIN_MS;
  if (!news && !fresh && !again) return { said: new Map(), asked: false };
  const others = await context.provider.otherList(signal).catch(() => 'retired' as const);
  const said = new Map<string, Told>(
    (others === 'retired' ? [] : others).flatMap(({ id, said: text }) =>
      id && text ? [[id, readSaid(text)] as const] : [],
    ),
  );
  await addBills(memory, read, said, context, signal);
  return { said, asked: true };
}

/** The bill tells the hour of a stop where nothing else does; each is a call, so a few at a time. */
const MAX_BILLS = 5;
/** Stopped pods are removed after about 30 days: before that there is nothing to look for. */
const BILLS_MS = 35 * 86_400_000;

async function addBills(
  memory: ScanMemory,
  { at, pods }: Pick<PodsRead, 'at' | 'pods'>,
  said: Map<string, Told>,
  { provider }: PodContext,
  signal: AbortSignal,
): Promise<void> {
  const unknown = pods.filter((pod) => {
    const known = memory.pods[pod.id];
    const weak = known === undefined || known.source === 'first-seen';
    return weak && !isUp(lookOf(pod)) && !said.get(pod.id)?.at;
  });
  for (const { id } of unknown.slice(0, MAX_BILLS)) {
    const end = await provider.lastCompute(id, at - BILLS_MS, signal).catch(() => null);
    if (end !== null) said.set(id, { at: Math.min(end, at), text: said.get(id)?.text ?? '', by: 'bill' });
  }
}

const hasUnknownStops = (memory: ScanMemory, pods: readonly FleetPod[]) =>
  pods.some((pod) => memory.pods[pod.id] === undefined && !isUp(lookOf(pod)));

/** Changed pods that one scan looks up singly: of more the next list tells. */
const MAX_LOOKS = 5;
/** Missing pods whose end one scan proves; further ones wait for the next. More where three scans agree that they are. */
const MAX_PROOFS = { usual: 20, agreed: 100 };

/** Reads by id what the list shows otherwise: few pods, and only where something would follow from it. */
export async function prove(
  found: readonly Difference[],
  unread: readonly string[],
  {
    spots,
    agreed,
    known,
    nameless,
  }: { spots: ReadonlySet<string>; agreed: boolean; known: ScanMemory['pods']; nameless: boolean },
  context: PodContext,
  signal: AbortSignal,
): Promise<Proven> {
  const missing = [...found.filter(({ look }) => look === null).map(({ podId }) => podId), ...unread];
  const looked = [...new Set(missing)].slice(0, agreed ? MAX_PROOFS.agreed : MAX_PROOFS.usual);
  const [confirmed, gone] = await Promise.all([
    confirm(found, known, context, signal),
    // A row without an id may be any of the missing: then no absence is proven.
    nameless ? { gone: new Set<string>(), there: 0 } : proveGone(looked, spots, context, signal),
  ]);
  return { confirmed, gone: gone.gone, contradicted: gone.there };
}

interface Proven {
  confirmed: Set<string>;
  gone: Set<string>;
  /** Missing in the list, and found by id. */
  contradicted: number;
}

async function confirm(
  found: readonly Difference[],
  known: ScanMemory['pods'],
  context: PodContext,
  signal: AbortSignal,
): Promise<Set<string>> {
  const changed = found.flatMap(({ podId, look }) => (look === null ? [] : [{ podId, look }]));
  // Of many the next scan's list says it, in one call.
  if (changed.length > MAX_LOOKS) return new Set();
  const reads = await Promise.all(
    changed.map(async ({ podId, look }) => {
      const pod = await context.provider.get(podId, signal).catch(() => null);
      return pod && sameLook(lookOf(withReported(pod, known[podId])), look) ? [podId] : [];
    }),
  );
  return new Set(reads.flat());
}

/**
 * One failed read is not "gone": two reads by id, 2 s apart, that do not find it, beside its absence from the list that was
 * just read; of a spot pod also its absence from the other API's list, while that answers.
 */
async function proveGone(
  podIds: readonly string[],
  spots: ReadonlySet<string>,
  context: PodContext,
  signal: AbortSignal,
): Promise<{ gone: Set<string>; there: number }> {
  const first = await lookAt(podIds, context, signal);
  if (first.missing.length === 0) return { gone: new Set(), there: first.there };
  await context.clocks.pause(BETWEEN_READS_MS, signal);
  const { missing } = await lookAt(first.missing, context, signal);
  if (!missing.some((id) => spots.has(id))) return { gone: new Set(missing), there: first.there };
  const others = await otherIds(context, signal);
  const gone = missing.filter((id) => !spots.has(id) || (others !== null && !others.has(id)));
  return { gone: new Set(gone), there: first.there };
}

/** A read that fails says neither. */
async function lookAt(
  podIds: readonly string[],
  { provider }: PodContext,
  signal: AbortSignal,
): Promise<{ missing: string[]; there: number }> {
  const reads = await Promise.all(
    podIds.map(async (id) => {
      try {
        const pod = await provider.get(id, signal);
        return { id, found: pod !== null && lookOf(pod).state !== 'gone' };
      } catch (error) {
        if (error instanceof ProviderFailure) return null;
        throw error;
      }
    }),
  );
  const known = reads.filter((read) => read !== null);
  return {
    missing: known.filter(({ found }) => !found).map(({ id }) => id),
    there: known.filter(({ found }) => found).length,
  };
}

/** Pods that our ledger calls up or off, and that neither the list nor any scan before has shown. */
export function unread(memory: ScanMemory, read: Pick<PodsRead, 'at' | 'pods'>, acts: OwnActs): string[] {
  const listed = new Set(read.pods.map(({ id }) => id));
  return [...acts].flatMap(([podId, { status, since }]) => {
    const settled = (status === 'running' || status === 'stopped') && since < read.at;
    return settled && !listed.has(podId) && memory.pods[podId] === undefined ? [podId] : [];
  });
}
