import type { Block } from './message.ts';

export interface Choice {
  value: string;
  label: string;
}

/** Characters of an answer that is typed. */
export const MAX_ANSWER = 300;

/** One question. Labels have at most 45 characters, hints 100: the smaller of the platforms' limits. */
export type Field = {
  id: string;
  label: string;
  hint?: string;
  required: boolean;
} & (
  | { kind: 'text'; long: boolean /** At most `MAX_ANSWER`. */; maxLength: number; initial?: string }
  /** One of at most 25. */
  | { kind: 'choice'; choices: Choice[]; initial?: string }
  /** Some of at most 25. */
  | { kind: 'choices'; choices: Choice[]; initial: string[]; atMost: number }
);

/** A form that opens over the chat. At most four questions below one paragraph. */
export interface Form {
  /** At most 24 characters. */
  title: string;
  /** `v1.<action>.<id>`; comes back with the answers. */
  token: string;
  /** The label of the button that sends it, where the platform shows one; at most 24 characters. */
  submit: string;
  intro: Block | null;
  fields: Field[];
}

/** What was filled in, by field: one text, or the values chosen. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** A field that cannot be taken, and why; told where the person can mend it. */
export interface FormProblem {
  field: string;
  problem: string;
}

export const isForm = (value: object): value is Form => 'fields' in value && 'submit' in value;
