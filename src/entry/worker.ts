import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CriticalWebhook, Policy, RunpodSettings } from '../config/settings.ts';
import type { GovernedContext } from '../jobs/approvals.ts';
import { confirmedReads } from '../jobs/confirmed-reads.ts';
import { writeDigest } from '../jobs/digests.ts';
import { DirectStops } from '../jobs/direct-stop.ts';
import { keepTicking, LATE_TICKS, scheduleTicks } from '../jobs/keep-ticking.ts';
import { keyAlarm } from '../jobs/key-alarm.ts';
import { launchPod } from '../jobs/launch-pod.ts';
import { announceRequest, pageOut as pageOutName } from '../jobs/names.ts';
import { pageOut } from '../jobs/page-out.ts';
import { type Clocks, type Log, ProviderFailure } from '../jobs/ports.ts';
import { createProducer } from '../jobs/queues.ts';
import { readBilling } from '../jobs/read-billing.ts';
import { readFleet } from '../jobs/read-fleet.ts';
import { readPod } from '../jobs/read-pod.ts';
import { reconcile } from '../jobs/reconcile.ts';
import { refreshCatalogue } from '../jobs/refresh-catalogue.ts';
import { reviewRequests } from '../jobs/review-requests.ts';
import { startWorking, stopWorking, type Verdict } from '../jobs/run.ts';
import { startPod } from '../jobs/start-pod.ts';
import { stopPod } from '../jobs/stop-pod.ts';
import { terminatePod } from '../jobs/terminate-pod.ts';
import { TICK_MS, tick } from '../jobs/tick.ts';
import { StoreWatch } from '../jobs/watch-store.ts';
import { newSuffix } from '../policy/pod-names.ts';
import { createRunpod } from '../runpod/client.ts';
import { AccountMismatch, AccountPin } from '../store/account-pin.ts';
import { Approvals } from '../store/approvals.ts';
import { Budgets } from '../store/budgets.ts';
import { Choices } from '../store/choices.ts';
import { Costs } from '../store/costs.ts';
import { Digests } from '../store/digests.ts';
import { DirectLine } from '../store/direct-line.ts';
import { Findings } from '../store/findings.ts';
import { PREFIX } from '../store/keys.ts';
import { Ledger } from '../store/ledger.ts';
import { Links } from '../store/links.ts';
import { Owners } from '../store/owners.ts';
import { Replies } from '../store/replies.ts';
import { Snapshots } from '../store/snapshots.ts';
import { StoreWitness } from '../store/witness.ts';
import { AccountGate, gated } from './account-gate.ts';
import { criticalWebhook } from './critical-webhook.ts';
import { OwedWrites } from './owed-writes.ts';
import { type Connections, newId, noLine, openAudit } from './process.ts';
import { repeatedly, watchStore } from './repeatedly.ts';
import { runpodPort } from './runpod-port.ts';
import { VERSION } from './version.ts';

const DEFINITIONS = [
  launchPod,
  stopPod,
  startPod,
  readPod,
  readFleet,
  readBilling,
  writeDigest,
  refreshCatalogue,
  reconcile,
  terminatePod,
  reviewRequests,
  pageOut,
  tick,
];

/** Most jobs sleep between reads: many launches at once must not keep a stop waiting for a place. */
const CONCURRENCY = 500;
const SHUTDOWN_MS = 10_000;
const FIRST_READS_MS = 10_000;
/** How long the start waits for RunPod to say whose the key is. */
const ACCOUNT_MS = 5000;

export interface WorkerTimings {
  settleMs: number;
  createTimeoutMs: number;
  tickMs: number;
}

/** The settle time is longer than the create's own timeout: the first call may still be running inside RunPod. */
export const TIMINGS: WorkerTimings = { settleMs: 180_000, createTimeoutMs: 120_000, tickMs: TICK_MS };

/** Works pod jobs. Holds the RunPod key and no chat token. */
export async function runWorker(options: {
  runpod: RunpodSettings;
  policy: Policy;
  redis: Connections;
  auditKey: string;
  criticalWebhook: CriticalWebhook | null;
  clocks: Clocks;
  log: Log;
  timings?: WorkerTimings;
}): Promise<{ close(): Promise<void> }> {
  const { redis, clocks, log, timings = TIMINGS } = options;
  const sunsets = new Map<string, string>();
  let heard: ReturnType<typeof keyAlarm> = async () => {};
  const runpod = createRunpod({
    apiKey: options.runpod.apiKey,
    baseUrl: options.runpod.url,
    graphqlUrl: options.runpod.graphqlUrl,
    userAgent: `podwarden/${VERSION}`,
    createTimeoutMs: timings.createTimeoutMs,
    onCall: (call) => {
      log.debug(call, 'RunPod');
      void heard(call.status);
    },
    onSunset: (call, day) => sunsets.set(call, day),
  });
  const sunset = () => [...sunsets].map(([call, day]) => `${call} ends ${day}`).join('; ') || null;
  const owed = new OwedWrites(log);
  const audit = await openAudit(redis, options.auditKey, 'worker', clocks, log, owed);
  const gate = new AccountGate({
    pin: new AccountPin(redis.producer, audit),
    runpod: { apiKey: options.runpod.apiKey, accountId: (signal) => runpod.graphql.accountId({ signal }) },
    clocks,
    log,
  });
  await checkAccount(gate, log).catch(async (error: unknown) => {
    await runpod.close();
    throw error;
  });
  const producer = createProducer(redis.producer, PREFIX, log);
  const approvals = new Approvals(redis.producer, audit);
  const snapshots = new Snapshots(redis.producer);
  const provider = confirmedReads(gated(runpodPort(runpod, sunset), gate), snapshots);
  const direct = new DirectStops({ provider, clocks, log, audit });
  const context: GovernedContext = {
    provider,
    direct,
    ledger: new Ledger(redis.producer, audit),
    approvals,
    audit,
    links: new Links(redis.producer, audit, approvals),
    owners: new Owners(redis.producer, audit),
    findings: new Findings(redis.producer),
    choices: new Choices(redis.producer),
    costs: new Costs(redis.producer),
    budgets: new Budgets(redis.producer, audit),
    digests: new Digests(redis.producer),
    newId,
    pages: pageOutName,
    pager: options.criticalWebhook ? criticalWebhook(options.criticalWebhook) : null,
    governance: options.policy,
    tell: (batch) => producer.enqueue(announceRequest, { batch }, { id: `${announceRequest.name}-${batch}` }),
    snapshots,
    replies: new Replies(redis.producer, audit),
    enqueue: producer.enqueue,
    clocks,
    log,
    settleMs: timings.settleMs,
    newSuffix: () => newSuffix((length) => randomBytes(length)),
  };
  heard = keyAlarm(context);
  const worker = startWorking({
    connection: redis.worker,
    prefix: PREFIX,
    queue: 'pods',
    definitions: DEFINITIONS,
    context,
    log,
    concurrency: CONCURRENCY,
    verdict,
  });
  await worker.waitUntilReady();
  const pods = producer.queue('pods');
  await owed.write('the ticks', async () => {
    await scheduleTicks(pods, timings.tickMs);
    await producer.enqueue(tick, {}, { id: 'tick-at-start' });
  });
  const ticking = repeatedly(
    async () => {
      if (await keepTicking(pods, timings.tickMs, context)) log.warn({}, 'no tick came: they are scheduled anew');
    },
    LATE_TICKS * timings.tickMs,
    (error) => log.warn({ error: error.message }, 'the ticks could not be looked after'),
    { atOnce: false },
  );
  const storeWatch = new StoreWatch({
    ...context,
    witness: new StoreWitness(redis.producer, audit, newId),
    noticed: async () => {
      await scheduleTicks(pods, timings.tickMs);
      await producer.enqueue(tick, {}, { id: 'tick-after-loss' });
    },
  });
  const line = new DirectLine(redis.producer, audit);
  await line.serve(clocks.realNow, (wanted) => direct.carryOut(wanted)).catch(noLine(log));
  const watching = watchStore({ look: () => storeWatch.look().then(() => direct.logAll()) }, log);
  await firstReads(context.snapshots);
  return {
    close: async () => {
      owed.close();
      ticking.end();
      watching.end();
      line.close();
      await stopWorking([worker], SHUTDOWN_MS);
      await producer.close();
      await runpod.close();
    },
  };
}

/** Refuses another account than this Redis's. Where RunPod does not answer now, its first answer is checked instead. */
async function checkAccount(gate: AccountGate, log: Log): Promise<void> {
  const late = new AbortController();
  const checked = gate.check().catch((error: Error) => {
    if (error instanceof AccountMismatch) throw error;
    log.warn(
      { error: error.message },
      'Runpod did not tell whose account the key is of; nothing is done before it does',
    );
  });
  // Lost to the deadline, a mismatch is met by the first call.
  checked.catch(() => {});
  const deadline = pause(ACCOUNT_MS, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([checked, deadline]).finally(() => late.abort());
}

/** Ready means that commands can be answered. Where RunPod is away, they say so: nobody is waited for longer. */
async function firstReads(snapshots: Snapshots): Promise<void> {
  const deadline = Date.now() + FIRST_READS_MS;
  while (Date.now() < deadline) {
    const runs = await snapshots.lastRuns();
    if (runs[readFleet.name] !== undefined && runs[refreshCatalogue.name] !== undefined) return;
    await pause(50);
  }
}

/** What RunPod's errors mean to the queue, where a job did not deal with them itself. */
export const verdict: Verdict = (error) => {
  if (!(error instanceof ProviderFailure)) return { kind: 'retry' };
  if (error.kind === 'refused') return { kind: 'permanent' };
  // A 503 may say when to come back, like a rate limit.
  if (error.kind === 'rate-limited' || error.retryAfterMs > 0)
    return { kind: 'later', delayMs: Math.max(1000, error.retryAfterMs) };
  return { kind: 'retry' };
};
