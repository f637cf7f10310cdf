import { z } from 'zod';
import type { Right } from '../../policy/access.ts';
import type { Form } from '../message/form.ts';
import type { Message } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';

export interface Suggestion {
  name: string;
  value: string;
}

/**
 * A command, declared once. From it come the text parser, typed options and autocomplete, `/pod help`, the manifests,
 * and tests. Bounds that need the catalogue or the team's limits are judged in `run`, one answer for all chats.
 */
export interface Command<S extends z.ZodObject = z.ZodObject> {
  name: string;
  summary: string;
  args: S;
  /** Fields that may be given without their name, in this order. The first takes several words. */
  positional: readonly (keyof z.infer<S> & string)[];
  /** The first positional field takes one word only, and the last one all that follows. */
  oneWord?: boolean;
  /** Null: anybody, also outside a room. */
  access: Right | null;
  /** Works, privately, in channels that are no room. */
  outsideRooms: boolean;
  /** What it does has its card in this channel: nothing is done where none can be posted. */
  posts?: boolean;
  examples: readonly string[];
  /** Arguments whose values are for nobody's eyes: the audit log only says that they were given. */
  secret?: readonly (keyof z.infer<S> & string)[];
  /** Whether the answer is for one person's eyes alone: it is never written down, not even until the chat takes it. */
  secretAnswer?: (args: z.infer<S>) => boolean;
  suggest?: Partial<Record<keyof z.infer<S> & string, (typed: string, services: Services) => Promise<Suggestion[]>>>;
  /** Answers with a form. Where none can be opened (a mention brings no trigger), `run` answers instead. */
  opens?: (args: z.infer<S>, asker: Asker, services: Services) => Promise<Form | Message>;
  run(args: z.infer<S>, asker: Asker, services: Services): Promise<Message>;
}

export function defineCommand<S extends z.ZodObject>(command: Command<S>): Command<S> {
  return command;
}

/** One option as chats with typed options show it. */
export interface OptionShape {
  name: string;
  description: string;
  type: 'string' | 'integer' | 'boolean';
  required: boolean;
  suggests: boolean;
}

function baseType(schema: z.core.$ZodType): string {
  const def = schema._zod.def as {
    type: string;
    innerType?: z.core.$ZodType;
    in?: z.core.$ZodType;
    out?: z.core.$ZodType;
  };
  // A preprocessing step has its type behind it, a pipe before it.
  const step = def.in?._zod.def.type === 'transform' ? def.out : def.in;
  const inner = def.innerType ?? step;
  return inner ? baseType(inner) : def.type;
}

/** Options in declared order, required ones first, as platforms with typed options demand. */
export function optionsOf(command: Command): OptionShape[] {
  const options = Object.entries(command.args.shape).map(([name, schema]): OptionShape => {
    const type = baseType(schema);
    return {
      name,
      description: schema.description ?? name,
      type: type === 'number' || type === 'int' ? 'integer' : type === 'boolean' ? 'boolean' : 'string',
      required: !schema.safeParse(undefined).success,
      suggests: command.suggest?.[name] !== undefined,
    };
  });
  return [...options.filter((o) => o.required), ...options.filter((o) => !o.required)];
}

/** `/pod launch <gpu> [market] [count] [image=…]` */
export function usageOf(command: Command): string {
  const parts = optionsOf(command).map((option) => {
    const positional = command.positional.includes(option.name);
    const shown = positional ? option.name : `${option.name}=…`;
    return option.required ? `<${shown}>` : `[${shown}]`;
  });
  return ['/pod', command.name, ...parts].join(' ');
}

/** A whole number, typed as text or as a number. */
export const wholeNumber = (what: string) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value),
    z.int({ error: `${what} is a whole number` }),
  );

/** One of some words, in any case. */
export const oneOf = <T extends string>(values: readonly [T, ...T[]]) =>
  z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(values, { error: `is one of ${values.join(', ')}` }));
