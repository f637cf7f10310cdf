#!/usr/bin/env node
import { ConfigError, describeFindings } from './config/findings.ts';
import { loadSettings, systemSources } from './config/load.ts';
import type { Part, Settings } from './config/settings.ts';
import { auditCommand } from './entry/audit-command.ts';
import { auditKeyIn } from './entry/audit-key.ts';
import { runBot } from './entry/bot.ts';
import { type Connections, createLog, openRedis } from './entry/process.ts';
import { shareTime } from './entry/shared-time.ts';
import { onSignals } from './entry/shutdown.ts';
import { slackManifest } from './entry/slack-manifest.ts';
import { StoreAccess } from './entry/store-access.ts';
import { VERSION } from './entry/version.ts';
import { runWorker } from './entry/worker.ts';
import type { Log } from './jobs/ports.ts';
import { AccountMismatch } from './store/account-pin.ts';
import { Audit, AuditKeyMismatch } from './store/audit.ts';
import { DataInUse, RedisMissing, runningRedis, startEmbeddedRedis } from './store/embedded-redis.ts';

const USAGE = `podwarden ${VERSION}

  podwarden start            everything in one process, with an embedded Redis where REDIS_URL is not set
  podwarden bot              the chats only (needs REDIS_URL)
  podwarden worker           RunPod only (needs REDIS_URL)
  podwarden audit export|verify
                             the audit log as jsonl or csv, or whether it is whole (needs PODWARDEN_AUDIT_KEY or the data folder)
  podwarden slack-manifest   print the manifest with which to create the Slack app

Settings: .env.example and podwarden.example.yaml.`;

/** Longer than jobs and answers are given to end. */
const CLOSE_MS = 45_000;

interface Closing {
  close(): Promise<void>;
}

async function redisFor(settings: Settings, log: Log): Promise<{ redis: Connections; embedded: Closing | null }> {
  if (settings.redis.kind !== 'embedded') return { redis: await openRedis(settings.redis, log), embedded: null };
  const embedded = await startEmbeddedRedis(settings.dataPath);
  if (embedded.takenOver) log.info({}, 'took over the Redis that an earlier run left behind');
  const target = { kind: 'socket', path: embedded.socketPath, db: 0, auth: {} } as const;
  return { redis: await openRedis(target, log), embedded };
}

/** Ends as a signal would: whoever runs us starts us again. */
function endFor(reason: string, log: Log): void {
  log.error({ reason }, 'cannot go on');
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
  // What is lost may be what closing waits for.
  setTimeout(() => process.exit(1), CLOSE_MS).unref();
}

async function run(part: Part): Promise<void> {
  const { settings, warnings } = loadSettings(part, systemSources());
  const log = createLog(settings.logLevel, part);
  if (warnings.length > 0) process.stderr.write(`${describeFindings(warnings)}\n`);
  const { redis, embedded } = await redisFor(settings, log);
  const running: Closing[] = [];
  const close = async () => {
    for (const part of running) await part.close();
    await redis.close();
    await embedded?.close();
  };
  const auditKey = settings.auditKey ?? auditKeyIn(settings.dataPath);
  onSignals(log, close);
  try {
    const time = await shareTime(redis, part, log);
    running.push(time);
    const common = { redis, auditKey, clocks: time.clocks, log };
    if (part !== 'bot' && settings.runpod)
      running.push(await runWorker({ ...settings, runpod: settings.runpod, ...common }));
    const onFatal = (reason: string) => endFor(reason, log);
    const bot = part === 'worker' ? null : await runBot({ settings, ...common, onFatal });
    if (bot) running.push(bot);
    const onRefused = (reason: string | null) => void bot?.store.told(reason);
    const onFull = (isFull: boolean) => void bot?.store.full(isFull);
    running.push(new StoreAccess(redis.producer, { onRefused, onFull, onFatal, log }));
  } catch (error) {
    // Nothing is left behind by a start that failed.
    await close();
    throw error;
  }
  log.info({ version: VERSION }, 'ready');
}

/** Reads the log where it is: in REDIS_URL's Redis, or in the embedded one, which is started where it does not run. */
async function audit(args: string[]): Promise<void> {
  const { settings } = loadSettings('audit', systemSources());
  const log = createLog('warn', 'audit');
  // Beside a Podwarden that runs on this data, its own server is read.
  const running = settings.redis.kind === 'embedded' ? await runningRedis(settings.dataPath) : null;
  const { redis, embedded } = running
    ? { redis: await openRedis({ kind: 'socket', path: running, db: 0, auth: {} }, log), embedded: null }
    : await redisFor(settings, log);
  try {
    const reading = new Audit(redis.producer, settings.auditKey ?? auditKeyIn(settings.dataPath));
    process.exitCode = await auditCommand(args, reading, (line) => void process.stdout.write(`${line}\n`));
  } finally {
    await redis.close();
    await embedded?.close();
  }
}

async function main([command, ...args]: string[]): Promise<void> {
  if (command === 'start' || command === 'bot' || command === 'worker') await run(command);
  else if (command === 'audit') await audit(args);
  else if (command === 'slack-manifest') process.stdout.write(`${slackManifest()}\n`);
  else {
    process.stdout.write(`${USAGE}\n`);
    process.exitCode = command === undefined || command === 'help' || command === '--help' ? 0 : 2;
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  const known = [ConfigError, DataInUse, RedisMissing, AuditKeyMismatch, AccountMismatch].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(`${known ? error.message : (error.stack ?? error.message)}\n`);
  process.exit(1);
});
