import type { Seen, SeenButton, SeenField, SeenForm } from '../chat.ts';
import type { Json, SlackMessage, SlackView, Workspace } from './state.ts';

export interface Reader {
  userName: (id: string) => string;
  /** ms since 1970 to what the room's clock shows. */
  moment: (at: number) => string;
  ago: (at: number) => string;
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** mrkdwn as a person reads it. */
export function readMrkdwn(text: string, reader: Reader): string {
  return text
    .replace(/<@([A-Z0-9]+)>/g, (_, id: string) => `@${reader.userName(id)}`)
    .replace(/<!date\^(\d+)\^([^|>]*)(?:\|[^>]*)?>/g, (_, at: string, format: string) =>
      format.includes('{ago}') ? reader.ago(Number(at) * 1000) : reader.moment(Number(at) * 1000),
    )
    .replace(/<[^>|]+\|([^>]*)>/g, '$1')
    .replace(/<(https?:[^>]+)>/g, '$1')
    .replace(/```|`/g, '')
    .replace(/(^|[\s(])[*_]([^*_\n]+)[*_](?=$|[\s.,:;)])/g, '$1$2')
    .replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

function readText(text: unknown, reader: Reader): string {
  const { type, text: said } = (text ?? {}) as { type?: string; text?: string };
  if (said === undefined) return '';
  return type === 'mrkdwn' ? readMrkdwn(said, reader) : said;
}

export function readBlocks(blocks: Json[], reader: Reader): string {
  return blocks.flatMap((block) => readBlock(block, reader)).join('\n');
}

function readBlock(block: Json, reader: Reader): string[] {
  if (block.type === 'header') return [readText(block.text, reader)];
  if (block.type === 'section' && Array.isArray(block.fields)) {
    return (block.fields as Json[]).map((field) => {
      const [label = '', ...value] = readText(field, reader).split('\n');
      return `${label}: ${value.join(' ')}`;
    });
  }
  if (block.type === 'section') return [readText(block.text, reader)];
  if (block.type === 'context') return [(block.elements as Json[]).map((e) => readText(e, reader)).join(' ')];
  if (block.type === 'image') return [`[${String(block.alt_text)}]`];
  if (block.type === 'table') {
    return (block.rows as Json[][]).map((row) => row.map((cell) => String(cell.text ?? '')).join('  '));
  }
  return [];
}

export function readButtons(blocks: Json[]): SeenButton[] {
  const elements = blocks.flatMap((block) => (block.type === 'actions' ? (block.elements as Json[]) : []));
  return elements
    .filter((element) => element.type === 'button' && element.url === undefined)
    .map((element) => ({
      label: String((element.text as Json).text),
      id: String(element.action_id),
      dialog: element.confirm ? String(((element.confirm as Json).text as Json).text) : null,
    }));
}

/** A message as its readers see it. */
export function readMessage(message: SlackMessage, workspace: Workspace, reader: Reader): Seen {
  const nameOf = (id: string | null) => (id === null ? null : (workspace.users.get(id)?.name ?? null));
  return {
    id: message.ts,
    channel: workspace.channels.get(message.channel)?.name ?? null,
    thread: message.threadTs !== null,
    author: nameOf(message.author),
    onlyFor: nameOf(message.onlyFor),
    text: message.blocks.length > 0 ? readBlocks(message.blocks, reader) : readMrkdwn(message.text, reader),
    buttons: readButtons(message.blocks),
    posted: message.posted,
    changed: message.changed,
  };
}

/** An open form, with what was typed before a refusal. */
export function readForm({ id, view, opened, changed, errors, typed }: SlackView): SeenForm {
  const fields = (view.blocks as Json[]).flatMap((block) =>
    readInput(block).map((field) => ({
      ...field,
      value: typed[field.id] ?? field.value,
      problem: errors[field.id] ?? null,
    })),
  );
  return { id, title: String(((view.title ?? {}) as Json).text ?? ''), fields, opened, changed };
}

function readInput(block: Json): SeenField[] {
  const element = block.element as Json | undefined;
  if (block.type !== 'input' || !element) return [];
  const options = (element.options as Json[] | undefined) ?? [];
  const initial = element.initial_option
    ? [element.initial_option as Json]
    : ((element.initial_options as Json[]) ?? []);
  const isText = element.type === 'plain_text_input';
  const many = element.type === 'multi_static_select' || element.type === 'checkboxes';
  return [
    {
      id: String(block.block_id),
      label: String((block.label as Json).text),
      kind: isText ? 'text' : many ? 'choices' : 'choice',
      choices: options.map((o) => ({ label: String((o.text as Json).text), value: String(o.value) })),
      value: isText ? [String(element.initial_value ?? '')] : initial.map((o) => String(o.value)),
      hint: block.hint === undefined ? null : String((block.hint as Json).text),
      required: block.optional !== true,
      long: element.multiline === true,
      atMost: ((isText ? element.max_length : element.max_selected_items) as number | undefined) ?? null,
      problem: null,
    },
  ];
}
