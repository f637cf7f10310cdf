import { giveAnswer } from '../bot/answers.ts';
import { ChatWatch } from '../bot/chat-watch.ts';
import { optionsOf } from '../bot/commands/declare.ts';
import { COMMANDS } from '../bot/commands/list.ts';
import { DiscordFront } from '../bot/discord/front.ts';
import { DisownedChats } from '../bot/disowned-chats.ts';
import { Dispatch } from '../bot/dispatch.ts';
import { ChatUnavailable, type Front } from '../bot/front.ts';
import { GroupReads } from '../bot/group-reads.ts';
import { DurableInbox } from '../bot/inbox.ts';
import { tellLostRequests } from '../bot/lost-requests.ts';
import { OutOfMemory } from '../bot/out-of-memory.ts';
import { Standings } from '../bot/people.ts';
import { NEXT_BATCH_MS, PeopleReads } from '../bot/people-reads.ts';
import { announcements } from '../bot/publish/announcements.ts';
import { ClosedPlaces } from '../bot/publish/closed-places.ts';
import { RoomRights } from '../bot/publish/room-rights.ts';
import { Pulse } from '../bot/pulse.ts';
import type { Services } from '../bot/services.ts';
import { SlackFront } from '../bot/slack/front.ts';
import { StoreRefusal } from '../bot/store-refusal.ts';
import type { Settings } from '../config/settings.ts';
import {
  announce,
  announceDigest,
  announceFinding,
  announceRequest,
  answer,
  type ChatContext,
  refreshPeople,
  shareMessage,
} from '../jobs/chat.ts';
import { pageOutByBot } from '../jobs/names.ts';
import { OverdueWatch } from '../jobs/overdue.ts';
import { type PagingContext, pageOutFromBot } from '../jobs/page-out.ts';
import type { Clocks, Log } from '../jobs/ports.ts';
import { createProducer, workersOn } from '../jobs/queues.ts';
import { startWorking, stopWorking, type Verdict } from '../jobs/run.ts';
import { watchOver } from '../jobs/watch.ts';
import { StoreWatch } from '../jobs/watch-store.ts';
import { namesAllApprovers } from '../policy/approvers.ts';
import { RECURRING } from '../policy/due.ts';
import { chatOf, declaredFor } from '../policy/identity.ts';
import { Approvals } from '../store/approvals.ts';
import { Budgets } from '../store/budgets.ts';
import { Cards } from '../store/cards.ts';
import { Choices } from '../store/choices.ts';
import { Costs } from '../store/costs.ts';
import { Digests } from '../store/digests.ts';
import { DirectLine } from '../store/direct-line.ts';
import { Drafts } from '../store/drafts.ts';
import { Events } from '../store/events.ts';
import { Findings } from '../store/findings.ts';
import { PREFIX } from '../store/keys.ts';
import { Ledger } from '../store/ledger.ts';
import { Links } from '../store/links.ts';
import { MachineClocks } from '../store/machine-clocks.ts';
import { Owners } from '../store/owners.ts';
import { Places } from '../store/places.ts';
import { Pulses } from '../store/pulses.ts';
import { Replies } from '../store/replies.ts';
import { Snapshots } from '../store/snapshots.ts';
import { StoreWitness } from '../store/witness.ts';
import { ChatStarts, type FrontMaker } from './chat-starts.ts';
import { criticalWebhook } from './critical-webhook.ts';
import { OwedWrites } from './owed-writes.ts';
import { type Connections, newId, noLine, openAudit } from './process.ts';
import { type Repeating, repeatedly, seldom, watchStore } from './repeatedly.ts';

/** Announcements wait on the chats, not on the machine. */
const CONCURRENCY = 20;
const DRAIN_MS = 8000;
const SHUTDOWN_MS = 10_000;
const WATCH_MS = 15_000;
/** How long a worker has to stop a pod where Redis takes nothing. */
const DIRECT_MS = 30_000;
/** What we may do in the rooms is read this often, on Podwarden's clock. */
const RIGHTS_MS = 5 * 60_000;
/** A bot with one chat up is ready after this long, and goes on waiting for the other. */
const START_PATIENCE_MS = 5000;

/** Talks to the chats. Holds chat tokens and no RunPod key. */
export async function runBot(options: {
  settings: Pick<Settings, 'slack' | 'discord' | 'policy' | 'criticalWebhook'>;
  redis: Connections;
  auditKey: string;
  clocks: Clocks;
  log: Log;
  /** A chat is lost for good. */
  onFatal: (reason: string) => void;
}): Promise<{ close(): Promise<void>; store: StoreRefusal }> {
  const { settings, redis, clocks, log } = options;
  const owed = new OwedWrites(log);
  const audit = await openAudit(redis, options.auditKey, 'bot', clocks, log, owed);
  const producer = createProducer(redis.producer, PREFIX, log);
  const approvals = new Approvals(redis.producer, audit);
  const witness = new StoreWitness(redis.producer, audit, newId);
  const services: Services = {
    ledger: new Ledger(redis.producer, audit),
    approvals,
    links: new Links(redis.producer, audit, approvals),
    owners: new Owners(redis.producer, audit),
    findings: new Findings(redis.producer),
    choices: new Choices(redis.producer),
    costs: new Costs(redis.producer),
    budgets: new Budgets(redis.producer, audit),
    digests: new Digests(redis.producer),
    audit,
    // Discord shows who has a role only to bots with a privileged intent.
    knowsApprovers: namesAllApprovers(settings.policy.access, (group) => !group.startsWith('discord:')),
    snapshots: new Snapshots(redis.producer),
    machineClocks: new MachineClocks(redis.producer),
    drafts: new Drafts(redis.producer, audit),
    places: new Places(redis.producer),
    vitals: {
      loss: (now) => witness.loss(now),
      // Each node of a Cluster knows its own connections alone.
      workersConnected: async () => (redis.producer.isCluster ? null : workersOn(producer.queue('pods'))),
      chats: () => chats.own(),
      disowned: () => disowned.all(),
    },
    pulses: new Pulses(redis.producer),
    replies: new Replies(redis.producer, audit),
    enqueue: producer.enqueue,
    clocks,
    policy: settings.policy,
    log,
    newId,
    tellPrivately: async (account, message, reply = newId()) => {
      await services.replies.keep(reply, { chat: chatOf(account), account, ref: null }, { view: 'message', message });
      await producer.enqueue(answer, { reply });
    },
  };
  const makers = frontMakers(settings, services);
  const disowned = new DisownedChats(services, [...makers.keys()], options.onFatal);
  const starts = new ChatStarts(makers, (chat, reason) => disowned.told(chat, reason), log);
  const { fronts } = starts;
  const chats = new ChatWatch(fronts, services, (chat) => disowned.isDisowned(chat));
  const pager = settings.criticalWebhook ? criticalWebhook(settings.criticalWebhook) : null;
  const up = new Set<string>();
  const groups = new GroupReads(settings.policy.access, clocks);
  const watchingStore = keepStoreWatch(services, witness);
  const context = {
    ...rememberedFirst(chatContext(fronts, up, services, groups, new Cards(redis.producer)), watchingStore),
    findings: services.findings,
    pager,
  };
  const worker = startWorking<ChatContext & PagingContext>({
    connection: redis.worker,
    prefix: PREFIX,
    queue: 'chat',
    definitions: [
      announce,
      announceFinding,
      announceRequest,
      announceDigest,
      shareMessage,
      answer,
      refreshPeople,
      pageOutFromBot,
    ],
    context,
    log,
    concurrency: CONCURRENCY,
    verdict,
  });
  // One for both chats, so that reads of a person are shared whichever chat they click in.
  const standings = new Standings(fronts, services, groups);
  const line = new DirectLine(redis.producer, audit);
  await line.open().catch(noLine(log));
  const full = new OutOfMemory(services, standings, (pod, by) =>
    line.ask({ id: newId(), pod, by, at: clocks.realNow() }, DIRECT_MS),
  );
  let isReady = false;
  const inboxes = new Map<string, DurableInbox>();
  await starts.begin(async (front) => {
    const events = new Events(redis.producer, front.chat, audit);
    const dispatch = new Dispatch(front, services, standings);
    const inbox = new DurableInbox(front, dispatch, events, services, undefined, full);
    inboxes.set(front.chat, inbox);
    await front.start(inbox);
    up.add(front.chat);
    disowned.started(front.chat);
    inbox.watch();
    // One that comes up later than the others: nobody of it has been read. Where that fails now, its job does it.
    if (isReady)
      await context.readPeople().catch((error: Error) => log.warn({ error: error.message }, 'no people yet'));
  }, START_PATIENCE_MS);
  isReady = true;
  // Ready means that forms can be opened: who is who was read.
  await owed.write('who is who', () => context.readPeople());
  const overdue = new OverdueWatch({
    ...services,
    governance: settings.policy,
    waiting: () => producer.queue('pods').getWaitingCount(),
    tell: (batch) => producer.enqueue(announceRequest, { batch }, { id: `${announceRequest.name}-${batch}` }),
  });
  const rights = new RoomRights(fronts, services, new ClosedPlaces(services));
  const readingRights = seldom(
    () => rights.look(),
    { everyMs: RIGHTS_MS, now: () => services.clocks.now() },
    (error) => log.warn({ error: error.message }, 'what we may do in the rooms could not be read'),
  );
  const watching = keepWatch(services, [() => overdue.look(), () => chats.look(), readingRights]);
  return {
    store: new StoreRefusal(fronts, services, pager),
    close: async () => {
      owed.close();
      watching.end();
      watchingStore.end();
      line.close();
      starts.close();
      disowned.close();
      // What was acknowledged is finished first, or left to whoever is up.
      await Promise.all([...fronts.values()].map((front) => front.pause()));
      await Promise.all([...inboxes.values()].map((inbox) => inbox.drain(DRAIN_MS)));
      await stopWorking([worker], SHUTDOWN_MS);
      await Promise.all([...fronts.values()].map((front) => front.stop()));
      await chats.leave().catch((error: Error) => log.warn({ error: error.message }, 'the last pulse was not told'));
      await producer.close();
    },
  };
}

/** Says that the bot is there, and looks whether the worker is, and does what was promised. Real time: a watchdog must not hang on a queue. */
function keepWatch(services: Services, more: readonly (() => Promise<void>)[]): Repeating {
  const { snapshots, clocks, policy, log } = services;
  const seen = () => snapshots.seen('bot', clocks.realNow());
  const worker = () => watchOver('worker', { ...services, governance: policy, pages: pageOutByBot });
  const look = async () => {
    for (const one of [seen, worker, ...more]) {
      await one().catch((error: Error) => log.warn({ error: error.message }, 'a part of the watch failed'));
    }
  };
  return repeatedly(look, WATCH_MS, (error) => log.warn({ error: error.message }, 'the watch failed'));
}

/** Looks whether Redis still holds what it held, and tells whoever waits for what it lost. */
function keepStoreWatch(services: Services, witness: StoreWitness): Repeating {
  const watch = new StoreWatch({ ...services, governance: services.policy, pages: pageOutByBot, witness });
  return watchStore({ look: () => watch.look().then(() => tellLostRequests(witness, services)) }, services.log);
}

/** What a card shows for the first time is known to this process before, so that it can say when Redis lost it. */
function rememberedFirst(context: ChatContext, watching: Repeating): ChatContext {
  const first = (tell: (id: string) => Promise<void>) => (id: string) => {
    watching.now();
    return tell(id);
  };
  return { ...context, tellRow: first(context.tellRow), tellRequest: first(context.tellRequest) };
}

/** How each chat that is configured is talked to. */
function frontMakers(
  { slack, discord, policy }: Pick<Settings, 'slack' | 'discord' | 'policy'>,
  { log, clocks }: Pick<Services, 'log' | 'clocks'>,
): Map<string, FrontMaker> {
  const pulse = () => new Pulse(() => clocks.realNow());
  const channels = policy.rooms.flatMap((room) => room.channels.filter(({ chat }) => chat === 'discord'));
  const rooms = { channels: channels.map(({ channel }) => channel) };
  const shapes = COMMANDS.map((command) => ({ ...command, options: optionsOf(command) }));
  const makers = new Map<string, FrontMaker>();
  if (slack) makers.set('slack', (onKnown) => new SlackFront(slack, log, onKnown, undefined, pulse()));
  if (discord)
    makers.set('discord', (onKnown) => new DiscordFront({ ...discord, ...rooms }, shapes, log, onKnown, pulse()));
  return makers;
}

/** `up`: chats that have started. One that has not would be taken for one that is away. */
function chatContext(
  fronts: ReadonlyMap<string, Front>,
  up: ReadonlySet<string>,
  services: Services,
  groups: GroupReads,
  cards: Cards,
): ChatContext {
  const announce = announcements(fronts, services, cards);
  const { snapshots, clocks, replies } = services;
  const people = new PeopleReads(fronts, services, groups);
  return {
    tellRow: announce.pod,
    tellRequest: announce.request,
    tellFinding: announce.finding,
    tellDigest: announce.digest,
    tellShared: announce.share,
    giveAnswer: (id) =>
      giveAnswer(
        id,
        replies,
        fronts,
        services.log,
        (account) => declaredFor(account, services.policy.people)?.accounts ?? [],
      ),
    readPeople: async () => {
      const at = clocks.now();
      const isLeft = await people.refresh((chat) => up.has(chat));
      await snapshots.ran(refreshPeople.name, isLeft ? at - RECURRING['refresh-people'] + NEXT_BATCH_MS : at);
      await announce.handovers();
    },
  };
}

/** A chat that is away holds up its own announcements and nothing else: they come back until they are told. */
const verdict: Verdict = (error) =>
  error instanceof ChatUnavailable ? { kind: 'later', delayMs: Math.max(1000, error.retryAfterMs) } : { kind: 'retry' };
