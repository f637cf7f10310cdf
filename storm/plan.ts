import { z } from 'zod';

/**
 * What happens in a storm, as data: each entry stands by itself and brings its own end, so that any of them can be left out.
 * `at` is ms after the beginning, `for` ms for which a trouble lasts.
 */
export const PARTS = ['bot', 'bot-2', 'worker', 'worker-2'] as const;
export const CHATS = ['slack', 'discord'] as const;

const at = z.int().min(0);
const span = z.int().min(0);
const chat = z.enum(CHATS);
const part = z.enum(PARTS);

const entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('type'), at, chat, person: z.string(), text: z.string() }),
  /** Presses the newest button of this label that the person sees on a message with `on` in it. */
  z.strictObject({
    kind: z.literal('press'),
    at,
    chat,
    person: z.string(),
    label: z.string(),
    on: z.string(),
    times: z.int().min(1),
  }),
  /** Types `/pod terminate`, and fills in the form where one opens. */
  z.strictObject({
    kind: z.literal('ask'),
    at,
    chat,
    person: z.string(),
    pod: z.string(),
    answers: z.record(z.string(), z.string()),
  }),
  /** A switch of the demo's faults (`create=500-after`, `slack=down`); `for` 0 where it ends by itself. */
  z.strictObject({ kind: z.literal('fault'), at, for: span, name: z.string(), value: z.string() }),
  /** `kill` and `terminate` end a process that is started again, `freeze` stops one that then goes on. */
  z.strictObject({ kind: z.enum(['kill', 'terminate', 'freeze']), at, for: span, part }),
  /** The same to both bots, right after the next event that one of them acknowledges, where one does within `for`. */
  z.strictObject({ kind: z.enum(['kill-at-ack', 'terminate-at-ack']), at, for: span }),
  z.strictObject({ kind: z.literal('store-late'), at, for: span, part, ms: span }),
  /** Of this part's writes from now on the nth is carried out at once, and answered after `ms`. */
  z.strictObject({ kind: z.literal('store-late-write'), at, part, nth: z.int().min(1), ms: span }),
  z.strictObject({ kind: z.literal('store-away'), at, for: span, part }),
  /** The next request is carried out, and its answer is lost with the connection. */
  z.strictObject({ kind: z.literal('store-cut'), at, part }),
  z.strictObject({ kind: z.literal('store-restart'), at }),
  /** Time goes on by so much for everybody. */
  z.strictObject({ kind: z.literal('clock'), at, ms: span }),
  /** One chat no longer knows this person. */
  z.strictObject({ kind: z.literal('deactivate'), at, for: span, person: z.string() }),
]);
export type Entry = z.infer<typeof entry>;

export const plan = z.strictObject({
  seed: z.int(),
  /** By how much the machine's clock of a part is wrong, ms. */
  clocks: z.partialRecord(part, z.int()).default({}),
  entries: z.array(entry),
});
export type Plan = z.infer<typeof plan>;

const ACTS: readonly Entry['kind'][] = ['type', 'press', 'ask'];
export const isAct = ({ kind }: Entry): boolean => ACTS.includes(kind);

/** @throws where it is no plan, and says what is wrong. */
export const readPlan = (text: string): Plan => plan.parse(JSON.parse(text));
/** One entry a line, so that it can be read and cut by hand. */
export function writePlan({ seed, clocks, entries }: Plan): string {
  const lines = entries.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  return `{\n  "seed": ${seed},\n  "clocks": ${JSON.stringify(clocks)},\n  "entries": [\n${lines}\n  ]\n}\n`;
}
