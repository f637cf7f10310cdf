import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/bot/actions/list.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import type { IncomingEvent } from '../../src/bot/front.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { useRedis } from '../store/redis.ts';
import { Mortal } from './mortal.ts';
import { type Bot, botOver, deliver, from, settleIn, whatStands } from './team.ts';

const redis = useRedis();
const command = (text: string): IncomingEvent => ({
  kind: 'command',
  incoming: { ...from('e1'), input: { kind: 'text', text } },
});
const click = (token: string): IncomingEvent => ({ kind: 'click', incoming: { ...from('e1'), token, label: null } });
const submit = (token: string, answers: Record<string, string[]>): IncomingEvent => ({
  kind: 'submit',
  incoming: { ...from('e1'), token, answers, kept: 'k1', reply: null },
});
const terminating = { reason: ['done'], data: ['nothing'], pods: ['pod6'] };

const COMMANDS_TYPED = [
  'launch a6000 spot name=new',
  'list all',
  'show run7',
  'stop run7,keep',
  'start off',
  'terminate free done with it',
  'warnings all',
  'claim mystery',
  'snooze free 7d',
  'notify urgent quiet=22-7',
  'cost 7d project',
  'balance',
  'budget team day=200',
  'gpus a6000',
  'health',
  'audit',
  'link',
  'link ABCD-EFGH-JKMN',
  'unlink',
  'whoami',
  'help launch',
];
const CLICKS = [
  'pick.d2.0',
  'relaunch.pfailed.same',
  'allow-launch.pask',
  'deny-launch.pask',
  'stop.p4!',
  'stop.pod6!',
  'stop-all.d1',
  'unlock-stop.p5!',
  'start.p2',
  'connect.p1',
  'more.p1',
  'terminate.p1',
  'ask-again.br9',
  'approve.br1',
  'approve.br1!',
  'deny.br1',
  'cancel.br4',
  'release.br2',
  'stop-asked.br1!',
  'unlock-asked.br5!',
  'terminate-of.bob',
  'snooze.f1.7d',
  'top-up.f2',
  'claim.f3',
  'claim-found.f3',
  'claim-all.f3',
  'disown.f1',
  'stop-found.f1',
  'terminate-found.f1',
  'cost.cost_2026-11-20_2026-11-23.gpu',
  'share.balance',
  'csv.balance',
  'digest.none',
  'link-confirm.l1',
  'link-refuse.l2',
  'link-admit.l1',
];
const FORMS: [string, Record<string, string[]>][] = [
  ['terminate.d3', terminating],
  ['deny.br1', { reason: ['mid-training'] }],
  ['claim-found.f3', { pods: ['pod3'] }],
  ['claim-all.f3', { pods: ['pod3'] }],
  ['stop-found.f1', { pods: ['pod6'] }],
];
const EVENTS: [string, IncomingEvent][] = [
  ...COMMANDS_TYPED.map((text): [string, IncomingEvent] => [`/pod ${text}`, command(text)]),
  ...CLICKS.map((token): [string, IncomingEvent] => [`click ${token}`, click(`v1.${token}`)]),
  ...FORMS.map(([token, answers]): [string, IncomingEvent] => [`form ${token}`, submit(`v1.${token}`, answers)]),
];

/**
 * What differs from run to run: codes, which are kept nowhere, and a pod's load on a request's card, which a row that was
 * just adopted does not hold.
 */
const steady = (text: string) =>
  text
    .replace(/[0-9a-f]{64}/g, 'SEAL')
    .replace(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/g, 'CODE')
    .replace('\\"gpuUtil\\":[71]', '\\"gpuUtil\\":[]');

/** Where whoever runs it again says it in other words, these are as true. */
const AS_TRUE: Record<string, RegExp> = {
  '/pod claim mystery': /^mystery is yours already\.$/,
  '/pod notify urgent quiet=22-7': /^What mentions you\nLevel: urgent/,
  '/pod budget team day=200': /^The team now has \$200\.00 a day\.$/,
  '/pod link ABCD-EFGH-JKMN': /^Podwarden restarted while it read your \/pod link/,
  'click link-refuse.l2': /^That question has lapsed/,
  'click claim.f3': /^mystery is yours already\.$/,
  'click disown.f1': /^free is nobody’s already\.$/,
  'form claim-found.f3': /^mystery is yours already\.$/,
  'form claim-all.f3': /^None of these is nobody’s any more\.$/,
};
/** The tick enqueues these from what is written, whoever forgot to. */
const RECONCILED = /^(announce|launch-pod|stop-pod|start-pod|terminate-pod|read-fleet)/;

/** The team's world is made once, and put back before each kill. */
let world: [name: string, dump: Buffer][] = [];
let before: string[] = [];

async function began(): Promise<void> {
  const store = redis.client();
  await store.flushall();
  if (world.length === 0) {
    await settleIn(store);
    before = await whatStands(store);
    const names = await store.keys('*');
    world = await Promise.all(names.map(async (name): Promise<[string, Buffer]> => [name, await dumped(store, name)]));
    return;
  }
  await Promise.all(world.map(([name, dump]) => store.restore(name, 0, dump)));
}

async function dumped(store: RedisClient, name: string): Promise<Buffer> {
  const dump = await store.dumpBuffer(name);
  if (!dump) throw new Error(`${name} is gone`);
  return dump;
}

interface Outcome extends Pick<Bot, 'answers' | 'jobs'> {
  changed: string[];
  awaits: number;
  acknowledged: boolean;
  /** What the first bot had said when it ended. */
  said: number;
}

/** One event, and a bot that ends at its `at`th await (0: never): killed, or told to end. Then the next bot starts. */
async function played(event: IncomingEvent, at: number, how: 'kill' | 'term'): Promise<Outcome> {
  await began();
  const store = redis.client();
  let acknowledged = false;
  let said = 0;
  let awaits = 0;
  const first = await new Promise<Bot>((resolve, reject) => {
    let drained: Promise<void> = Promise.resolve();
    const end = () => {
      if (how === 'kill') resolve(bot);
      else drained = bot.inbox.drain(10_000);
    };
    const life = new Mortal(at, end, how === 'kill');
    const bot = botOver(store, life);
    const acknowledge = () => {
      acknowledged = true;
    };
    const work = deliver(bot, event, acknowledge).then(async () => {
      await drained;
      awaits = life.awaits;
      resolve(bot);
    });
    work.catch(reject);
  });
  said = first.answers.length;
  const next = botOver(store, new Mortal(), first);
  const open = () => store.zcard('{podwarden}:events:slack');
  for (let looks = 0; (await open()) > 0; looks++) {
    if (looks > 50) throw new Error(`never done: ${how} at ${at}`);
    await next.inbox.look();
    await next.inbox.settled();
  }
  const changed = (await whatStands(store)).filter((line) => !before.includes(line)).map(steady);
  return {
    answers: first.answers.map(steady),
    jobs: [...new Set(first.jobs)].filter((job) => !RECONCILED.test(job)).sort(),
    changed,
    awaits,
    acknowledged,
    said,
  };
}

/** What is not as if nobody had ended. */
function wrongIn(name: string, event: IncomingEvent, after: Outcome, calm: Outcome): object[] {
  const nothing = after.changed.length + after.answers.length + after.jobs.length === 0;
  // What was never taken is not acknowledged, and its chat says so.
  if (!after.acknowledged && nothing) return [];
  const differ = (what: 'changed' | 'jobs') =>
    JSON.stringify(after[what]) === JSON.stringify(calm[what]) ? [] : [{ [what]: after[what], calm: calm[what] }];
  const told = isTold(name, event, after, calm) ? [] : [{ told: after.answers, calm: calm.answers }];
  // A code is written nowhere, so that nobody can read it again.
  return name.includes('ABCD') ? told : [...differ('changed'), ...differ('jobs'), ...told];
}

function isTold(name: string, event: IncomingEvent, { answers, said }: Outcome, calm: Outcome): boolean {
  // Whether a chat has an answer is known only once it says so: who dies in between has the same said once more.
  const distinct = said === 1 && answers.length === 2 ? [...new Set(answers)] : answers;
  if (JSON.stringify(distinct) === JSON.stringify(calm.answers)) return true;
  if (distinct.length !== 1) return false;
  // Nobody else can open a form: it is offered.
  if (event.kind === 'click' && distinct[0]?.startsWith('Did the form open?')) return opensForm(event.incoming.token);
  if (name.startsWith('/pod terminate')) return distinct[0]?.startsWith('Terminate free') ?? false;
  return AS_TRUE[name]?.test(distinct[0] ?? '') ?? false;
}

const opensForm = (token: string) => ACTIONS.some(({ name, form }) => form && name === token.split('.')[1]);

describe('an event whose bot ends at any of its awaits', () => {
  it('is tested for every command, button and form', () => {
    const typed = (name: string) => COMMANDS_TYPED.some((text) => text.split(' ')[0] === name);
    expect(COMMANDS.map(({ name }) => name).filter((name) => !typed(name))).toEqual([]);
    const pressed = (name: string) => CLICKS.some((token) => token.split('.')[0] === name);
    expect(ACTIONS.map(({ name }) => name).filter((name) => !pressed(name))).toEqual([]);
    const forms = ACTIONS.filter(({ form }) => form?.answers).map(({ name }) => name);
    expect(forms.filter((name) => !FORMS.some(([token]) => token.split('.')[0] === name))).toEqual([]);
  });

  it.each(EVENTS)('%s: one effect, one answer, whoever gives it', async (name, event) => {
    const calm = await played(event, 0, 'kill');
    expect(calm.answers.length).toBeLessThanOrEqual(1);
    const wrong: object[] = [];
    for (let at = 1; at <= calm.awaits; at++) {
      for (const how of ['kill', 'term'] as const) {
        const found = wrongIn(name, event, await played(event, at, how), calm);
        if (found.length > 0) wrong.push({ where: `${how} at ${at} of ${calm.awaits}`, found });
      }
    }
    expect(wrong).toEqual([]);
  });
});
