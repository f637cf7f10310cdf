import type { ChatFaults } from '../../emulators/chat.ts';
import type { Account } from '../../emulators/runpod/account.ts';
import { GPUS } from '../../emulators/runpod/catalogue.ts';
import { type ApiTrouble, type Faults, NO_FAULTS } from '../../emulators/runpod/faults.ts';
import { newPod } from '../../emulators/runpod/pods.ts';
import { parseRowFault, rowFaultText } from '../../emulators/runpod/rows.ts';
import { parsePodName } from '../../src/policy/pod-names.ts';
import { chatTrouble, chatTroubleText } from './chat-faults.ts';
import type { Part } from './part.ts';
import type { ChatName, World } from './world.ts';

type Setter = (value: string, world: World) => void;

function oneOf<const T extends string>(value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new Error(`${value} is none of ${allowed.join(', ')}`);
  return found;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${text} is not a whole number`);
  return Number(text);
}

/** `slow:MS`, `429:S`, `down`. */
function trouble(value: string): ApiTrouble {
  const [kind, number] = value.split(':');
  if (kind === 'down' && number === undefined) return { kind: 'down' };
  if (kind === 'slow') return { kind: 'slow', ms: whole(number ?? '') };
  if (kind === '429') return { kind: '429', seconds: whole(number ?? '') };
  throw new Error(`${value} is none of down, slow:MS, 429:S, cdn, revoked (RunPod only)`);
}

function podNamed(middle: string, world: World) {
  const pods = [...world.runpod.account.pods.values()].sort((a, b) => b.createdAt - a.createdAt);
  const pod = pods.find(({ id, name }) => [id, name, parsePodName(name)?.middle].includes(middle));
  if (!pod) throw new Error(`no pod is called ${middle}`);
  return pod;
}

/** What somebody does in RunPod's own console. */
function consoleAct(value: string, world: World): void {
  const [verb = '', name = '', next] = value.split(':');
  const { account } = world.runpod;
  account.settle();
  if (verb === 'create') {
    createElsewhere(name, account);
    return;
  }
  const pod = podNamed(name, world);
  switch (oneOf(verb, ['stop', 'start', 'terminate', 'rename', 'resize'])) {
    case 'stop':
      account.stop(pod, 'Exited by user');
      break;
    case 'start':
      account.begin(pod);
      break;
    case 'terminate':
      account.terminate(pod, 'Terminated by user');
      break;
    case 'rename':
      if (next === undefined) throw new Error('rename:NAME:NEW');
      pod.name = next;
      break;
    case 'resize':
      pod.persistent = { path: '/workspace', ...pod.persistent, size: whole(next ?? '') };
  }
}

/** A pod whose name says nothing of whose it is. */
function createElsewhere(name: string, account: Account): void {
  const gpu = GPUS.find((type) => type.name === 'RTX A5000');
  if (!gpu) throw new Error('no RTX A5000 in the catalogue');
  newPod(account, {
    name,
    image: 'runpod/pytorch:2.8.0-py3.11-cuda12.8.1',
    gpu,
    gpuCount: 1,
    cloud: 'SECURE',
    dataCenterId: gpu.dataCenters[0] ?? 'EU-RO-1',
    disk: 50,
    persistent: { size: 20, path: '/workspace' },
    network: null,
    ports: [],
    env: {},
    spot: false,
    listedFrom: 0,
  });
}

function chatSwitch(chat: ChatName): Setter {
  return (value, world) => {
    const emulator = world.chats[chat];
    const close = /^close:(\d{4})$/.exec(value)?.[1];
    if (value === 'redeliver') emulator.faults = { ...emulator.faults, redeliver: true };
    else if (value === 'disconnect') emulator.disconnect();
    else if (close !== undefined && chat === 'discord') world.discord.end(Number(close));
    else emulator.faults = { ...emulator.faults, mode: chatTrouble(value) };
  };
}

/** `12m`, `-6m`, `3s`: how far the clock of that machine is ahead. */
function machineClock(part: Part): Setter {
  return (value, world) => {
    const [, count, unit] = /^(-?\d+)([sm])$/.exec(value) ?? [];
    if (count === undefined) throw new Error(`${value} is none of 12m, -6m, 3s`);
    world.setMachineClock(part, Number(count) * (unit === 'm' ? 60_000 : 1000));
  };
}

/** Out of memory, Redis answers reads and takes no writes. */
function setRedisFull(full: boolean, world: World): void {
  if (full === world.redisFull) return;
  world.redisFull = full;
  const limit = ['maxmemory', full ? '1mb' : '0', 'maxmemory-policy', 'noeviction'] as const;
  world.redisClient.config('SET', ...limit).catch(() => {});
}

const SETTERS: Record<string, Setter> = {
  capacity: (value, { runpod }) => {
    runpod.faults.capacity = oneOf(value, ['none']);
  },
  create_delay: (value, { runpod }) => {
    runpod.faults.createDelayMs = whole(value);
  },
  create: (value, { runpod }) => {
    runpod.faults.create = oneOf(value, ['500-before', '500-after', 'timeout']);
  },
  billing: (value, { runpod }) => {
    runpod.faults.billing = value === 'up' ? null : oneOf(value, ['down', 'forbidden']);
  },
  start: (value, { runpod }) => {
    runpod.faults.start = oneOf(value, ['no-gpu', 'zero-gpu']);
  },
  terminate: (value, { runpod }) => {
    runpod.faults.terminate = oneOf(value, ['404', '409', '500-before', '500-after', 'cut']);
  },
  funds: (value, { runpod }) => {
    runpod.faults.funds = oneOf(value, ['402']);
  },
  balance: (value, { runpod }) => {
    const usd = Number(value);
    if (!Number.isFinite(usd)) throw new Error(`${value} is not an amount of USD`);
    runpod.account.setBalance(usd);
  },
  api: (value, { runpod }) => {
    runpod.faults.api = value === 'cdn' || value === 'revoked' ? { kind: value } : trouble(value);
  },
  list_lag: (value, { runpod }) => {
    runpod.faults.listLagMs = whole(value);
  },
  stale_runtime: (value, { runpod }) => {
    runpod.faults.staleRuntime = oneOf(value, ['on']) === 'on';
  },
  exited_cost: (value, { runpod }) => {
    runpod.faults.exitedCost = oneOf(value, ['zero', 'kept']);
  },
  spot: (value, { runpod }) => {
    runpod.faults.spot = oneOf(value, ['offered', 'gone', 'no-price']);
  },
  evict: (value, world) => {
    world.runpod.account.settle();
    world.runpod.account.stop(podNamed(value, world), 'Outbid');
  },
  idle: (value, world) => {
    podNamed(value, world).util = 0;
  },
  busy: (value, world) => {
    podNamed(value, world).util = 71;
  },
  stuck: (value, world) => {
    podNamed(value, world).reportsAt = Number.POSITIVE_INFINITY;
  },
  error: (value, world) => {
    const pod = podNamed(value, world);
    world.runpod.account.settle();
    world.runpod.account.stop(pod, 'Exited by Runpod');
    pod.status = 'ERROR';
  },
  list: (value, { runpod }) => {
    runpod.faults.list = oneOf(value, ['empty', 'half']);
  },
  balance_said: (value, { runpod }) => {
    runpod.faults.balanceSaid = Number(value);
  },
  graphql: (value, { runpod }) => {
    runpod.faults.graphql = oneOf(value, ['gone', 'down']);
  },
  balance_api: (value, { runpod }) => {
    const mode = oneOf(value, ['prepaid', 'postpaid', 'down']);
    runpod.faults.balanceApi = mode === 'down' ? 'down' : true;
    if (mode !== 'down') runpod.account.billingMode = mode === 'postpaid' ? 'POSTPAID' : 'PREPAID';
  },
  sunset: (value, { runpod }) => {
    runpod.faults.sunset = value;
  },
  pods: (value, { runpod }) => {
    runpod.faults.podRow = parseRowFault(value);
  },
  gpus: (value, { runpod }) => {
    runpod.faults.gpuRow = parseRowFault(value);
  },
  volumes: (value, { runpod }) => {
    runpod.faults.volumeRow = parseRowFault(value);
  },
  bills: (value, { runpod }) => {
    runpod.faults.billRow = parseRowFault(value);
  },
  bill_sums: (value, { runpod }) => {
    runpod.faults.sumRow = parseRowFault(value);
  },
  console: consoleAct,
  crowd: (value, { slack }) => slack.workspace.addCrowd(whole(value)),
  redis: (value, world) => setRedisFull(oneOf(value, ['full']) === 'full', world),
  bot_clock: machineClock('bot'),
  worker_clock: machineClock('worker'),
  slack: chatSwitch('slack'),
  discord: chatSwitch('discord'),
};

/** @throws Error that names what is allowed. */
export function setFault(name: string, value: string, world: World): void {
  const setter = Object.hasOwn(SETTERS, name) ? SETTERS[name] : undefined;
  if (!setter) throw new Error(`there is no fault ${name}: ${Object.keys(SETTERS).join(', ')}`);
  setter(value, world);
}

const FIELDS: Record<string, keyof Faults> = {
  capacity: 'capacity',
  create_delay: 'createDelayMs',
  create: 'create',
  start: 'start',
  terminate: 'terminate',
  funds: 'funds',
  api: 'api',
  list_lag: 'listLagMs',
  stale_runtime: 'staleRuntime',
  exited_cost: 'exitedCost',
  spot: 'spot',
  list: 'list',
  balance_said: 'balanceSaid',
  graphql: 'graphql',
  balance_api: 'balanceApi',
  billing: 'billing',
  sunset: 'sunset',
  pods: 'podRow',
  gpus: 'gpuRow',
  volumes: 'volumeRow',
  bills: 'billRow',
  bill_sums: 'sumRow',
};
const PARTS = ['bot', 'worker'] as const;
const NO_CHAT_FAULTS: ChatFaults = { mode: null, redeliver: false };

/** Clears one fault, or all. */
export function clearFault(name: string | null, world: World): void {
  if (name !== null && !Object.hasOwn(SETTERS, name)) throw new Error(`there is no fault ${name}`);
  const { faults } = world.runpod;
  const field = name === null || !Object.hasOwn(FIELDS, name) ? undefined : FIELDS[name];
  if (name === null) Object.assign(faults, NO_FAULTS);
  else if (field) Object.assign(faults, { [field]: NO_FAULTS[field] });
  for (const part of PARTS) {
    if (name === null || name === `${part}_clock`) world.setMachineClock(part, 0);
  }
  if (name === null || name === 'redis') setRedisFull(false, world);
  for (const chat of ['slack', 'discord'] as const) {
    if (name === null || name === chat) world.chats[chat].faults = { ...NO_CHAT_FAULTS };
  }
}

/** What is on, as `name=value`; what hits once is on until it has hit. */
export function activeFaults(world: World): string[] {
  const { faults } = world.runpod;
  const names = Object.entries(FIELDS).filter(([, field]) => faults[field] !== NO_FAULTS[field]);
  const chats = (['slack', 'discord'] as const).flatMap((chat) => {
    const { mode, redeliver } = world.chats[chat].faults;
    return [...(mode ? [`${chat}=${chatTroubleText(mode)}`] : []), ...(redeliver ? [`${chat}=redeliver`] : [])];
  });
  const clocks = PARTS.flatMap((part) => {
    const seconds = world.machineClock(part) / 1000;
    if (seconds === 0) return [];
    return [`${part}_clock=${seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`}`];
  });
  const redis = world.redisFull ? ['redis=full'] : [];
  return [...redis, ...names.map(([name, field]) => `${name}=${valueText(faults[field])}`), ...clocks, ...chats];
}

function troubleText(mode: NonNullable<Faults['api']>): string {
  if (mode.kind === 'slow') return `slow:${mode.ms}`;
  return mode.kind === '429' ? `429:${mode.seconds}` : mode.kind;
}

function valueText(value: Faults[keyof Faults]): string {
  if (value === true) return 'on';
  if (typeof value !== 'object' || value === null) return String(value);
  return 'field' in value ? rowFaultText(value) : troubleText(value);
}
