import type { Field, Form } from './form.ts';
import type { Block, Button, Message, Span } from './message.ts';

/**
 * Controls, what turns the direction of a text, and what has no width: a text from outside looks like another with them.
 * What joins emoji, and says how they look, stays.
 */
const UNSEEN =
  /[^\P{Cc}\n\t]|(?<!\p{Emoji}|\ufe0f)\u200d|\u200d(?!\p{Emoji})|(?<!\p{Emoji})[\ufe0e\ufe0f]|(?!\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}/gu;
/** All that clients begin a new line at, beside the line feed. */
const BREAKS = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

/** A text as it is read, with nothing in it that nobody sees. */
export function visibleText(text: string): string {
  const seen = text.replace(BREAKS, '\n').replace(UNSEEN, '');
  return text !== '' && seen === '' ? '(invisible)' : seen;
}

export const oneLine = (text: string): string => visibleText(text).replace(/\s*\n\s*/g, ' ');

/** Words of somebody, or of RunPod: on one line, in quotes that they cannot leave. */
export const quoted = (words: string): string => `“${oneLine(words).replace(/["“”„‟«»]/g, "'")}”`;

/** The marks of emphasis at an edge of a word, and those of code; nothing is read into one that stands within a word. */
const MARKS = /(?<![\p{L}\p{N}*_~])[*_~]+|[*_~]+(?![\p{L}\p{N}*_~])|`/gu;
const ALIKE: Record<string, string> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' };

/** With their like in the place of marks, for where a chat has no escape for them: a text from outside formats nothing. */
export const unmarked = (text: string): string =>
  text.replace(MARKS, (marks) => [...marks].map((mark) => ALIKE[mark] ?? mark).join(''));

/** The message as both chats render it. Lines are ours: a name or a label has one. */
export function visible(message: Message): Message {
  const { title, lead } = message;
  return {
    ...message,
    title: title === null ? null : oneLine(title),
    ...(lead === undefined ? {} : { lead: lead.map(visibleSpan) }),
    blocks: message.blocks.map(visibleBlock),
    buttons: message.buttons.map(visibleButton),
  };
}

function visibleSpan(span: Span): Span {
  switch (span.kind) {
    case 'plain':
      return { ...span, text: visibleText(span.text) };
    case 'bold':
    case 'code':
    case 'link':
      return { ...span, text: oneLine(span.text) };
    case 'user':
    case 'group':
      return { ...span, name: oneLine(span.name) };
    default:
      return span;
  }
}

function visibleBlock(block: Block): Block {
  switch (block.kind) {
    case 'text':
      return { ...block, spans: block.spans.map(visibleSpan) };
    case 'fields': {
      const fields = block.fields.map(({ label, value }) => ({ label: oneLine(label), value: value.map(visibleSpan) }));
      return { ...block, fields };
    }
    case 'table': {
      const rows = block.rows.map((row) => row.map((cell) => cell.map(visibleSpan)));
      return { ...block, header: block.header.map(oneLine), rows };
    }
    case 'code':
      return { ...block, text: visibleText(block.text) };
    case 'image':
      return { ...block, alt: visibleText(block.alt) };
    default:
      return block;
  }
}

function visibleButton(button: Button): Button {
  const { label, confirm } = button;
  const asked = confirm && { title: oneLine(confirm.title), text: visibleText(confirm.text) };
  return { ...button, label: oneLine(label), ...(asked ? { confirm: asked } : {}) };
}

export function visibleForm(form: Form): Form {
  const { intro } = form;
  return {
    ...form,
    title: oneLine(form.title),
    intro: intro === null ? null : visibleBlock(intro),
    fields: form.fields.map(visibleField),
  };
}

function visibleField(field: Field): Field {
  if (field.kind === 'text') return field;
  return { ...field, choices: field.choices.map(({ value, label }) => ({ value, label: oneLine(label) })) };
}
