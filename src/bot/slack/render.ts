import type { types } from '@slack/bolt';
import type { AccountId } from '../../policy/identity.ts';
import { assertContent, type Block, type Button, type Message, type Span, type Tone } from '../message/message.ts';
import { moneyText, plainText, truncate } from '../message/plain-text.ts';
import { unmarked, visible } from '../message/visible.ts';
import { SLACK } from './limits.ts';

type KnownBlock = types.KnownBlock;
/** `text` is what notifications and screen readers get. A type alias: Slack's client wants an index signature. */
export type SlackBody = {
  text: string;
  blocks: KnownBlock[];
};

const TONE: Record<Tone, string> = { info: '', good: '🟢 ', warn: '🟡 ', bad: '🔴 ' };
const CONFIRMED = '!';

/** `files` are the ids of its images, in their order; one without an id is left out. @throws for a message without content. */
export function renderSlack(raw: Message, files: readonly string[] = []): SlackBody {
  const message = visible(raw);
  assertContent(message);
  const shown = [...files];
  const blocks = [
    ...(message.lead === undefined ? [] : [section(spansToMrkdwn(message.lead))]),
    ...(message.title === null ? [] : [header(`${TONE[message.tone]}${message.title}`)]),
    ...oneTable(message.blocks).flatMap((block) =>
      block.kind === 'image' ? image(block, shown.shift()) : blocksOf(block),
    ),
    ...actions(message.buttons),
  ];
  return { text: escapeText(plainText(message, SLACK.fallback)), blocks: blocks.slice(0, SLACK.blocks) };
}

/** Slack refuses a second table in one message: further ones become text. */
function oneTable(blocks: Block[]): Block[] {
  let seen = false;
  return blocks.map((block) => {
    if (block.kind !== 'table' || !seen) {
      seen ||= block.kind === 'table';
      return block;
    }
    const lines = block.rows.flatMap((row, i): Span[] => [
      { kind: 'plain', text: i === 0 ? '' : '\n' },
      ...row.flatMap((cell): Span[] => [...cell, { kind: 'plain', text: '  ' }]),
    ]);
    return { kind: 'text', spans: lines };
  });
}

function header(text: string): KnownBlock {
  return { type: 'header', text: { type: 'plain_text', text: truncate(text, SLACK.header), emoji: true } };
}

export function blocksOf(block: Block): KnownBlock[] {
  switch (block.kind) {
    case 'text':
      return [section(spansToMrkdwn(block.spans))];
    case 'code':
      return [
        section(`\`\`\`${truncate(escapeText(block.text.replaceAll('```', 'ˋˋˋ')), SLACK.sectionText - 10)}\`\`\``),
      ];
    // An image needs an id of its own; a file is sent beside the message.
    case 'image':
    case 'file':
      return [];
    case 'divider':
      return [{ type: 'divider' }];
    case 'table':
      return table(block);
    case 'fields':
      return chunks(block.fields, SLACK.fieldsPerSection).map((part) => ({
        type: 'section',
        fields: part.map(({ label, value }) =>
          mrkdwn(truncate(`*${wordsOf(label)}*\n${spansToMrkdwn(value)}`, SLACK.fieldText)),
        ),
      }));
  }
}

function image({ alt }: Extract<Block, { kind: 'image' }>, id: string | undefined): KnownBlock[] {
  return id === undefined ? [] : [{ type: 'image', slack_file: { id }, alt_text: truncate(alt, SLACK.alt) }];
}

/** Verbatim: otherwise Slack makes mentions and links of words like @channel by itself. */
function mrkdwn(text: string) {
  return { type: 'mrkdwn' as const, text, verbatim: true };
}

function section(text: string): KnownBlock {
  return { type: 'section', text: mrkdwn(truncate(text, SLACK.sectionText) || ' ') };
}

function table(block: Extract<Block, { kind: 'table' }>): KnownBlock[] {
  const rows: string[][] = [block.header];
  let used = block.header.join('').length;
  for (const row of block.rows) {
    const cells = row.map((cell) => cell.map(spanToPlain).join('') || '–');
    used += cells.join('').length;
    if (rows.length === SLACK.tableRows || used > SLACK.tableText) break;
    rows.push(cells);
  }
  const more = block.more + block.rows.length - (rows.length - 1);
  const cellRows = rows.map((row) => row.map((text) => ({ type: 'raw_text' as const, text })));
  return [{ type: 'table', rows: cellRows }, ...(more > 0 ? [section(`_and ${more} more_`)] : [])];
}

/** Table cells carry no dates of their own: an age is written out as of now. */
function spanToPlain(span: Span): string {
  if (span.kind === 'money') return moneyText(span);
  if (span.kind === 'user' || span.kind === 'group') return span.name;
  if (span.kind === 'time') return new Date(span.at).toISOString().slice(0, 16).replace('T', ' ');
  return span.text;
}

function actions(buttons: Button[]): KnownBlock[] {
  return chunks(buttons, SLACK.buttonsPerBlock).map((part) => ({ type: 'actions', elements: part.map(button) }));
}

function button({ label, token, style, confirm }: Button) {
  const text = { type: 'plain_text' as const, text: truncate(label, SLACK.buttonLabel), emoji: true };
  return {
    type: 'button' as const,
    text,
    // The dialog has asked already when the click arrives.
    action_id: confirm ? `${token}${CONFIRMED}` : token,
    ...(style ? { style } : {}),
    ...(confirm
      ? {
          confirm: {
            title: { type: 'plain_text' as const, text: truncate(confirm.title, SLACK.confirmTitle) },
            text: { type: 'plain_text' as const, text: truncate(confirm.text, SLACK.confirmText) },
            confirm: { type: 'plain_text' as const, text: truncate(label, SLACK.confirmLabel) },
            deny: { type: 'plain_text' as const, text: 'Keep it' },
            style: 'danger' as const,
          },
        }
      : {}),
  };
}

/** Three characters are Slack's whole syntax for mentions and links; escaped, a text from outside pings nobody. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack has no escape for marks of its own. */
const wordsOf = (text: string): string => escapeText(unmarked(text));

export function spansToMrkdwn(spans: Span[]): string {
  return spans.map(spanToMrkdwn).join('');
}

function spanToMrkdwn(span: Span): string {
  switch (span.kind) {
    case 'plain':
      return wordsOf(span.text);
    case 'bold':
      return `*${wordsOf(span.text)}*`;
    case 'code':
      return `\`${escapeText(span.text).replaceAll('`', 'ˋ')}\``;
    case 'link':
      return `<${escapeText(span.url)}|${wordsOf(span.text)}>`;
    case 'money':
      return moneyText(span);
    case 'user': {
      const id = slackUser(span.accounts);
      return id ? `<@${id}>${wordsOf(span.mark ?? '')}` : `*${wordsOf(span.name)}*`;
    }
    case 'group': {
      const group = span.groups.find((id) => id.startsWith('slack:'))?.slice('slack:'.length);
      return group ? `<!subteam^${group}>` : `*${wordsOf(span.name)}*`;
    }
    case 'time':
      return time(span.at, span.style);
  }
}

/** Shown on the reader's own clock; the part after the bar is for clients that cannot. */
function time(at: number, style: 'moment' | 'ago'): string {
  const fallback = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const format = style === 'ago' ? '{ago}' : '{date_short_pretty} {time}';
  return `<!date^${Math.floor(at / 1000)}^${format}|${fallback}>`;
}

/** The user id of the first account that is on Slack. */
export function slackUser(accounts: readonly AccountId[]): string | null {
  const account = accounts.find((a) => a.startsWith('slack:'));
  return account?.split('/').at(-1)?.replace('slack:', '') ?? null;
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
