import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { RedisTarget } from '../config/redis-url.ts';
import type { Clocks, Log } from '../jobs/ports.ts';
import { Audit, formatHead } from '../store/audit.ts';
import { connect, evictionPolicy, type Profile, type RedisAddress, type RedisClient, ready } from '../store/connect.ts';
import type { OwedWrites } from './owed-writes.ts';
import { quieted } from './quiet-log.ts';
import { VERSION } from './version.ts';

/** Waits this long at start for a Redis that is still coming up. */
const REDIS_READY_MS = 30_000;

/** Lower-case letters and digits, 60 bits, never all digits (BullMQ refuses those). */
export function newId(): string {
  return `i${randomBytes(8).toString('hex').slice(0, 15)}`;
}

/** Logs go to standard error, or to a file; what could hold a secret is not passed to it in the first place. */
export function createLog(level: string, part: string, to: 2 | string = 2): Log {
  return quieted(pino({ level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(to)));
}

/** Opens the audit log of this store, and notes who opened it. @throws AuditKeyMismatch */
export async function openAudit(
  { producer }: Pick<Connections, 'producer'>,
  key: string,
  part: string,
  clocks: Clocks,
  log: Log,
  owed: OwedWrites,
): Promise<Audit> {
  const audit = new Audit(producer, key);
  await audit.claimKey();
  const facts = { part, version: VERSION };
  const opened = { at: clocks.now(), kind: 'config-loaded', actor: null, subject: null, facts };
  await owed.write('who opened the audit log', () => audit.append(opened));
  log.info({ head: formatHead(await audit.head()) }, 'audit log');
  return audit;
}

export interface Connections {
  producer: RedisClient;
  worker: RedisClient;
  close(): Promise<void>;
}

export async function openRedis(target: Exclude<RedisTarget, { kind: 'embedded' }>, log: Log): Promise<Connections> {
  const open = (profile: Profile) =>
    connect(target as RedisAddress, profile, (error) => log.warn({ profile, error }, 'Redis'));
  const producer = open('producer');
  const worker = open('worker');
  await Promise.all([ready(producer, REDIS_READY_MS), ready(worker, REDIS_READY_MS)]);
  const policy = await evictionPolicy(producer);
  if (policy !== 'noeviction') {
    log.warn({ policy }, 'Redis may evict keys: set maxmemory-policy to noeviction, or launches can be forgotten');
  }
  return {
    producer,
    worker,
    close: async () => {
      producer.disconnect();
      worker.disconnect();
    },
  };
}

/** A user of Redis may have the keys alone: all works but Stop while Redis is out of memory. */
export const noLine =
  (log: Log) =>
  ({ message }: Error): void =>
    log.warn({ error: message }, 'Redis passes on no messages: while it is out of memory, Stop does not work');
