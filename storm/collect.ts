import { join } from 'node:path';
import { auditKeyIn } from '../src/entry/audit-key.ts';
import { tick } from '../src/jobs/names.ts';
import { type Approval, approval } from '../src/policy/approval.ts';
import { bare, chatOf } from '../src/policy/identity.ts';
import { type Row, row, spokenRow } from '../src/policy/ledger.ts';
import { spokenName } from '../src/policy/pod-names.ts';
import { Audit, type NumberedEntry } from '../src/store/audit.ts';
import type { RedisClient } from '../src/store/connect.ts';
import { Findings } from '../src/store/findings.ts';
import { key } from '../src/store/keys.ts';
import { GIVEN } from '../src/store/replies.ts';
import type { AuditFact, Evidence, RequestFact, StormMessage } from './judge/evidence.ts';
import type { Absence } from './trouble.ts';
import type { StormWorld } from './world.ts';

/** Who is who in the demo's policy. */
const LAUNCHERS = ['alice', 'bob', 'carol'];
const APPROVERS = ['bob', 'carol'];
/** Pods that a demo's world begins with. */
const OTHERS = ['vision', 'old'];

/** Everything that is judged, read once all is quiet. */
export async function collect(storm: StormWorld, absences: Absence[]): Promise<Evidence> {
  const { world } = storm;
  const { redisClient: redis, runpod, slack, discord } = world;
  runpod.account.settle();
  const audit = new Audit(redis, auditKeyIn(join(storm.folder, 'keys')));
  const verified = await audit.verify();
  const who = peopleOf(storm);
  const entries: AuditFact[] = [];
  for await (const { json } of audit.entries()) entries.push(auditFact(JSON.parse(json) as NumberedEntry, who));
  return {
    events: [slack, discord].flatMap(({ chat, events }) => events.map((event) => ({ ...event, chat }))),
    messages: await messagesOf(storm),
    pods: [...runpod.account.pods.values()].map(({ id, name, status }) => ({ id, name: spokenName(name), status })),
    made: runpod.account.made.map(({ id, name }) => ({ id, name: spokenName(name) })),
    others: OTHERS,
    calls: runpod.calls.map(({ method, path, status }) => ({ method, path, status })),
    rows: (await documents(redis, 'row')).map((json) => rowFact(row.parse(json))),
    requests: (await documents(redis, 'approval')).map((json) => requestFact(approval.parse(json), who)),
    warnings: (await new Findings(redis).open()).map(({ rule, subject }) => `${rule} ${spokenName(subject)}`),
    launchers: LAUNCHERS,
    approvers: APPROVERS,
    absences,
    audit: { problem: verified.ok ? null : verified.problem, entries },
    leftovers: [...(await jobsLeft(storm)), ...(await promisesLeft(redis))],
    crashes: world.exits
      .filter(({ wasReady, code }) => wasReady && code !== 0)
      .map(({ name, code, signal }) => `${name} (${code ?? signal})`),
    brokenRules: [...slack.violations, ...discord.violations, ...runpod.violations],
  };
}

/** The person behind an account; the account itself where nobody knows it. */
type Who = (account: string) => string;

function peopleOf({ world: { slack, discord } }: StormWorld): Who {
  const inSlack = [...slack.workspace.users.values()].map(({ id, name }) => [`slack:${id}`, name] as const);
  const inDiscord = [...discord.server.users.values()].map(({ id, name }) => [`discord:${id}`, name] as const);
  const names = new Map<string, string>([...inSlack, ...inDiscord]);
  return (account) => names.get(bare(account)) ?? account;
}

const rowFact = (of: Row) => ({ name: spokenName(spokenRow(of)), status: of.status });

const requestFact = (of: Approval, who: Who): RequestFact => ({
  id: of.id,
  batch: of.batch,
  podId: of.podId,
  name: spokenName(of.facts.name),
  status: of.status,
  by: who(of.by.account),
  votes: of.votes.map(({ by }) => ({ person: who(by.account), chat: chatOf(by.account) })),
  quorum: of.quorum,
  sent: of.attempt !== null,
});

const auditFact = ({ n, kind, actor, facts }: NumberedEntry, who: Who): AuditFact => ({
  n,
  kind,
  actor: actor === null ? null : who(actor.split(' ')[0] ?? ''),
  request: typeof facts.request === 'string' ? facts.request : null,
});

/** Those that a record of the bot points at are known: it would edit them. */
async function messagesOf({ world }: StormWorld): Promise<StormMessage[]> {
  const cards = (await documents(world.redisClient, 'card')) as { copies: Record<string, { ref: unknown }> }[];
  const refs = cards.flatMap(({ copies }) => Object.values(copies).map(({ ref }) => ref));
  const known = new Set(
    refs.map((ref) => (ref as { ts?: string; message?: string } | null) ?? {}).map(({ ts, message }) => ts ?? message),
  );
  return [world.slack, world.discord].flatMap(({ chat, visibleTo }) => {
    const all = visibleTo.call(chat === 'slack' ? world.slack : world.discord, null);
    return all.map(({ id, channel, thread, author, onlyFor, text, posted }) => ({
      chat,
      id,
      channel,
      thread,
      author,
      onlyFor,
      text,
      posted,
      known: known.has(id),
    }));
  });
}

async function keysOf(redis: RedisClient, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await (redis as { scan(...args: unknown[]): Promise<[string, string[]]> }).scan(
      cursor,
      'MATCH',
      pattern,
      'COUNT',
      500,
    );
    for (const one of keys) found.add(one);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}

async function documents(redis: RedisClient, kind: string): Promise<unknown[]> {
  const keys = await keysOf(redis, `${escaped(key(kind))}:*`);
  const found = await Promise.all(keys.map((one) => redis.hget(one, 'json')));
  return found.flatMap((json) => (json === null ? [] : [JSON.parse(json) as unknown]));
}

const escaped = (pattern: string) => pattern.replace(/[{}[\]*?]/g, '\\$&');

export async function jobsLeft({ world }: Pick<StormWorld, 'world'>): Promise<string[]> {
  const jobs = await Promise.all(
    world.queues.map((queue) => queue.getJobs(['active', 'waiting', 'prioritized', 'delayed'])),
  );
  // What comes round with every tick is there at any time.
  const known: readonly string[] = [
    tick.name,
    'reconcile',
    'review-requests',
    'read-fleet',
    'read-billing',
    'refresh-people',
    'refresh-catalogue',
  ];
  return jobs
    .flat()
    .flatMap((job) => (job && !known.includes(job.name) ? [`job ${job.name} ${JSON.stringify(job.data)}`] : []));
}

/** Sets that say that somebody was not told yet, answers that are owed, and events that were taken and not finished. */
async function promisesLeft(redis: RedisClient): Promise<string[]> {
  const sets = ['rows:untold', 'approvals:untold', 'findings:untold', 'digests:untold'];
  const untold = await Promise.all(
    sets.map(async (name) => (await redis.smembers(key(name))).map((id) => `${name} ${id}`)),
  );
  const owed = await Promise.all(
    (await keysOf(redis, `${escaped(key('reply-owner'))}:*`)).map(async (name) => {
      const kept = await redis.get(name);
      if (kept === null || kept === GIVEN) return [];
      // Its signature stands before it.
      const { account, result } = JSON.parse(kept.slice(kept.indexOf('{'))) as { account?: string; result?: unknown };
      return result === null || result === undefined ? [] : [`an answer to ${account}`];
    }),
  );
  const inbox = await Promise.all(
    (await keysOf(redis, `${escaped(key(''))}events:*`)).map((name) => sizeOf(redis, name)),
  );
  return [...untold.flat(), ...owed.flat(), ...inbox.flat()];
}

async function sizeOf(redis: RedisClient, name: string): Promise<string[]> {
  const type = await redis.type(name);
  const count = {
    hash: () => redis.hlen(name),
    set: () => redis.scard(name),
    zset: () => redis.zcard(name),
    list: () => redis.llen(name),
  }[type];
  const size = count ? await count() : 1;
  return size === 0 ? [] : [`${name} holds ${size}`];
}
