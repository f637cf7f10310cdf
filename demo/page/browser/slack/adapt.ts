import type { Block } from 'slack-blocks-to-jsx';
import type { Json } from '../../protocol.ts';
import { forLibrary, plainForLibrary, unescaped } from './mrkdwn.ts';

export interface Confirm {
  title: string;
  text: string;
  confirm: string;
  deny: string;
  danger: boolean;
}

/** A button of a message, and what the library cannot do about it. */
export interface Pressable {
  action: string;
  label: string;
  url: string | null;
  confirm: Confirm | null;
}

export interface Adapted {
  blocks: Block[];
  /** By the id that the button has in the document. */
  buttons: Map<string, Pressable>;
}

/** Block Kit as the library can draw it; `prefix` makes ids that are unique in the page. */
export function adapt(blocks: Json[], prefix: string): Adapted {
  const buttons: Adapted['buttons'] = new Map();
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Json;
    if (isText(node)) return textFor(node);
    const inner = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]));
    if (node.type === 'button') return buttonFor(node, inner, prefix, buttons);
    return node.type === 'image' ? { ...inner, ...imageFor(node) } : inner;
  };
  return { blocks: blocks.flatMap(withoutFences).map(walk) as Block[], buttons };
}

const TEXTS = new Set(['mrkdwn', 'plain_text', 'raw_text']);
const isText = ({ type, text }: Json) => TEXTS.has(String(type)) && typeof text === 'string';

/** The library prints `verbatim` texts raw, formatting and all; in Slack the word only means that nothing is linked by itself. */
function textFor({ verbatim, ...node }: Json): Json {
  const text = String(node.text);
  const safe = node.type === 'mrkdwn' ? forLibrary(text, verbatim === true) : plainForLibrary(text);
  return { ...node, text: safe };
}

/**
 * The library's buttons tell nobody that they were pressed, nor does its dialog; those with a `url` open it without
 * `noopener`. It does put `action_id` into the document as the button's id, by which a click finds its way back to here.
 */
function buttonFor(node: Json, inner: Json, prefix: string, buttons: Adapted['buttons']): Json {
  const { confirm, url, ...rest } = inner;
  const id = `${prefix}-${buttons.size}`;
  buttons.set(id, {
    action: String(node.action_id),
    label: textIn(node.text),
    url: typeof node.url === 'string' ? node.url : null,
    confirm: node.confirm ? confirmOf(node.confirm as Json) : null,
  });
  return { ...rest, action_id: id };
}

const textIn = (value: unknown) => String((value as Json | undefined)?.text ?? '');

const confirmOf = ({ title, text, confirm, deny, style }: Json): Confirm => ({
  title: textIn(title),
  text: textIn(text),
  confirm: textIn(confirm),
  deny: textIn(deny),
  danger: style === 'danger',
});

/** As Slack does, a picture without a title has its file's name above it; the library would leave the line empty. */
function imageFor({ title, slack_file }: Json): Json {
  const url = (slack_file as { url?: string } | undefined)?.url;
  const name = url === undefined ? '' : decodeURIComponent(url.split('/').at(-1) ?? '');
  const text = title === undefined ? name : textIn(title);
  return text === '' ? {} : { title: { type: 'plain_text', text } };
}

const FENCE = /```([\s\S]*?)```/;

/** Between fences the library doubles asterisks and leaves entities as they are; in rich text it changes nothing. */
function withoutFences(block: Json): Json[] {
  const text = (block.text as Json | undefined)?.text;
  if (block.type !== 'section' || typeof text !== 'string' || !FENCE.test(text)) return [block];
  return text.split(FENCE).flatMap((part, i): Json[] => {
    if (i % 2 === 1) return [preformatted(unescaped(part.replace(/^\n/, '')))];
    return part.trim() === '' ? [] : [{ ...block, text: { ...(block.text as Json), text: part.trim() } }];
  });
}

const preformatted = (text: string): Json => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
});
