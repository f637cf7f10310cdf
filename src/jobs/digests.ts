import { budgetOf, budgetsNow } from '../policy/costs/budgets.ts';
import { cutOf, type Day, daysFrom, plusDays } from '../policy/costs/days.ts';
import { corrected, type Digest, type DigestFacts, factsFor } from '../policy/costs/digest.ts';
import { usualDays } from '../policy/costs/usual.ts';
import {
  DIGESTS,
  type DigestKind,
  type DigestTimes,
  type DigestWindow,
  doneAtFirst,
  dueWindows,
} from '../policy/costs/windows.ts';
import type { GovernedContext } from './approvals.ts';
import { budgetsIn, monthUntil } from './cost-reading.ts';
import { defineJob } from './define.ts';
import { announceDigest, writeDigest as name, readBilling } from './names.ts';

type Room = GovernedContext['governance']['rooms'][number];

const timesOf = ({ timezone }: Room, { governance }: Pick<GovernedContext, 'governance'>): DigestTimes => ({
  zone: timezone,
  ...governance.digest,
});

/** A clock that was ahead for a moment: what it had posted is no reason to be silent until that day has come. */
const AHEAD_DAYS = 2;

/** The last window that was done. One that is no longer wanted is forgotten, so that turning it on again makes up for nothing. */
async function sensibleDone(
  room: string,
  kind: DigestKind,
  newest: Day,
  wanted: boolean,
  { digests, log }: GovernedContext,
): Promise<Day | null> {
  const done = await digests.done(room, kind);
  if (done === null) return null;
  const ahead = done > plusDays(newest, AHEAD_DAYS);
  if (wanted && !ahead) return done;
  if (ahead) log.warn({ room, kind, done, newest }, 'digests were written for days to come; the clock was wrong');
  await digests.forget(room, kind);
  return null;
}

/** What the clock owes: windows that are due, and cards that are behind. */
export async function tickDigests(context: GovernedContext): Promise<void> {
  const { digests, governance, clocks, enqueue } = context;
  const now = clocks.now();
  for (const room of governance.rooms) {
    for (const kind of DIGESTS) {
      const times = timesOf(room, context);
      const done = await sensibleDone(
        room.name,
        kind,
        doneAtFirst(kind, now, times),
        room.digest.includes(kind),
        context,
      );
      if (!room.digest.includes(kind)) continue;
      if (done === null) await digests.begin(room.name, kind, doneAtFirst(kind, now, times));
      const [next] = dueWindows(kind, done, now, times);
      // One at a time: the next is due once this one is written.
      if (next)
        await enqueue(
          name,
          { room: room.name, kind, last: next.last },
          { id: `${name.name}-${digestId(room.name, next)}` },
        );
    }
  }
  for (const id of await digests.untold()) await tellDigest(id, context);
}

export const tellDigest = (id: string, { enqueue }: Pick<GovernedContext, 'enqueue'>): Promise<void> =>
  enqueue(announceDigest, { digest: id }, { id: `${announceDigest.name}-${id}` });

/** The same for whoever writes it: two workers at once write one. */
const digestId = (room: string, { kind, last }: Pick<DigestWindow, 'kind' | 'last'>): string =>
  `${kind}_${last}_${room}`;

/** Billing is read first where it was not read since the window ended. Real ms between looks. */
const READ_FIRST_MS = 1000;
/** What was billed in a window's last minutes comes some minutes later. */
const BILLED_AFTER_MS = 10 * 60_000;

/** Writes one window's digest, once. */
export const writeDigest = defineJob({
  ...name,
  timeoutMs: 60_000,
  async handle({ room: roomName, kind, last }, context: GovernedContext) {
    const room = context.governance.rooms.find((one) => one.name === roomName);
    if (!room) return;
    const now = context.clocks.now();
    const done = await context.digests.done(room.name, kind);
    const window = dueWindows(kind, done, now, timesOf(room, context)).find((one) => one.last === last);
    if (!window) return;
    const readAt = (await context.snapshots.lastRuns())[readBilling.name] ?? 0;
    if (readAt < Math.min(window.dueAt, cutOf(last, room.timezone).to + BILLED_AFTER_MS)) {
      await context.enqueue(readBilling, {}, { id: readBilling.name });
      // The tick asks for it again once that is done.
      await context.clocks.pause(READ_FIRST_MS, AbortSignal.timeout(2 * READ_FIRST_MS));
      return;
    }
    const id = digestId(room.name, window);
    const { first, dueAt } = window;
    const facts = await gather(room, window, now, context);
    const digest = {
      id,
      rev: 1,
      room: room.name,
      kind,
      zone: room.timezone,
      first,
      last,
      dueAt,
      createdAt: now,
      facts,
    };
    if (!(await context.digests.write(digest))) return context.digests.passOver(digest);
    context.log.info({ digest: id, late: now - dueAt }, 'digest written');
    await tellDigest(id, context);
  },
});

async function gather(room: Room, window: DigestWindow, now: number, context: GovernedContext): Promise<DigestFacts> {
  const { costs, findings, audit, budgets, governance } = context;
  const zone = room.timezone;
  const [days, sums, memory, head, set] = await Promise.all([
    costs.days(zone, neededDays(window)),
    costs.sums(zone),
    findings.memory(),
    audit.head(),
    budgets.all(),
  ]);
  const known = budgetsNow(governance.budgets.base, set);
  // As of the window that is told of, not of the morning on which it is read.
  const end = cutOf(window.last, zone).to - 1;
  const states = await budgetsIn(zone, end, { costs, budgets, rules: governance.budgets });
  return factsFor({
    window,
    now,
    days,
    sums,
    memory,
    autoPay: governance.thresholds.autoPay,
    month: monthUntil(sums, window.last),
    budgets: states === 'unread' ? [] : states,
    dayBudget: budgetOf(known, 'team').day,
    audit: head,
  });
}

/** The window, as many days before it, and what a day is measured by. */
function neededDays({ kind, first, last }: { kind: DigestKind; first: Day; last: Day }): Day[] {
  if (kind === 'weekly') return daysFrom(plusDays(first, -7), last);
  return [...usualDays(last), last];
}

/** After billing was read: what it corrected is corrected on the cards too, until it is final. */
export async function correctDigests(context: GovernedContext): Promise<void> {
  for (const id of await context.digests.unfinished()) {
    const before = await context.digests.get(id);
    const room = context.governance.rooms.find(({ name: one }) => one === before?.room);
    if (!before || !room || room.timezone !== before.zone) await context.digests.finished(id);
    else await correct(before, room, context);
  }
}

/** A day that was never read whole does not become final; nobody waits for it for ever. */
const GIVE_UP_MS = 10 * 86_400_000;

async function correct(before: Digest, room: Room, context: GovernedContext): Promise<void> {
  const now = context.clocks.now();
  if (now - before.createdAt > GIVE_UP_MS) return context.digests.finished(before.id);
  const facts = corrected(before.facts, await gather(room, before, now, context));
  if (facts && (await context.digests.correct(before, facts))) await tellDigest(before.id, context);
}
