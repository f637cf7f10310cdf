import type { Part } from '../world/part.ts';
import type { ChatName } from '../world/world.ts';

/** One line of a dialogue. Durations in ms. */
export type Step =
  | { kind: 'command'; chat: ChatName; person: string; channel: string; typed: string }
  | { kind: 'press'; chat: ChatName; person: string; label: string; on: string | null }
  | { kind: 'fill'; chat: ChatName; person: string; values: [string, string][] }
  | { kind: 'expect-message'; no: boolean; chat: ChatName; where: Where; pattern: RegExp; within: number }
  | { kind: 'expect-pods'; counts: [PodCount, number][] }
  | { kind: 'expect-calls'; method: string; path: string | null; compare: '=' | '>=' | '<='; count: number }
  | { kind: 'clock'; ms: number }
  | { kind: 'fault'; name: string; value: string }
  | { kind: 'fault-clear'; name: string | null }
  | { kind: 'kill'; part: Part }
  | { kind: 'start'; part: Part }
  | { kind: 'restart-redis' }
  | { kind: 'empty-redis' };

export type Where = { channel: string } | { person: string; privately: boolean };
export type PodCount = 'running' | 'exited' | 'total' | 'terminated';

export interface Line {
  number: number;
  text: string;
  step: Step;
}

export class UnreadableLine extends Error {
  readonly number: number;

  constructor(number: number, text: string, why: string) {
    super(`line ${number}: ${why}: ${text}`);
    this.number = number;
  }
}

const DEFAULT_WAIT_MS = 10_000;
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const unquote = (text: string) => text.replace(/\\(["\\])/g, '$1');

function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  if (parts.map(([whole]) => whole).join('') !== text || parts.length === 0) throw new Error(`not a duration: ${text}`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

const API_TROUBLE = /^(down|slow:\d+|429:\d+|cdn|revoked)$/;
const CHAT_TROUBLE = /^(down|slow:\d+|429:\d+|html:\d+|reset|error:\w+(:[\w.,-]+)?|redeliver|disconnect)$/;
const DISCORD_TROUBLE = new RegExp(`${CHAT_TROUBLE.source}|^close:\\d{4}$`);
/** How far the machine's clock is ahead. */
const MACHINE_CLOCK = /^-?\d+[sm]$/;
/** `row:FIELD=VALUE` for the first row of a list, `row@NAME:FIELD=VALUE` for one; the value is JSON, or `missing`. */
const ROW = /^row(@[^:]+)?:[\w.]+=(missing|null|true|false|-?\d+(\.\d+)?|"[^"]*"|\[.*\]|\{.*\})$/;

/** Each fault with the values it takes. */
const FAULTS: Record<string, RegExp> = {
  capacity: /^none$/,
  create_delay: /^\d+$/,
  create: /^(500-before|500-after|timeout)$/,
  start: /^(no-gpu|zero-gpu)$/,
  terminate: /^(404|409|500-before|500-after|cut)$/,
  funds: /^402$/,
  balance: /^-?\d+(\.\d+)?$/,
  api: API_TROUBLE,
  list_lag: /^\d+$/,
  stale_runtime: /^on$/,
  exited_cost: /^(zero|kept)$/,
  spot: /^(offered|gone|no-price)$/,
  evict: /^\S+$/,
  idle: /^\S+$/,
  busy: /^\S+$/,
  stuck: /^\S+$/,
  error: /^\S+$/,
  list: /^(empty|half)$/,
  balance_said: /^-?\d+(\.\d+)?$/,
  graphql: /^(gone|down)$/,
  billing: /^(down|forbidden|up)$/,
  balance_api: /^(prepaid|postpaid|down)$/,
  sunset: /^\S+$/,
  pods: ROW,
  gpus: ROW,
  volumes: ROW,
  bills: ROW,
  bill_sums: ROW,
  console: /^((stop|start|terminate|create):[^:]+|rename:[^:]+:[^:]+|resize:[^:]+:\d+)$/,
  crowd: /^\d+$/,
  redis: /^full$/,
  bot_clock: MACHINE_CLOCK,
  worker_clock: MACHINE_CLOCK,
  slack: CHAT_TROUBLE,
  discord: DISCORD_TROUBLE,
};

function known(fault: string): string {
  if (!Object.hasOwn(FAULTS, fault)) throw new Error(`there is no fault ${fault}`);
  return fault;
}

function knownValue(fault: string, value: string): string {
  if (!FAULTS[known(fault)]?.test(value)) throw new Error(`the fault ${fault} takes no ${value}`);
  return value;
}

type Reader = [pattern: RegExp, read: (groups: string[]) => Step];
const CHAT = '(slack|discord)';

const READERS: Reader[] = [
  [
    new RegExp(`^${CHAT} (\\w+) #([\\w-]+)> ?(.*)$`, 's'),
    ([chat = '', person = '', channel = '', typed = '']) => ({
      kind: 'command',
      chat: chat as ChatName,
      person,
      channel,
      typed,
    }),
  ],
  [
    new RegExp(`^${CHAT} (\\w+) press ${QUOTED}(?: on ${QUOTED})?$`),
    ([chat = '', person = '', label = '', on]) => ({
      kind: 'press',
      chat: chat as ChatName,
      person,
      label: unquote(label),
      on: on === undefined ? null : unquote(on),
    }),
  ],
  [
    new RegExp(`^${CHAT} (\\w+) fill((?: [\\w-]+=${QUOTED})*)$`),
    ([chat = '', person = '', values = '']) => ({
      kind: 'fill',
      chat: chat as ChatName,
      person,
      values: [...values.matchAll(new RegExp(` ([\\w-]+)=${QUOTED}`, 'g'))].map(([, name = '', value = '']) => [
        name,
        unquote(value),
      ]),
    }),
  ],
  [
    new RegExp(`^expect (no )?${CHAT} (?:#([\\w-]+)|(\\w+)( privately)?) /(.*)/(?: (?:within|for) (\\w+))?$`),
    ([no, chat = '', channel, person, privately, pattern = '', time]) => ({
      kind: 'expect-message',
      no: no !== undefined,
      chat: chat as ChatName,
      where: channel === undefined ? { person: person ?? '', privately: privately !== undefined } : { channel },
      pattern: new RegExp(pattern, 'is'),
      within: time === undefined ? DEFAULT_WAIT_MS : duration(time),
    }),
  ],
  [
    /^expect pods((?: (?:running|exited|total|terminated)=\d+)+)$/,
    ([counts = '']) => ({
      kind: 'expect-pods',
      counts: [...counts.matchAll(/ (\w+)=(\d+)/g)].map(([, name, count]) => [name as PodCount, Number(count)]),
    }),
  ],
  [
    /^expect calls "([A-Z]+)(?: (\/\S*))?" (=|>=|<=) (\d+)$/,
    ([method = '', path, compare = '=', count = '0']) => ({
      kind: 'expect-calls',
      method,
      path: path ?? null,
      compare: compare as '=' | '>=' | '<=',
      count: Number(count),
    }),
  ],
  [/^clock \+(\w+)$/, ([time = '']) => ({ kind: 'clock', ms: duration(time) })],
  [/^fault clear(?: (\w+))?$/, ([name]) => ({ kind: 'fault-clear', name: name === undefined ? null : known(name) })],
  [/^fault (\w+)=(\S+)$/, ([name = '', value = '']) => ({ kind: 'fault', name, value: knownValue(name, value) })],
  [/^kill (bot|worker)$/, ([part]) => ({ kind: 'kill', part: part as Part })],
  [/^start (bot|worker)$/, ([part]) => ({ kind: 'start', part: part as Part })],
  [/^restart redis$/, () => ({ kind: 'restart-redis' })],
  [/^empty redis$/, () => ({ kind: 'empty-redis' })],
];

/** What each kind of line looks like, and each fault that can be set: for what lists them. */
export const STEP_PATTERNS: readonly RegExp[] = READERS.map(([pattern]) => pattern);
export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/** One step of one line. @throws Error that says what is wrong with it. */
export function readStep(text: string): Step {
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(text);
    if (match) return read(match.slice(1));
  }
  throw new Error('is no step');
}

/** A whole dialogue; blank lines and lines that begin with `# ` are skipped. @throws UnreadableLine */
export function readDialogue(text: string): Line[] {
  return text.split(/\r?\n/).flatMap((raw, i) => {
    const line = raw.trim();
    if (line === '' || line === '#' || line.startsWith('# ')) return [];
    try {
      return [{ number: i + 1, text: line, step: readStep(line) }];
    } catch (error) {
      throw new UnreadableLine(i + 1, line, (error as Error).message);
    }
  });
}
