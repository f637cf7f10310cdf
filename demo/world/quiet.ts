import { setTimeout as pause } from 'node:timers/promises';
import { tick } from '../../src/jobs/names.ts';
import { type Approval, LAPSE_MS } from '../../src/policy/approval.ts';
import { isDue } from '../../src/policy/approval-moves.ts';
import { ASK_TTL_MS, REQUEST_TTL_MS } from '../../src/policy/ledger-moves.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Findings } from '../../src/store/findings.ts';
import { key } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import type { World } from './world.ts';

const POLL_MS = 30;

/** BullMQ keeps delayed jobs by the time at which they are due, shifted by twelve bits. */
const DUE_SHIFT = 0x1000;

/** Jobs that are being worked or could be; the tick itself, and jobs whose time has not come, do not count. */
async function busyJobs(world: World): Promise<number> {
  const counts = await Promise.all(
    world.queues.map(async (queue) => {
      // Nobody is there to tell anybody.
      if (queue.name === 'chat' && !world.running('bot')) return 0;
      const jobs = await queue.getJobs(['active', 'waiting', 'prioritized']);
      const due = await world.redisClient.zrangebyscore(
        queue.toKey('delayed'),
        '-inf',
        String((Date.now() + 1) * DUE_SHIFT),
      );
      const late = await Promise.all(due.map((id) => queue.getJob(id)));
      return [...jobs, ...late].filter((job) => job && job.name !== tick.name).length;
    }),
  );
  return counts.reduce((a, b) => a + b, 0);
}

/** What people typed or pressed, and a bot is still at. */
async function heldEvents({ redisClient, chats }: World): Promise<number> {
  const counts = await Promise.all(Object.keys(chats).map((chat) => redisClient.zcard(key('events', chat))));
  return counts.reduce((a, b) => a + b, 0);
}

/** The earliest moment that a row promises to somebody, ms on the demo's clock. */
export async function nextPromise(world: World): Promise<number> {
  const passing = await new Ledger(world.redisClient).passing();
  const expiries = passing.flatMap(({ status, createdAt }) => {
    if (status === 'asking') return [createdAt + ASK_TTL_MS + 1];
    return status === 'requested' ? [createdAt + REQUEST_TTL_MS + 1] : [];
  });
  const requests = await openRequests(world);
  const dues = requests.flatMap((record) => {
    if (record.status === 'requested') return [record.expiresAt, record.remindAt ?? Number.POSITIVE_INFINITY];
    return record.dueAt === null ? [] : [record.dueAt, record.dueAt + LAPSE_MS + 1];
  });
  const finding = await new Findings(world.redisClient).due();
  if (finding !== null) dues.push(finding);
  return Math.min(Number.POSITIVE_INFINITY, ...expiries, ...dues.filter((at) => at > world.clock.now()));
}

/** With the bot's own key: without it every request reads as altered. */
function openRequests(world: World): Promise<Approval[]> {
  return new Approvals(world.redisClient, new Audit(world.redisClient, world.auditKey())).open();
}

/** Approved and due, or being carried out: a worker owes it the next step. */
async function executing(world: World): Promise<boolean> {
  const now = world.clock.now();
  return (await openRequests(world)).some((record) => record.status === 'executing' || isDue(record, now));
}

async function isQuiet(world: World, ledger: Ledger): Promise<boolean> {
  const inFlight = world.runpod.inFlight() + world.slack.inFlight() + world.discord.inFlight();
  if (inFlight > 0) return false;
  if ((await busyJobs(world)) > 0) return false;
  if (world.running('bot') && (await heldEvents(world)) > 0) return false;
  const passing = (await ledger.passing()).filter(({ status }) => status !== 'asking');
  return passing.length === 0 && !(await executing(world));
}

/** Waits until nothing has been under way for `stillMs`, at most `limitMs`. Says whether it came to that. */
export async function untilQuiet(world: World, stillMs: number, limitMs: number): Promise<boolean> {
  const ledger = new Ledger(world.redisClient);
  const deadline = Date.now() + limitMs;
  let quietSince: number | null = null;
  while (Date.now() < deadline) {
    const quiet = await isQuiet(world, ledger);
    quietSince = quiet ? (quietSince ?? Date.now()) : null;
    if (quietSince !== null && Date.now() - quietSince >= stillMs) return true;
    await pause(POLL_MS);
  }
  return false;
}

const HOP_LIMIT_MS = 15_000;

/** One tick, and all that it set going. Without a worker nobody would do it, so nothing is waited for. */
export async function tickOnce(world: World): Promise<void> {
  if (!world.running('worker')) return;
  const [pods] = world.queues;
  const job = await pods?.add(tick.name, {}, { removeOnComplete: true, removeOnFail: true });
  const deadline = Date.now() + HOP_LIMIT_MS;
  while (job?.id && Date.now() < deadline && (await pods?.getJobState(job.id)) !== 'unknown') await pause(5);
  await untilQuiet(world, 0, Math.max(0, deadline - Date.now()));
}
