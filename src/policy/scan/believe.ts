import type { FleetPod } from '../fleet.ts';
import type { Row, RowStatus } from '../ledger.ts';
import { idle } from './idle.ts';
import { type Change, isUp, type Look, lookOf, type PodMemory, type ScanMemory, sameLook } from './memory.ts';
import { reportsOf } from './reporting.ts';

/** What one scan read of the pods. */
export interface PodsRead {
  /** Ms on Podwarden's clock, from before the call. */
  at: number;
  pods: readonly FleetPod[];
  /** RunPod's own sentences on when and why pods ended, where they were asked for. */
  said: ReadonlyMap<string, Told>;
}

/** When and why a pod ended, as RunPod says it or as its bill shows it. */
export interface Told {
  at: number | null;
  text: string;
  by?: 'runpod' | 'bill';
}

/** What our own ledger says of a pod: what we did ourselves is no change from outside. */
export interface OwnAct {
  /** `terminating`: a request to terminate it is being carried out. `none`: we hold no row of it, and wrote all the same. */
  status: RowStatus | 'terminating' | 'none';
  since: number;
  /** What was last sent to RunPod for it. */
  wrote?: Row['wrote'];
}
export type OwnActs = ReadonlyMap<string, OwnAct>;

const DAY = 86_400_000;
/** A scan is surprising beyond both (DESIGN of the project: unknown is not fine). */
const MANY = 5;
const SHARE = 0.25;
/** Scans that must agree before a surprise is acted on, and how far apart they are at least: not three in half a minute. */
export const AGREE = 3;
export const APART_MS = 4 * 60_000;
/** After this long without a believed read everything is as new. */
const SILENCE_MS = DAY;
/** Long enough to be said after the longest weekend. */
const CHANGES_KEPT_MS = 7 * DAY;
/** A pod that was off for this long, and is gone, was removed by RunPod. */
const REMOVED_AFTER_MS = 29 * DAY;

export function surprising(changed: number, of: number): boolean {
  return changed > MANY && changed > of * SHARE;
}

const EXPLAINS: Partial<Record<OwnAct['status'], (look: Look) => boolean>> = {
  launching: () => true,
  settling: () => true,
  starting: () => true,
  stopping: (look) => isUp(look) || look.state === 'stopped',
  // Not that it comes up again: that a list alone may show.
  running: (look) => look.state === 'up',
  stopped: (look) => look.state === 'stopped',
  failed: (look) => look.state === 'stopped' || look.state === 'error',
};

/** Whether the ledger accounts for the state that a pod is in now. */
function explained(act: OwnAct | undefined, look: Look): boolean {
  return act !== undefined && (EXPLAINS[act.status]?.(look) ?? false);
}

/** RunPod may carry out what we gave up on. */
const LATE_MS = 30 * 60_000;

/** Whether a write of ours, sent after the pod came to be as it is known, accounts for what it is now; null: it is gone. */
function wroteIt(act: OwnAct | undefined, known: PodMemory, look: Look | null, at: number): boolean {
  const wrote = act?.wrote;
  if (!wrote || wrote.at < known.since || at - wrote.at > LATE_MS) return false;
  if (look === null) return wrote.what === 'terminate';
  return wrote.what === 'stop' ? look.state === 'stopped' : wrote.what === 'start' && isUp(look);
}

const ENDING: readonly OwnAct['status'][] = ['terminated', 'terminating'];

/** A pod that comes up does so by itself. */
const natural = (before: Look, now: Look) =>
  before.state === 'coming' && now.state === 'up' && sameLook({ ...before, state: 'up', rate: now.rate }, now);

export interface Difference {
  podId: string;
  /** Null: the list misses it. */
  look: Look | null;
}

/** What a read shows otherwise than what is believed, and our own acts do not account for. */
export function differences(memory: ScanMemory, read: PodsRead, acts: OwnActs): Difference[] {
  const listed = new Map(read.pods.map((pod) => [pod.id, pod]));
  return Object.entries(memory.pods).flatMap(([podId, known]): Difference[] => {
    const pod = listed.get(podId);
    const look = pod ? lookOf(pod) : null;
    if (look === null || look.state === 'gone')
      return ENDING.includes(acts.get(podId)?.status ?? 'running') ? [] : [{ podId, look: null }];
    if (sameLook(look, known.look) || natural(known.look, look)) return [];
    const act = acts.get(podId);
    const ours = explained(act, look) || wroteIt(act, known, look, read.at);
    return ours && stateOnly(known.look, look) ? [] : [{ podId, look }];
  });
}

function stateOnly(before: Look, now: Look): boolean {
  return sameLook({ ...before, state: now.state, rate: now.rate, zeroGpu: now.zeroGpu }, now);
}

/** Nothing is compared with what was there more than a day ago, or never. */
export const afresh = (memory: ScanMemory, at: number): boolean =>
  memory.lastAt === 0 || at - memory.lastAt > SILENCE_MS;

/**
 * Whether a read that would change too much at once is held back. It is believed once three scans in a row have agreed
 * on it: not to the last pod, but as closely as two usual scans agree.
 */
export function hold(memory: ScanMemory, found: readonly Difference[], read: PodsRead): ScanMemory['held'] {
  const of = Object.keys(memory.pods).length;
  if (afresh(memory, read.at) || !surprising(found.length, of)) return null;
  const picture = Object.fromEntries(found.map(({ podId, look }) => [podId, look?.state ?? 'missing']));
  const before = memory.held;
  const agrees = before !== null && agree(before.picture, picture);
  if (agrees && read.at - before.countedAt < APART_MS) return before;
  const reads = agrees ? before.reads + 1 : 1;
  const since = before?.since ?? read.at;
  return reads >= AGREE ? null : { since, reads, countedAt: read.at, picture, changed: found.length, of };
}

function agree(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  const differ = [...ids].filter((id) => a[id] !== b[id]).length;
  return !surprising(differ, ids.size);
}

export interface Proofs {
  /** Read once more by id, and shown the same. */
  confirmed: ReadonlySet<string>;
  /** Proven gone: two reads by id, and absence from the list. */
  gone: ReadonlySet<string>;
  /** Three scans in a row agreed on what was held back. */
  agreed: boolean;
}

/**
 * What is believed after a read. A state that nobody here caused is believed when two reads show it: this one and the
 * last, or this one and one by id.
 */
export function believePods(
  memory: ScanMemory,
  read: PodsRead,
  acts: OwnActs,
  proofs: Proofs,
  idleBelow: number,
): Pick<ScanMemory, 'pods' | 'changes' | 'unsure'> {
  const fresh = afresh(memory, read.at);
  const judge: Judging = { read, acts, proofs, fresh, idleBelow };
  const found = new Set(differences(memory, read, acts).map(({ podId }) => podId));
  const listed = new Map(read.pods.map((pod) => [pod.id, pod]));
  const pods: Record<string, PodMemory> = {};
  const changes: Change[] = fresh ? [] : memory.changes.filter(({ at }) => read.at - at < CHANGES_KEPT_MS);
  let unsure = false;
  for (const [podId, known] of Object.entries(memory.pods)) {
    const pod = listed.get(podId);
    const there = pod && lookOf(pod).state !== 'gone';
    const verdict = there ? shown(podId, known, pod, found.has(podId), judge) : missed(podId, known, judge);
    if (verdict.pod) pods[podId] = verdict.pod;
    changes.push(...verdict.changes);
    unsure ||= verdict.unsure;
  }
  for (const pod of read.pods) {
    if (memory.pods[pod.id] || lookOf(pod).state === 'gone') continue;
    const act = acts.get(pod.id);
    const first = firstSight(pod, read, act, memory.lastAt);
    // One read that contradicts our own row is not yet believed.
    const odd = act !== undefined && UP.includes(act.status) && !isUp(first.look);
    pods[pod.id] = odd && !fresh ? doubtful(first, pod, read.at) : reported(first, pod, read.at, idleBelow);
    unsure ||= odd && !fresh;
  }
  return { pods, changes, unsure };
}

const UP: readonly OwnAct['status'][] = ['running', 'starting', 'launching'];

/** Up, as our row has it, until a second read says otherwise too. */
function doubtful(first: PodMemory, pod: FleetPod, at: number): PodMemory {
  const up = { ...first.look, state: 'up' as const, rate: pod.microUsdPerHour };
  return { ...first, look: up, next: first.look, since: at, source: 'seen', said: null, upRate: pod.microUsdPerHour };
}

interface Judging {
  read: PodsRead;
  acts: OwnActs;
  proofs: Proofs;
  fresh: boolean;
  idleBelow: number;
}

interface Verdict {
  /** Null: it is gone. */
  pod: PodMemory | null;
  changes: Change[];
  unsure: boolean;
}

function missed(podId: string, known: PodMemory, { read, acts, proofs, fresh }: Judging): Verdict {
  if (acts.get(podId)?.status === 'terminated') return { pod: null, changes: [], unsure: false };
  const ours = acts.get(podId)?.status === 'terminating';
  if (ours || !proofs.gone.has(podId)) {
    return { pod: { ...known, missing: known.missing + 1 }, changes: [], unsure: !ours && known.missing === 0 };
  }
  const forgotten = known.look.state === 'stopped' && read.at - known.since >= REMOVED_AFTER_MS;
  const what = forgotten ? 'removed by RunPod' : 'terminated';
  const told = fresh || wroteIt(acts.get(podId), known, null, read.at);
  return { pod: null, changes: told ? [] : [changed(read, podId, known, what)], unsure: false };
}

function shown(podId: string, known: PodMemory, pod: FleetPod, outside: boolean, judge: Judging): Verdict {
  const { read, acts, proofs, fresh, idleBelow } = judge;
  const look = lookOf(pod);
  const sure = !outside || fresh || proofs.agreed || proofs.confirmed.has(podId);
  if (!sure && !(known.next && sameLook(known.next, look)))
    return { pod: { ...known, next: look, missing: 0 }, changes: [], unsure: true };
  const after = enter(known, look, read, podId, acts.get(podId));
  const changes = outside && !fresh ? changesOf(read, podId, known, look) : [];
  return { pod: reported(after, pod, read.at, idleBelow), changes, unsure: false };
}

function firstSight(pod: FleetPod, read: PodsRead, act: OwnAct | undefined, lastAt: number): PodMemory {
  const look = lookOf(pod);
  const created = Date.parse(pod.createdAt);
  // What was made since the last scan is known from its own beginning.
  const fresh = lastAt > 0 && created > lastAt && created <= read.at;
  const blank: PodMemory = {
    look,
    next: null,
    firstSeenAt: fresh ? created : read.at,
    since: read.at,
    source: 'first-seen',
    said: null,
    upRate: look.rate,
    idleSince: null,
    idleReads: 0,
    missing: 0,
  };
  if (isUp(look)) {
    const started = pod.startedAt === null ? Date.parse(pod.createdAt) : Date.parse(pod.startedAt);
    return { ...blank, since: Number.isFinite(started) ? Math.min(started, read.at) : read.at };
  }
  return { ...blank, ...endOf(pod.id, look, read, act, 'first-seen') };
}

/** When a pod ended, by the best source there is. */
function endOf(
  podId: string,
  look: Look,
  read: PodsRead,
  act: OwnAct | undefined,
  otherwise: PodMemory['source'],
): Pick<PodMemory, 'since' | 'source' | 'said'> {
  const told = read.said.get(podId);
  const said = told?.text || null;
  const ours = act && !isUp(look) && (act.status === 'stopped' || act.status === 'failed');
  if (ours) return { since: act.since, source: 'own', said: null };
  if (told?.at && told.at <= read.at) return { since: told.at, source: told.by ?? 'runpod', said };
  return { since: read.at, source: otherwise, said };
}

function enter(known: PodMemory, look: Look, read: PodsRead, podId: string, act: OwnAct | undefined): PodMemory {
  const upRate = look.rate > 0 ? look.rate : known.upRate;
  const base = { ...known, look, next: null, upRate, missing: 0 };
  if (known.look.state !== look.state && !(known.look.state === 'coming' && look.state === 'up')) {
    if (isUp(look)) return { ...base, since: read.at, source: 'seen', said: null, idleSince: null, idleReads: 0 };
    if (wroteIt(act, known, look, read.at) && act?.status !== 'stopped')
      return { ...base, since: read.at, source: 'own', said: null, idleSince: null, idleReads: 0 };
    return { ...base, ...endOf(podId, look, read, act, 'seen'), idleSince: null, idleReads: 0 };
  }
  if (known.look.state !== look.state) return { ...base, since: read.at, source: 'seen' };
  // A better source for the same end came later.
  const told = read.said.get(podId);
  const weak = !isUp(look) && (known.source === 'first-seen' || known.source === 'seen');
  if (weak && told?.at && told.at <= read.at)
    return { ...base, since: told.at, source: told.by ?? 'runpod', said: told.text === '' ? base.said : told.text };
  return base;
}

/** What its container says of it, at a read that is believed. */
function reported(memory: PodMemory, pod: FleetPod, at: number, below: number): PodMemory {
  return { ...idle(memory, pod, at, below), reports: reportsOf(pod, memory, at) };
}

function changed(read: PodsRead, podId: string, known: PodMemory, what: Change['what'], now = ''): Change {
  const said = read.said.get(podId)?.text || null;
  return { at: read.at, podId, name: known.look.name, what, now, said, owner: null, room: '', ours: false };
}

function changesOf(read: PodsRead, podId: string, known: PodMemory, now: Look): Change[] {
  const before = known.look;
  const found: [Change['what'], string?][] = [];
  if (isUp(before) && now.state === 'stopped') found.push(['stopped']);
  if (!isUp(before) && isUp(now)) found.push(['started']);
  // What stood for a name or a size that had never been read is none that changed: a pod without one is called by its id.
  if (before.name !== now.name && before.name !== podId) found.push(['renamed', now.name.slice(0, 80)]);
  if (isResized(before, now))
    found.push(['resized', `${now.containerDiskGb} GB container disk, ${now.volumeDiskGb} GB volume disk`]);
  if (before.imageMark !== '' && now.imageMark !== '' && before.imageMark !== now.imageMark)
    found.push(['image changed']);
  return found.map(([what, to]) => changed(read, podId, known, what, to));
}

/** RunPod gives no pod a volume disk later, and no pod lacks a container disk: from none to one, it was not read before. */
const isResized = (before: Look, now: Look): boolean =>
  (before.volumeDiskGb !== now.volumeDiskGb && before.volumeDiskGb > 0) ||
  (before.containerDiskGb !== now.containerDiskGb && before.containerDiskGb > 0);

/** Pods as they are believed: what one read alone shows otherwise is still shown as it was. */
export function believedPods(
  memory: Pick<ScanMemory, 'pods'>,
  read: PodsRead,
  before: readonly FleetPod[],
): FleetPod[] {
  const listed = new Map(read.pods.map((pod) => [pod.id, pod]));
  const last = new Map(before.map((pod) => [pod.id, pod]));
  return Object.entries(memory.pods).flatMap(([podId, known]) => {
    const doubted = known.next !== null || known.missing > 0;
    const pod = (doubted ? last.get(podId) : undefined) ?? listed.get(podId) ?? last.get(podId);
    return pod ? [pod] : [];
  });
}
