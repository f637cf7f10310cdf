import { CHATS, type Entry, PARTS, type Plan } from './plan.ts';
import { Random } from './random.ts';
import { REFUSALS } from './refusals.ts';

/** People act for so long, ms. */
const LENGTH_MS = 9000;
/** Pods that a storm launches, least and most. */
const PODS: [number, number] = [3, 5];
const TROUBLES: [number, number] = [2, 6];
/** What else people do: at least and at most so often. */
const NOISE: [number, number] = [8, 18];

const TEAM = ['alice', 'bob', 'carol'] as const;
const ANYBODY = ['alice', 'bob', 'carol', 'mallory', 'gwen', 'sam'] as const;
const GPUS = ['a6000', 'a6000 spot', '4090', 'l4', 'cheap', 'a5000'] as const;
/** Texts that somebody pastes to see what breaks. */
const HOSTILE = [
  '/pod launch @everyone',
  '/pod launch a6000 name=<!channel>',
  '/pod show `rm -rf /`',
  '/pod launch a6000 image=x;curl',
  '/pod stop ../../etc/passwd',
  '/pod claim $(hostname)',
  '/pod show rpa_FAKE00000000000000000000000000000000',
  '/pod terminate *',
  `/pod show ${'a'.repeat(1500)}`,
  '/pod lunch a6000',
  '/pod launch a6000 name=\u202Eevil\u202C',
] as const;
const LOOKS = [
  '/pod list',
  '/pod help',
  '/pod whoami',
  '/pod gpus',
  '/pod warnings',
  '/pod health',
  '/pod cost',
] as const;

/** The storm of a seed: the same for the same seed, on every machine. */
export function generate(seed: number): Plan {
  const random = new Random(seed);
  const pods = Array.from({ length: random.between(...PODS) }, (_, i) => `s${seed}k${i + 1}`);
  const lives = pods.flatMap((pod) => lifeOf(pod, random));
  // The seeds of a world are pods that nobody launched through a chat.
  const old = random.chance(0.5) ? termination('old', random.between(1000, 4000), 'alice', random) : [];
  const noise = Array.from({ length: random.between(...NOISE) }, () => noiseOf(pods, random));
  const troubles = Array.from({ length: random.between(...TROUBLES) }, () => troubleOf(pods, random));
  const entries = [...lives, ...old, ...noise, ...troubles, ...time(random)];
  return { seed, clocks: clocksOf(random), entries: entries.sort((a, b) => a.at - b.at) };
}

/** Below what a part refuses to act with. */
const WRONG_MS = [-120_000, -90_000, -5000, 3000, 60_000, 120_000] as const;

const clocksOf = (random: Random): Plan['clocks'] =>
  random.chance(0.25) ? { [random.pick(PARTS)]: random.pick(WRONG_MS) } : {};

/** A launched pod is in no list that was read before: time has to go on before it can be asked for. */
const time = (random: Random): Entry[] => [
  { kind: 'clock', at: random.between(3500, 4500), ms: 5 * 60_000 },
  { kind: 'clock', at: random.between(6000, 7500), ms: 5 * 60_000 },
];

const who = (random: Random, from: readonly [string, ...string[]]) => ({
  chat: random.pick(CHATS),
  person: random.pick(from),
});

function lifeOf(pod: string, random: Random): Entry[] {
  const at = random.between(0, 2500);
  const gpu = random.pick(GPUS);
  const owner = who(random, TEAM);
  const launch: Entry = { kind: 'type', at, ...owner, text: `/pod launch ${gpu} name=${pod}` };
  const then = random.pick(['stop', 'stop', 'terminate', 'terminate', 'terminate', 'nothing'] as const);
  if (then === 'stop') return [launch, ...stopping(pod, at + random.between(3000, 5000), owner.chat, random)];
  if (then === 'terminate') return [launch, ...termination(pod, random.between(4800, 6500), owner.person, random)];
  return [launch];
}

/** The card stands in the chat where the launch was typed. */
function stopping(pod: string, at: number, chat: (typeof CHATS)[number], random: Random): Entry[] {
  const times = random.chance(0.3) ? 2 : 1;
  const press = (when: number, label: string, state: string): Entry => ({
    kind: 'press',
    at: when,
    chat,
    person: random.pick(TEAM),
    label,
    on: `${pod}: ${state}`,
    times,
  });
  const stop = press(at, 'Stop', 'Running');
  return random.chance(0.5) ? [stop] : [stop, press(at + random.between(1500, 3000), 'Start', 'Stopped')];
}

/** Mostly by whoever the pod belongs to: of others' pods an owner is waited for. */
function termination(pod: string, at: number, owner: string, random: Random): Entry[] {
  const answers: Record<string, string> = random.chance(0.7)
    ? { reason: 'done with it', data: 'Nothing' }
    : { reason: 'done with it', data: 'Pulled', where: 'nas:/runs' };
  const person = random.chance(0.75) ? owner : random.pick(TEAM);
  const asked: Entry = { kind: 'ask', at, chat: random.pick(CHATS), person, pod, answers };
  const decisions = Array.from({ length: random.between(1, 4) }, (): Entry => {
    const label = random.chance(0.9) ? 'Approve' : 'Cancel';
    const by = who(random, random.chance(0.7) ? ['bob', 'carol'] : ANYBODY);
    const times = random.chance(0.25) ? 2 : 1;
    return { kind: 'press', at: at + random.between(800, 3000), ...by, label, on: pod, times };
  });
  return [asked, ...decisions];
}

function noiseOf(pods: readonly string[], random: Random): Entry {
  const at = random.between(0, LENGTH_MS);
  const pod = random.pick(['vision', 'old', ...pods]);
  const by = who(random, ANYBODY);
  const type = (text: string): Entry => ({ kind: 'type', at, ...by, text });
  const press = (label: string, on: string): Entry => ({ kind: 'press', at, ...by, label, on, times: 1 });
  switch (random.between(0, 9)) {
    case 0:
      return type(random.pick(HOSTILE));
    case 1:
    case 2:
      return type(random.pick(LOOKS));
    case 3:
      return type(`/pod show ${pod}`);
    case 4:
      return type(`/pod claim ${pod}`);
    case 5:
      return type(`/pod stop ${pod}`);
    case 6:
      return press('Connect', pod);
    case 7:
      return press('More…', pod);
    case 8:
      return press('Snooze', '');
    default:
      return press(random.pick(['Approve', 'Stop', 'Deny', 'Cancel']), pod);
  }
}

/** Endings and waits of RunPod that stay below what the worker waits for in a world of this kind. */
const RUNPOD: readonly [[string, string], ...[string, string][]] = [
  ['create', '500-before'],
  ['create', '500-after'],
  ['create', 'timeout'],
  ['create_delay', '1500'],
  ['create_delay', '4000'],
  ['start', 'no-gpu'],
  ['terminate', '500-before'],
  ['terminate', '500-after'],
  ['terminate', 'cut'],
  ['terminate', '409'],
  ['terminate', '404'],
  ['funds', '402'],
  ['capacity', 'none'],
  ['api', 'down'],
  ['api', 'slow:1500'],
  ['api', '429:1'],
  ['list_lag', '2000'],
  ['list', 'half'],
  ['list', 'empty'],
  ['graphql', 'gone'],
  ['stale_runtime', 'on'],
];
const CHAT = ['down', 'slow:800', '429:1', 'redeliver', 'disconnect'] as const;

function troubleOf(pods: readonly string[], random: Random): Entry {
  const at = random.between(0, LENGTH_MS - 1000);
  const part = random.pick(PARTS);
  const lasts = random.between(400, 3500);
  switch (random.between(0, 15)) {
    case 0:
    case 1:
    case 2: {
      const [name, value] = random.pick(RUNPOD);
      return { kind: 'fault', at, for: lasts, name, value };
    }
    case 3:
    case 4: {
      const value = random.pick(CHAT);
      return { kind: 'fault', at, for: value === 'disconnect' ? 0 : lasts, name: random.pick(CHATS), value };
    }
    case 12:
    case 13:
    case 14:
      return refusalOf(at, lasts, random);
    case 5:
    case 6:
      return { kind: random.pick(['kill', 'terminate']), at, for: random.between(0, 1500), part };
    case 11:
      return { kind: random.pick(['kill-at-ack', 'kill-at-ack', 'terminate-at-ack']), at, for: 2000 };
    case 7:
      return { kind: 'freeze', at, for: random.between(500, 6000), part };
    case 8:
      if (random.chance(0.6)) return { kind: 'store-late-write', at, part, nth: random.between(1, 6), ms: 3000 };
      return { kind: 'store-late', at, for: lasts, part, ms: random.pick([300, 1200, 2600, 4000]) };
    case 9:
      return random.chance(0.7) ? { kind: 'store-cut', at, part } : { kind: 'store-away', at, for: lasts, part };
    case 10:
      return random.chance(0.5)
        ? { kind: 'store-restart', at }
        : { kind: 'deactivate', at, for: random.between(2000, 5000), person: random.pick(['bob', 'carol']) };
    default: {
      const verb = random.pick(['stop', 'terminate', 'start'] as const);
      return { kind: 'fault', at, for: 0, name: 'console', value: `${verb}:${random.pick(['vision', ...pods])}` };
    }
  }
}

/** A chat that is there and does not take what is said. */
function refusalOf(at: number, lasts: number, random: Random): Entry {
  const chat = random.pick(CHATS);
  const value = random.pick(Object.values(REFUSALS[chat]).flat() as [string, ...string[]]);
  return { kind: 'fault', at, for: value.startsWith('close:') ? 0 : lasts, name: chat, value };
}
