import type { Right } from '../../policy/access.ts';
import type { Answers, Form, FormProblem } from '../message/form.ts';
import type { Confirm, Message } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';

/** A button, declared once. Its token is `v1.<name>.<id>[.<choice>]`; everything else is read when it is pressed. */
export interface Action {
  name: string;
  access: Right | null;
  /** The answer is a message of its own, also where the button stands on a private one. */
  keeps?: boolean;
  /** What to ask first where the chat has no dialog; null where the click counts at once. */
  confirm?(target: Target, services: Services, asker: Asker): Promise<Confirm | null>;
  run(target: Target, asker: Asker, services: Services): Promise<Message | null>;
  /** A button that opens a form, and a form that comes back, carry the same name. */
  form?: FormAction;
}

export interface FormAction {
  /** What follows is posted in the channel: whether that can be is found out before anything is done. */
  posts?: boolean;
  open(target: Target, asker: Asker, services: Services): Promise<Form | Message>;
  /** Left out where the form that opens carries the token of another action, which takes the answers. */
  answers?: {
    /** Judged before the acknowledgement, on what is kept: errors travel on it. */
    check(target: Target, answers: Answers, services: Services): Promise<FormProblem[]>;
    submit(target: Target, answers: Answers, asker: Asker, services: Services): Promise<Message>;
  };
}

export interface Target {
  id: string;
  choice: string | null;
}

/** Appended to a token by whoever already asked. */
export const CONFIRMED = '!';

export interface Token {
  name: string;
  target: Target;
  confirmed: boolean;
}

/** Null for anything that is not one of our tokens: it may be forged. */
export function parseToken(token: string): Token | null {
  const match = /^v1\.([a-z-]+)\.([A-Za-z0-9_-]{1,64})(?:\.([A-Za-z0-9-]{1,40}))?(!)?$/.exec(token);
  if (!match) return null;
  const [, name = '', id = '', choice, mark] = match;
  return { name, target: { id, choice: choice ?? null }, confirmed: mark !== undefined };
}
