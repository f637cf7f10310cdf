import { metered } from '../policy/costs/meter.ts';
import { isWatched, otherBlindness, scanBlindness } from '../policy/findings/blind.ts';
import { type Finding, keyOf } from '../policy/findings/finding.ts';
import { findHits } from '../policy/findings/rules.ts';
import { passTime } from '../policy/findings/settle.ts';
import type { FleetPod } from '../policy/fleet.ts';
import { brokenPresets } from '../policy/presets.ts';
import { withSavingsPlan } from '../policy/savings-plans.ts';
import { balanceAt, believeBalance, withJump, withPeak } from '../policy/scan/account.ts';
import {
  afresh,
  believedPods,
  believePods,
  differences,
  hold,
  type OwnActs,
  surprising,
} from '../policy/scan/believe.ts';
import { believeOther, burnOf, otherPerHour } from '../policy/scan/burn.ts';
import { blank, type Change, type ScanMemory } from '../policy/scan/memory.ts';
import { withReported } from '../policy/scan/reporting.ts';
import { believeVolumes } from '../policy/scan/volumes.ts';
import { hasNameless, rowsIn, toKeep, type Unread, unreadLines } from '../policy/unread.ts';
import { meterOperations, type SeenPod } from '../store/costs.ts';
import type { GovernedContext } from './approvals.ts';
import { defineJob } from './define.ts';
import { adoptLate, followRows } from './follow-rows.ts';
import { readFleet as name, SCAN_SEEN, TRIED } from './names.ts';
import { ProviderFailure } from './ports.ts';
import { type AccountPicture, prove, readAccount, readSaids, unread } from './scan-read.ts';
import {
  attributed,
  type Books,
  burnIn,
  defaultRoom,
  readBooks,
  settling,
  watchedBudgets,
  worldOf,
} from './scan-world.ts';
import { stepsFor, tellSteps } from './tell-findings.ts';

/** Presses and other scans may come between: each loss means that somebody else made progress. */
const MAX_TRIES = 20;
/** A top-up within so long was promised. */
const PROMISED_MS = 2 * 86_400_000;

/**
 * One scan: reads the account with as many calls as its lists have pages, decides what of it to believe, asks policy what
 * is worth saying, and writes memory and findings in one step. Then rows follow, and cards.
 */
export const readFleet = defineJob({
  ...name,
  timeoutMs: 2 * 60_000,
  async handle(_, context: GovernedContext, signal) {
    // The time before the call: what changes while it runs is newer than what it says.
    const at = context.clocks.now();
    await context.snapshots.ran(TRIED, at);
    try {
      await whole(at, context, signal);
    } catch (error) {
      await blinded(error, at, context);
      throw error;
    } finally {
      await context.snapshots.seen(SCAN_SEEN, context.clocks.realNow());
    }
    await context.snapshots.ran(name.name, at);
  },
});

async function whole(at: number, context: GovernedContext, signal: AbortSignal): Promise<void> {
  const before = (await context.findings.memory()) ?? blank(at);
  const read = await readAccount(at, context, signal);
  const unread = [...read.unread, ...(await context.snapshots.unreadable())];
  const { savingsPlans = [] } = context.governance;
  const asKnown = (pod: FleetPod) => withSavingsPlan(withReported(pod, before.pods[pod.id]), savingsPlans);
  const picture = { ...read, unread, pods: read.pods.map(asKnown) };
  await adoptLate(picture.pods, context);
  const ids = [...Object.keys(before.pods), ...picture.pods.map(({ id }) => id)];
  await scan(before, picture, await readBooks([...new Set(ids)], context), context, signal);
}

/** What our books say of each pod, over what they said `before`: what we did, or are doing, is no change from outside. */
function actsOf(
  { rows, ending }: Pick<Books, 'rows' | 'ending'>,
  { direct }: GovernedContext,
  before: OwnActs = new Map(),
): OwnActs {
  const acts = new Map(before);
  for (const [podId, { status, since, wrote }] of rows) acts.set(podId, { status, since, wrote });
  for (const [podId, at] of direct.askedAt) {
    const act = acts.get(podId) ?? { status: 'none' as const, since: at };
    if ((act.wrote?.at ?? 0) < at) acts.set(podId, { ...act, wrote: { what: 'stop', at } });
  }
  for (const [podId, since] of ending) {
    if (acts.get(podId)?.status !== 'terminated') acts.set(podId, { status: 'terminating', since });
  }
  return acts;
}

async function scan(
  memory: ScanMemory,
  picture: AccountPicture,
  books: Books,
  context: GovernedContext,
  signal: AbortSignal,
): Promise<void> {
  const { at } = picture;
  const early = actsOf(books, context);
  const bare = { at, pods: picture.pods, said: new Map() };
  const found = differences(memory, bare, early);
  const held = hold(memory, found, bare);
  if (held) return holdBack(held, memory, at, context);
  const spots = new Set([...books.rows].filter(([, row]) => row.spec?.market === 'spot').map(([podId]) => podId));
  const agreed = memory.held !== null && surprising(found.length, memory.held.of);
  const nameless = hasNamelessOf(picture, 'pod');
  const proofs = await prove(
    found,
    unread(memory, bare, early),
    { spots, agreed, known: memory.pods, nameless },
    context,
    signal,
  );
  // Lists that miss many, again and again, while reads by id find them: no number of scans makes that true.
  if (agreed && memory.held && proofs.contradicted > 0) return holdBack(memory.held, memory, at, context);
  const { said, asked } = await readSaids(memory, bare, found, context, signal);
  const read = { ...bare, said };
  // Looking took a while: what we did meanwhile is ours too.
  const changed = found.map(({ podId }) => podId);
  const acts = found.length === 0 ? early : actsOf(await readBooks(changed, context), context, early);
  const { idleBelowPercent, postpaid } = context.governance.thresholds;
  const believed = believePods(memory, read, acts, { ...proofs, agreed }, idleBelowPercent);
  const last = await context.snapshots.fleet();
  logUnread(picture.unread, last?.unread ?? [], context);
  const pods = believedPods(believed, read, last?.pods ?? []);
  const after = remembered(
    memory,
    { ...believed, changes: explained(memory, attributed(believed.changes, at, books, context), at) },
    pods,
    picture,
    books,
    postpaid,
  );
  const next = { ...after, askedAt: asked ? at : memory.askedAt };
  if (await judged(memory, next, pods, picture, books, context)) {
    await context.snapshots.saveFleet({ readAt: at, pods, unread: toKeep(picture.unread) });
    await context.costs.see(seenPods(pods, at));
    await followRows(books.rows.values(), next, pods, proofs.gone, context);
  }
}

const hasNamelessOf = ({ unread }: AccountPicture, list: string): boolean =>
  hasNameless(unread.filter(({ of }) => of === list));

/** Once for as long as it is the same. */
function logUnread(now: readonly Unread[], before: readonly Unread[], { log }: GovernedContext): void {
  const rows = unreadLines(toKeep(now));
  if (rows.join() === unreadLines(before).join()) return;
  if (rows.length === 0) log.info({}, 'everything in Runpod’s lists reads again');
  else log.warn({ count: rowsIn(now), rows: rows.slice(0, 20) }, 'rows of Runpod’s lists do not read');
}

const seenPods = (pods: readonly FleetPod[], at: number): Map<string, SeenPod> =>
  new Map(pods.map(({ id, name, gpuName, gpuCount }) => [id, { name, gpu: gpuCount === null ? null : gpuName, at }]));

/** What ends when the money does is RunPod's doing. */
function explained(memory: ScanMemory, changes: readonly Change[], at: number): Change[] {
  const broke = memory.account !== null && balanceAt(memory.account, memory.lastBurn, at) <= 0;
  const ends = ({ what }: Change) => what === 'terminated' || what === 'stopped';
  return changes.map((change) =>
    broke && change.at === at && change.said === null && ends(change) ? { ...change, said: NO_MONEY } : change,
  );
}

/** As RunPod says it of pods that it stops. */
const NO_MONEY = 'Insufficient balance';

async function holdBack(
  held: NonNullable<ScanMemory['held']>,
  memory: ScanMemory,
  at: number,
  context: GovernedContext,
): Promise<void> {
  context.log.warn({ changed: held.changed, of: held.of, reads: held.reads }, 'a read is held back');
  const trouble = troubleOf(memory, at, 'held', `${held.changed} of ${held.of} pods would change at once`);
  await writeBlind({ ...memory, held, trouble, unsure: false }, memory, at, context);
}

/** Everything else that is remembered of this scan. */
function remembered(
  memory: ScanMemory,
  believed: Pick<ScanMemory, 'pods' | 'changes' | 'unsure'>,
  pods: readonly FleetPod[],
  picture: AccountPicture,
  books: Books,
  postpaid: boolean | null,
): ScanMemory {
  const { at, volumes: read, account: answer } = picture;
  const fresh = afresh(memory, at);
  const volumes = believeVolumes(memory.volumes, read, pods, at, !hasNamelessOf(picture, 'network volume'));
  const account = answer === 'retired' ? null : answer;
  const known = burnOf(pods, Object.values(volumes), 0).total;
  const other = believeOther(memory, account?.perHour == null ? null : otherPerHour(account.perHour, known));
  const burn = burnIn(pods, { volumes, otherPerHour: other.otherPerHour });
  const earlier = memory.lastAt === 0 ? burn.total : memory.lastBurn;
  const balance = believeBalance(
    memory.account,
    account,
    { before: earlier, now: burn.total, compute: burn.compute },
    at,
    {
      promised: books.open.some(({ snooze }) => snooze?.topUp === true && at - snooze.at < PROMISED_MS),
      declared: postpaid,
    },
  );
  const doubted = balance?.doubt ?? null;
  const drop = balance && doubted && doubted.balance < balance.balance - burn.total;
  return {
    ...memory,
    ...believed,
    begunAt: fresh ? at : memory.begunAt,
    lastAt: at,
    volumes,
    account: balance,
    ...other,
    lastBurn: burn.total,
    peaks: withPeak(memory.peaks, burn.total, at),
    jumped: withJump(memory.jumped, books.open, at),
    held: null,
    trouble: drop ? troubleOf(memory, at, 'held', 'The balance fell by more than what was spent') : null,
    balanceSince: account === null || balance === null ? (memory.balanceSince ?? at) : null,
  };
}

function troubleOf(
  { trouble }: ScanMemory,
  at: number,
  what: 'failing' | 'key' | 'held',
  detail: string,
): NonNullable<ScanMemory['trouble']> {
  return { since: trouble?.since ?? at, what, detail };
}

/** Asks policy, and writes. False where another scan was quicker: it says what there is to say. */
async function judged(
  memory: ScanMemory,
  next: ScanMemory,
  pods: readonly FleetPod[],
  picture: AccountPicture,
  books: Books,
  context: GovernedContext,
): Promise<boolean> {
  const room = defaultRoom(context);
  const gone = (subject: string) => memory.pods[subject] !== undefined && next.pods[subject] === undefined;
  const when = { ...(await settling(picture.at, context)), gone };
  const redisUsed = await context.findings.memoryUse();
  const around = {
    balanceSince: next.balanceSince,
    retired: picture.account === 'retired',
    sunset: context.provider.sunset(),
    redisUsed,
    ...(await catalogState(context)),
  };
  const budgets = await watchedBudgets(picture.at, context);
  const meter = meterOperations(metered(memory, next));
  let open = books.open;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const world = worldOf(picture.at, next, pods, { ...books, open }, context, budgets);
    const blind = [...scanBlindness(next, picture.at, room), ...otherBlindness(around, picture.at, room)];
    const hits = [...findHits(world), ...(context.governance.thresholds.off.includes('blind') ? [] : blind)];
    const steps = stepsFor(open, isScans, hits, when);
    if (await context.findings.commit(memory.rev === 0 ? null : memory, next, steps, meter)) {
      await tellSteps(steps, context);
      return true;
    }
    const now = await context.findings.memory();
    if ((now?.rev ?? 0) !== memory.rev) return false;
    open = await context.findings.open();
  }
  return false;
}

/** How old GPU types and prices are, and what the policy file names that is not among them. */
async function catalogState({ snapshots, governance }: GovernedContext) {
  const catalog = await snapshots.catalogue();
  if (!catalog) return { catalogAt: null, presets: [] };
  const projects = governance.projects.map(({ name }) => name);
  const around = { ...catalog, defaults: governance.defaults, projects };
  return { catalogAt: catalog.readAt, presets: brokenPresets(governance.presets, catalog.gpus, around) };
}

const isScans = ({ rule, subject }: Finding) => rule !== 'blind' || !isWatched(subject);
const isScanItself = (finding: Finding) => keyOf(finding) === 'blind scan';

/** Where nothing could be read or believed, that alone is judged, and what time does: everything else stays as it was. */
async function writeBlind(next: ScanMemory, memory: ScanMemory, at: number, context: GovernedContext): Promise<void> {
  const when = await settling(at, context);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const open = await context.findings.open();
    const blind = stepsFor(open, isScanItself, scanBlindness(next, at, defaultRoom(context)), when);
    const others = open.filter((finding) => !isScanItself(finding) && isScans(finding));
    const steps = [
      ...blind,
      ...passTime(others, at).map((after) => ({ before: others.find(({ id }) => id === after.id) ?? null, after })),
    ];
    const { since, what } = memory.trouble ?? {};
    const same = next.held === memory.held && since === next.trouble?.since && what === next.trouble?.what;
    if (same && steps.length === 0) return;
    if (await context.findings.commit(memory.rev === 0 ? null : memory, next, steps)) return tellSteps(steps, context);
    const now = await context.findings.memory();
    if ((now?.rev ?? 0) !== memory.rev) return;
  }
}

/** A scan that failed, whyever: RunPod, our store, or ourselves. */
async function blinded(error: unknown, at: number, context: GovernedContext): Promise<void> {
  const known = error instanceof ProviderFailure;
  const what = known && error.reason === 'access' ? 'key' : 'failing';
  const detail = known ? error.detail.slice(0, 200) : 'Podwarden itself failed; its log says why';
  context.log.warn({ what, error: (error as Error).message }, 'a scan failed');
  const memory = (await context.findings.memory()) ?? blank(at);
  await writeBlind({ ...memory, trouble: troubleOf(memory, at, what, detail) }, memory, at, context);
}
