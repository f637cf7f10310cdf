import { Dispatch } from '../../src/bot/dispatch.ts';
import { ChatUnavailable, type Front, type IncomingEvent } from '../../src/bot/front.ts';
import { DurableInbox } from '../../src/bot/inbox.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { OutOfMemory } from '../../src/bot/out-of-memory.ts';
import { Standings } from '../../src/bot/people.ts';
import { Pulse } from '../../src/bot/pulse.ts';
import type { Services } from '../../src/bot/services.ts';
import { renderSlack } from '../../src/bot/slack/render.ts';
import type { Policy } from '../../src/config/settings.ts';
import { raise } from '../../src/policy/findings/settle.ts';
import { bare } from '../../src/policy/identity.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Drafts } from '../../src/store/drafts.ts';
import { Events } from '../../src/store/events.ts';
import { MachineClocks } from '../../src/store/machine-clocks.ts';
import { Places } from '../../src/store/places.ts';
import { Pulses } from '../../src/store/pulses.ts';
import { governed } from '../jobs/context.ts';
import { CATALOGUE } from '../policy/catalogue.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow, SPEC } from '../policy/rows.ts';
import { HOUR, off, pod } from '../policy/scan/scans.ts';
import { Mortal } from './mortal.ts';

/** Whoever dies is missed at once: what is tested is that somebody goes on, and not when. */
const TIMES = { leaseMs: 1, unacknowledgedMs: 60_000 };
export const ACROSS = { account: 'discord:9', person: 'alice', name: 'Alice' };
const PLACE = { chat: 'slack', channel: 'C1' };
const ROOM = {
  name: 'gpu',
  timezone: 'UTC',
  digest: [],
  channels: [
    { chat: 'slack', channel: 'C1', mirror: true, money: true },
    { chat: 'discord', channel: '1', mirror: true, money: false },
  ],
};
const MORE_RIGHTS = {
  name: 'role admins',
  grant: ['admin' as const, 'budget' as const],
  deny: [],
  people: ['alice'],
  accounts: [],
  groups: [],
};

export interface Bot {
  inbox: DurableInbox;
  services: Services;
  /** What people were told privately, in order. */
  answers: string[];
  /** Jobs by the id under which one waits, and those without one. */
  jobs: string[];
  chat: { away: boolean; unread?: boolean; blocked?: string };
}

/** A bot in memory over a real store; `life` says when it dies. Its chat takes everything that a real one would. */
export function botOver(
  redis: RedisClient,
  life = new Mortal(),
  said: Pick<Bot, 'answers' | 'jobs'> | null = null,
  times: { leaseMs: number; frontMs?: number } = TIMES,
  full: OutOfMemory | null = null,
): Bot {
  const mine = life.redis(redis);
  const { context } = governed(mine);
  const { answers, jobs } = said ?? { answers: [], jobs: [] };
  let ids = 0;
  const policy = {
    ...context.governance,
    access: { ...context.governance.access, rules: [...context.governance.access.rules, MORE_RIGHTS] },
    rooms: [ROOM],
    timezone: 'UTC',
    defaults: {
      market: 'on-demand',
      image: 'team/image',
      template: null,
      diskGb: 50,
      volumeDiskGb: 20,
      volumePath: '/workspace',
      ports: ['22/tcp'],
      startSsh: true,
      cloud: 'SECURE',
      spotCeiling: 1,
      maxDiskGb: 2000,
    },
    presets: {},
    limits: { podsPerPerson: null, gpusPerPod: null, maxMicroUsdPerHour: null },
    watch: { ops: { people: [], groups: [] }, billing: { people: [], groups: [] } },
  } as unknown as Policy;
  const services: Services = {
    ...context,
    policy,
    knowsApprovers: true,
    vitals: {
      loss: async () => null,
      workersConnected: async () => 1,
      chats: () => ({ bot: 'b', told: [] }),
      disowned: () => [],
    },
    machineClocks: new MachineClocks(mine),
    drafts: new Drafts(mine, context.audit),
    places: new Places(mine),
    pulses: new Pulses(mine),
    newId: () => `t${++ids}${Math.random().toString(36).slice(2, 10)}`,
    enqueue: (job, payload, options) =>
      life.step(async () => {
        jobs.push(options?.id ?? `${job.name} ${JSON.stringify(payload)}`);
      }),
    tellPrivately: async (account, message, reply) => {
      await services.replies.keep(reply ?? '', { chat: 'slack', account, ref: null }, { view: 'message', message });
      await services.enqueue({ name: 'answer' } as never, { reply } as never);
    },
  };
  const chat: Bot['chat'] = { away: false };
  const say = (message: Message) =>
    life.step(async () => {
      if (chat.away) throw new ChatUnavailable('the chat is away', 0);
      renderSlack(message);
      answers.push(plainText(message, 10_000));
    });
  const front: Front = {
    chat: 'slack',
    hasDialogs: true,
    showsWaiting: false,
    shownInRights: [],
    post: async () => null,
    edit: async () => {},
    remove: async () => {},
    find: async () => null,
    reply: (_, message) => say(message),
    direct: (_, message) => say(message),
    directPlace: async () => ({ chat: 'slack', channel: 'D1' }),
    groupMembers: async () => new Map(),
    member: (account) =>
      life.step(async () => {
        if (chat.unread) throw new ChatUnavailable('the chat is away', 0);
        return { account, name: 'Alice', membership: 'member', groups: [] };
      }),
    link: () => null,
    pulse: new Pulse(Date.now),
    rights: async () =>
      chat.blocked === undefined ? null : { closed: { why: chat.blocked, wayOut: 'Invite me.' }, lacks: [] },
    start: async () => {},
    pause: async () => {},
    stop: async () => {},
  };
  const standings = new Standings(
    new Map([
      ['slack', front],
      ['discord', front],
    ]),
    services,
  );
  const dispatch = new Dispatch(front, services, standings);
  const events = new Events(mine, 'slack', services.audit, { ...TIMES, leaseMs: times.leaseMs });
  const inbox = new DurableInbox(front, dispatch, events, services, times.frontMs, full);
  return { inbox, services, answers, jobs, chat };
}

/** As a front does it. Gives whether it was acknowledged. */
export async function deliver({ inbox }: Bot, event: IncomingEvent, acknowledged: () => void): Promise<void> {
  if (event.kind === 'submit' && (await inbox.problems(event.incoming))) throw new Error('the form is not complete');
  const taken = await inbox.take(event);
  acknowledged();
  if (!taken.ours || !(await taken.acknowledged())) return;
  if (!taken.opensForm) return taken.run();
  const opening = await taken.open();
  await ('message' in opening ? taken.say(opening.message) : taken.done());
}

/** Pods, requests, warnings and questions of a team, as of one moment. */
export async function settleIn(redis: RedisClient): Promise<void> {
  const { services } = botOver(redis);
  const { ledger, approvals, findings, snapshots, links, drafts, replies } = services;
  const accounts = Object.fromEntries(
    [ALICE, BOB, ACROSS].map(({ account, name }) => [
      account,
      { account, name, membership: 'member' as const, groups: [] },
    ]),
  );
  await snapshots.saveMembers('slack', new Map(Object.entries(accounts)), await snapshots.beginRead(NOW));
  await snapshots.saveMembers('discord', new Map(Object.entries(accounts)), await snapshots.beginRead(NOW));
  await snapshots.saveCatalogue({ readAt: NOW, gpus: CATALOGUE, dataCenters: [], networkVolumes: [] } as never);
  const pods = [
    pod({ id: 'pod1', name: FACTS.name }),
    off({ id: 'pod2', name: 'bob-off-k3f9t3' }),
    pod({ id: 'pod3', name: 'mystery' }),
    pod({ id: 'pod4', name: 'alice-keep-k3f9t4' }),
    pod({ id: 'pod5', name: 'bob-locked-k3f9t5', locked: true }),
    pod({ id: 'pod6', name: 'alice-free-k3f9t6' }),
  ];
  await snapshots.saveFleet({ readAt: NOW - 60_000, pods });
  const rowOf = (id: string, podId: string, name: string, more = {}) =>
    ledger.adopt(newRow({ id, podId, status: 'running', facts: { ...FACTS, name }, ...more }));
  await rowOf('p1', 'pod1', FACTS.name);
  await rowOf('p2', 'pod2', 'bob-off-k3f9t3', { status: 'stopped', by: BOB });
  await rowOf('p4', 'pod4', 'alice-keep-k3f9t4');
  await rowOf('p5', 'pod5', 'bob-locked-k3f9t5', { by: BOB });
  await ledger.adopt(newRow({ id: 'pfailed', status: 'failed', spec: { ...SPEC, middle: 'again' } }));
  await ledger.adopt(
    newRow({
      id: 'pask',
      status: 'asking',
      by: BOB,
      ask: { beyond: 'over', self: [bare(BOB.account)], allowedBy: null },
    }),
  );
  const { guard } = await links.guarded();
  const request = (id: string, podId: string, row: string, more = {}) =>
    newApproval({ id, batch: `b${id}`, podId, row, by: BOB, self: [bare(BOB.account)], owner: BOB, ...more });
  for (const record of [
    request('r1', 'pod1', 'p1'),
    request('r4', 'pod4', 'p4', { by: ALICE, self: [bare(ALICE.account)] }),
    request('r5', 'pod5', 'p5', { locked: true }),
    request('r2', 'pod2', 'p2', { status: 'held', hold: 'breaker', dueAt: NOW }),
    request('r9', 'pod9', 'p9', { status: 'denied', end: { at: NOW, by: BOB, text: 'no' } }),
  ]) {
    await approvals.add([record], guard, () => []);
  }
  const off2 = { id: 'pod6', name: 'free', gpu: 'RTX A6000', rate: 27_397 };
  for (const [id, facts] of [
    ['f1', { rule: 'idle', pod: off2, since: NOW - HOUR, cost: 490_000, below: 5 }],
    ['f2', { rule: 'low-balance', balance: 43_000_000, estimated: true, below: 50_000_000, perHour: 980_000 }],
    ['f3', { rule: 'unowned', pod: { ...off2, id: 'pod3', name: 'mystery' }, up: true }],
  ] as const) {
    const hit = {
      rule: facts.rule,
      subject: id,
      facts,
      severity: 'warn',
      level: 1,
      mark: '',
      owner: null,
      room: 'gpu',
    };
    const finding = raise(hit as never, { now: NOW, awake: () => NOW, newId: () => id } as never);
    await findings.watch(id, () => finding);
  }
  await links.begin({ id: 'l1', a: ALICE, b: ACROSS, confirmed: [] });
  await links.confirm('l1', ACROSS.account);
  await links.begin({ id: 'l2', a: ALICE, b: ACROSS, confirmed: [] });
  await drafts.put('d1', { pods: ['pod1', 'pod4'] });
  await drafts.put('d2', { args: { gpu: '4090' }, gpus: CATALOGUE.slice(0, 2).map(({ id }) => id) });
  await drafts.put('d3', { pods: ['pod6'], reason: 'done' });
  await replies.keep('k1', { chat: 'slack', account: ALICE.account, ref: { url: 'kept' } });
}

const TOLD = /:(row|approval|approval-batch|approval-pod|finding|owners|budgets|links|link-pending|choices)(:|$)/;

/** What was decided, written and logged, a line each. */
export async function whatStands(redis: RedisClient): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await redis.keys('{podwarden}:*')).sort()) {
    if (!TOLD.test(name) || name.includes(':write:')) continue;
    const type = await redis.type(name);
    const value =
      type === 'hash'
        ? Object.entries(await redis.hgetall(name)).sort()
        : type === 'string'
          ? await redis.get(name)
          : null;
    lines.push(`${name} ${JSON.stringify(value)}`);
  }
  const log = await redis.xrange('{podwarden}:audit:entries', '-', '+');
  return [...lines, ...log.map(([, fields]) => `log ${fields[1]}`)];
}

export const from = (eventId: string) => ({
  eventId,
  account: ALICE.account,
  name: 'Alice',
  place: PLACE,
  reply: { url: 'here' },
});
