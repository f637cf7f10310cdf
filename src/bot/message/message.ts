import type { AccountId } from '../../policy/identity.ts';
import type { MicroUsd } from '../../policy/money.ts';

/** What is said to people, as plain data. Each chat renders it natively; nothing here knows how. */
export type Span =
  | { kind: 'plain'; text: string }
  | { kind: 'bold'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'link'; text: string; url: string }
  /** A mention where the reader's chat has one of the accounts, else the name. */
  | {
      kind: 'user';
      accounts: readonly AccountId[];
      name: string;
      /** The end of the name that a mention does not show. */
      mark?: string;
    }
  /** A mention of the group that the reader's chat has, as `<chat>:<id>`, else its name. */
  | { kind: 'group'; groups: readonly string[]; name: string }
  /** Milliseconds since 1970; shown on each reader's own clock. */
  | { kind: 'time'; at: number; style: 'moment' | 'ago' }
  | { kind: 'money'; amount: MicroUsd; per?: 'hour' | 'day' };

export type Block =
  | { kind: 'text'; spans: Span[] }
  | { kind: 'fields'; fields: { label: string; value: Span[] }[] }
  /** `more` rows were left out before rendering; a renderer that leaves out further ones adds to it. */
  | { kind: 'table'; header: string[]; rows: Span[][][]; more: number }
  | { kind: 'code'; text: string }
  /** A PNG in base64, and what it shows in words. */
  | { kind: 'image'; name: string; png: string; alt: string }
  /** A text file; where a private answer cannot hold one, it comes by direct message. */
  | { kind: 'file'; name: string; text: string }
  | { kind: 'divider' };

export interface Confirm {
  title: string;
  text: string;
}

export interface Button {
  label: string;
  /** `v1.<action>.<id>`, at most 80 characters: Discord allows 100, and a confirmation adds to it. */
  token: string;
  style?: 'primary' | 'danger';
  /** Asked before the click counts: a dialog where the chat has one, else a private message. */
  confirm?: Confirm;
}

export type Tone = 'info' | 'good' | 'warn' | 'bad';

export interface Message {
  /** A card has a title. A line has none: it is said in a thread, or privately. */
  title: string | null;
  /** Said above a card: whom it is for. A mention inside a card pings nobody on every platform. */
  lead?: Span[];
  tone: Tone;
  blocks: Block[];
  buttons: Button[];
}

export const plain = (text: string): Span => ({ kind: 'plain', text });
export const bold = (text: string): Span => ({ kind: 'bold', text });
export const code = (text: string): Span => ({ kind: 'code', text });
export const money = (amount: MicroUsd, per?: 'hour' | 'day'): Span => ({
  kind: 'money',
  amount,
  ...(per ? { per } : {}),
});
export const moment = (at: number): Span => ({ kind: 'time', at, style: 'moment' });
export const ago = (at: number): Span => ({ kind: 'time', at, style: 'ago' });

/** A paragraph; strings are plain text. */
export function text(...parts: (Span | string)[]): Block {
  return { kind: 'text', spans: parts.map((part) => (typeof part === 'string' ? plain(part) : part)) };
}

export function fields(...entries: [label: string, ...value: (Span | string)[]][]): Block {
  return {
    kind: 'fields',
    fields: entries.map(([label, ...value]) => ({
      label,
      value: value.map((part) => (typeof part === 'string' ? plain(part) : part)),
    })),
  };
}

/** At least one, since both chats refuse a message without content. */
export type Some<T> = [T, ...T[]];

/** `list`, or where it is empty what is said instead. */
export function orElse<T>(list: readonly T[], otherwise: T): Some<T> {
  const [first, ...rest] = list;
  return first === undefined ? [otherwise] : [first, ...rest];
}

/** @throws where nothing would be seen: neither chat takes such a message, and its reader would wait for ever. */
export function assertContent({ title, blocks }: Message): void {
  const blank = (spans: readonly Span[]) => spans.every((span) => span.kind === 'plain' && span.text.trim() === '');
  const empty = blocks.every((block) => block.kind === 'divider' || (block.kind === 'text' && blank(block.spans)));
  if ((title === null || title.trim() === '') && empty) throw new Error('a message without content');
}

/** One or more paragraphs to one person. */
export function note(tone: Tone, ...paragraphs: Some<string | Block>): Message {
  const blocks = paragraphs.map((p) => (typeof p === 'string' ? text(p) : p));
  return { title: null, tone, blocks, buttons: [] };
}

export function card(title: string, tone: Tone, blocks: Block[], buttons: Button[] = []): Message {
  return { title, tone, blocks, buttons };
}
