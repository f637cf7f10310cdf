import { z } from 'zod';
import { PEOPLE } from './protocol.ts';

const chat = z.enum(['slack', 'discord']);
const person = z.enum(PEOPLE);
const text = z.string().max(20_000);
const typed = text.trim().min(1);
const id = z.string().max(300);

/** What a person does on the page. */
export const act = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('command'), chat, person, channel: id, typed }),
  z.strictObject({ kind: z.literal('say'), chat, person, channel: id, under: id.nullable(), typed }),
  z.strictObject({ kind: z.literal('press'), chat, person, message: id, button: id, label: text }),
  z.strictObject({
    kind: z.literal('submit'),
    chat,
    person,
    form: id,
    values: z.record(id, z.array(text).max(100)),
  }),
  z.strictObject({ kind: z.literal('dismiss'), chat, person, form: id }),
  /** `ms` on top of where the clock stands or is moving to; null stops it where it is. */
  z.strictObject({
    kind: z.literal('clock'),
    ms: z
      .int()
      .min(1)
      .max(60 * 86_400_000)
      .nullable(),
  }),
  z.strictObject({ kind: z.literal('speed'), speed: z.int().min(1).max(3600) }),
  /** As in a dialogue: `fault name=value`; null ends it. */
  z.strictObject({ kind: z.literal('fault'), name: id, value: id.nullable() }),
  z.strictObject({ kind: z.literal('part'), part: z.enum(['bot', 'worker']), up: z.boolean() }),
  z.strictObject({ kind: z.literal('restart-redis') }),
  /** Everything anew, as at the first start. */
  z.strictObject({ kind: z.literal('start-over') }),
]);
export type Act = z.infer<typeof act>;

/** What Discord's client asks for while somebody types into an option. */
export const suggest = z.strictObject({ person, channel: id, subcommand: id, option: id, typed: text });
export type Suggest = z.infer<typeof suggest>;
