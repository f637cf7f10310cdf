import type { Json } from './state.ts';

/** Slack's limits, written down apart from the bot's own numbers. Source: docs.slack.dev, Block Kit (read 2026-11). */
const CONFIRM: [string, number][] = [
  ['title', 100],
  ['text', 300],
  ['confirm', 30],
  ['deny', 30],
];

/** What Slack would refuse about the blocks of a message, in words; empty where nothing. */
export function messageProblems(text: string, blocks: Json[]): string[] {
  const found: string[] = [];
  if (text.length > 40_000) found.push('msg_too_long');
  if (text === '' && blocks.length === 0) found.push('no_text');
  if (blocks.length > 50) found.push('no more than 50 items allowed [json-pointer:/blocks]');
  if (blocks.filter((block) => block.type === 'table').length > 1) found.push('only_one_table_allowed');
  const ids = new Set<string>();
  blocks.forEach((block, i) => {
    for (const problem of blockProblems(block, ids)) found.push(`${problem} [json-pointer:/blocks/${i}]`);
  });
  return found;
}

/** What Slack would refuse about a modal. Source: docs.slack.dev, view objects and input blocks (read 2026-11). */
export function viewProblems(view: Json): string[] {
  const blocks = (view.blocks as Json[] | undefined) ?? [];
  const texts: [string, unknown, number][] = [
    ['title', view.title, 24],
    ['submit', view.submit, 24],
    ['close', view.close, 24],
  ];
  const found = texts.flatMap(([name, text, limit]) =>
    textProblems(text as Json, limit, 'plain_text').map((problem) => `${name}: ${problem}`),
  );
  if (blocks.length === 0 || blocks.length > 100) found.push('blocks: no more than 100 items allowed');
  if (String(view.private_metadata ?? '').length > 3000) found.push('private_metadata is too long');
  if (String(view.callback_id ?? '').length > 255) found.push('callback_id is too long');
  const ids = new Set<string>();
  for (const block of blocks) {
    const id = String(block.block_id ?? '');
    if (block.type === 'input' && ids.has(id)) found.push(`block_id ${id} already exists`);
    ids.add(id);
    found.push(...(block.type === 'input' ? inputProblems(block) : blockProblems(block, new Set())));
  }
  return found;
}

function inputProblems(block: Json): string[] {
  const element = block.element as Json;
  const options = (element.options as Json[] | undefined) ?? [];
  const found = textProblems(block.label as Json, 2000, 'plain_text');
  if (/select/.test(String(element.type)) && (options.length === 0 || options.length > 100))
    found.push('1 to 100 options');
  for (const option of options) {
    found.push(...textProblems(option.text as Json, 75, 'plain_text'));
    if (String(option.value).length > 150) found.push('an option value is too long');
  }
  if (Number(element.max_length ?? 1) > 3000) found.push('max_length is at most 3000');
  if (String(element.initial_value ?? '').length > Number(element.max_length ?? 3000))
    found.push('initial_value is too long');
  return found;
}

function blockProblems(block: Json, ids: Set<string>): string[] {
  switch (block.type) {
    case 'header':
      return textProblems(block.text as Json, 150, 'plain_text');
    case 'section':
      return sectionProblems(block);
    case 'actions':
      return actionsProblems(block.elements as Json[], ids);
    case 'table':
      return tableProblems(block.rows as Json[][]);
    case 'divider':
    case 'context':
    case 'image':
      return imageProblems(block);
    case 'input':
    case 'rich_text':
      return [];
    default:
      return [`unsupported type: ${String(block.type)}`];
  }
}

function imageProblems(block: Json): string[] {
  const alt = String(block.alt_text ?? '');
  const found = alt === '' || alt.length > 2000 ? ['alt_text must be 1 to 2000 characters'] : [];
  if (block.slack_file === undefined && block.image_url === undefined) found.push('image has no source');
  return found;
}

function textProblems(text: Json | undefined, limit: number, type?: string): string[] {
  const said = text?.text;
  if (typeof said !== 'string' || said.length === 0) return ['must be more than 0 characters'];
  if (text?.type === 'mrkdwn' && text.verbatim !== true) return ['text is not verbatim: names in it could ping'];
  if (said.length > limit) return [`must be less than ${limit + 1} characters`];
  return type !== undefined && text?.type !== type ? [`must be ${type}`] : [];
}

function sectionProblems(block: Json): string[] {
  const fields = block.fields as Json[] | undefined;
  if (fields === undefined) return textProblems(block.text as Json, 3000);
  if (fields.length === 0 || fields.length > 10) return ['no more than 10 items allowed'];
  return fields.flatMap((field) => textProblems(field, 2000));
}

function actionsProblems(elements: Json[], ids: Set<string>): string[] {
  const found: string[] = [];
  if (elements.length === 0 || elements.length > 25) found.push('no more than 25 items allowed');
  for (const element of elements) {
    const id = String(element.action_id);
    if (ids.has(id)) found.push(`action_id ${id} already exists`);
    ids.add(id);
    if (id.length > 255) found.push('action_id is too long');
    if (element.type === 'button') found.push(...textProblems(element.text as Json, 75, 'plain_text'));
    const confirm = element.confirm as Json | undefined;
    if (confirm) found.push(...CONFIRM.flatMap(([part, limit]) => textProblems(confirm[part] as Json, limit)));
  }
  return found;
}

function tableProblems(rows: Json[][]): string[] {
  const found: string[] = [];
  if (rows.length > 100) found.push('no more than 100 rows allowed');
  if (rows.some((row) => row.length > 20)) found.push('no more than 20 cells allowed');
  const texts = rows.flat().map((cell) => String(cell.text ?? ''));
  if (rows.flat().some((cell) => cell.type === 'raw_text' && cell.text === '')) found.push('a cell is empty');
  if (texts.join('').length > 10_000) found.push('a table holds at most 10000 characters');
  return found;
}
