import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import type { AccountId } from '../../policy/identity.ts';
import { assertContent, type Block, type Button, type Message, type Span, type Tone } from '../message/message.ts';
import { moneyText, truncate } from '../message/plain-text.ts';
import { unmarked, visible } from '../message/visible.ts';
import { DISCORD } from './limits.ts';

type Row = APIActionRowComponent<APIButtonComponentWithCustomId>;

export interface DiscordBody {
  content: string;
  embeds: APIEmbed[];
  components: Row[];
  /** Only these are pinged, whatever a text says. */
  allowed_mentions: { parse: never[]; users: string[]; roles?: string[] };
}

const COLOUR: Record<Tone, number> = { info: 0x5865f2, good: 0x23a55a, warn: 0xf0b232, bad: 0xda373c };
const STYLE = { primary: ButtonStyle.Primary, danger: ButtonStyle.Danger, none: ButtonStyle.Secondary } as const;

/** Cards become an embed; lines go into the content, since a mention inside an embed pings nobody. */
export function renderDiscord(
  raw: Message,
  ping: readonly AccountId[] = [],
  marker?: string,
  groups: readonly string[] = [],
): DiscordBody {
  const message = visible(raw);
  assertContent(message);
  // Discord refuses a list that names somebody twice.
  const users = [...new Set(ping.map((account) => discordUser([account])).filter((id) => id !== null))];
  const roles = groups.flatMap((group) => (group.startsWith('discord:') ? [group.slice('discord:'.length)] : []));
  const allowed = { parse: [], users, ...(roles.length > 0 ? { roles } : {}) };
  const common = { components: rows(message.buttons), allowed_mentions: allowed };
  if (message.title === null) {
    const content = truncate(message.blocks.map(blockText).join('\n'), DISCORD.content);
    return { content, embeds: [], ...common };
  }
  // A nonce is not kept with the message: a card carries its marker where it can be read again.
  const footer = marker === undefined ? {} : { footer: { text: marker } };
  const content = message.lead === undefined ? '' : truncate(spansText(message.lead), DISCORD.content);
  return { content, embeds: [{ ...embed(message.title, message), ...footer }], ...common };
}

export interface Upload {
  name: string;
  data: Buffer;
  alt: string;
}

/** Images and files of a message. An embed shows one image: further ones stand below it. */
export function uploadsOf({ blocks }: Message): Upload[] {
  return blocks.flatMap((block): Upload[] => {
    if (block.kind === 'image') {
      return [{ name: block.name, data: Buffer.from(block.png, 'base64'), alt: truncate(block.alt, DISCORD.alt) }];
    }
    return block.kind === 'file' ? [{ name: block.name, data: Buffer.from(block.text), alt: '' }] : [];
  });
}

/**
 * The body with its files, as the client sends it. On an edit the list replaces all that were there, so that an image that
 * is the same is sent again.
 */
export function withUploads<B extends object>(body: B, message: Message) {
  const uploads = uploadsOf(message);
  if (uploads.length === 0) return { body };
  const attachments = uploads.map(({ name: filename, alt }, id) => ({
    id: String(id),
    filename,
    ...(alt === '' ? {} : { description: alt }),
  }));
  return { body: { ...body, attachments }, files: uploads.map(({ name, data }) => ({ name, data })) };
}

/** Kept free of fields, for the texts of an embed. */
const TEXT_SHARE = 2000;

function embed(title: string, message: Message): APIEmbed {
  const heading = truncate(titleText(title), DISCORD.embedTitle);
  const fields = fieldsWithin(message.blocks, DISCORD.embedTotal - TEXT_SHARE - heading.length);
  const used = heading.length + fields.reduce((sum, f) => sum + f.name.length + f.value.length, 0);
  const room = Math.min(DISCORD.embedDescription, DISCORD.embedTotal - used);
  const image = message.blocks.find((block) => block.kind === 'image');
  const texts = message.blocks.filter((block) => block.kind !== 'fields').map(blockText);
  const description = truncate(texts.filter((t) => t !== '').join('\n\n'), room);
  return {
    title: heading,
    color: COLOUR[message.tone],
    ...(description === '' ? {} : { description }),
    ...(fields.length > 0 ? { fields } : {}),
    ...(image ? { image: { url: `attachment://${image.name}` } } : {}),
  };
}

/** Marks count in a title, and nothing says that escapes do: spoilers, mentions, times, emoji and links become their like. */
function titleText(title: string): string {
  return unmarked(title)
    .replace(/\|\|/g, '∣∣')
    .replace(/<(?=\S)/g, '‹')
    .replace(/\]\(/g, '] (')
    .replace(/@(everyone|here)/g, '@\u200b$1');
}

/** The first fields that fit: Discord counts all texts of an embed together. */
function fieldsWithin(blocks: Block[], total: number): { name: string; value: string; inline: boolean }[] {
  const kept: { name: string; value: string; inline: boolean }[] = [];
  let used = 0;
  for (const { label, value } of blocks.flatMap((block) => (block.kind === 'fields' ? block.fields : []))) {
    const name = truncate(escapeText(label), DISCORD.fieldName);
    const text = truncate(spansText(value), DISCORD.fieldValue) || '–';
    used += name.length + text.length;
    if (used > total || kept.length === DISCORD.embedFields) break;
    kept.push({ name, value: text, inline: true });
  }
  return kept;
}

export function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
      return spansText(block.spans);
    case 'fields':
      return block.fields.map(({ label, value }) => `**${escapeText(label)}**: ${spansText(value)}`).join('\n');
    case 'code':
      return fence(block.text);
    case 'image':
    case 'file':
    case 'divider':
      return '';
    case 'table':
      return table(block);
  }
}

/** Leaves room for the texts around it, so that a fence is never cut open. */
const TABLE_TEXT = 3000;
const fence = (text: string) => `\`\`\`\n${truncate(text.replaceAll('```', 'ˋˋˋ'), TABLE_TEXT)}\n\`\`\``;

/** Discord has no tables: columns in a code block, and a count of the rows that did not fit. */
function table(block: Extract<Block, { kind: 'table' }>): string {
  const cells = [block.header, ...block.rows.map((row) => row.map((cell) => cell.map(spanToPlain).join('') || '–'))];
  const widths = block.header.map((_, column) =>
    Math.min(28, Math.max(...cells.map((row) => (row[column] ?? '').length))),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => truncate(cell, widths[column] ?? 28).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    used += line.length + 1;
    if (used > TABLE_TEXT) break;
    kept.push(line);
  }
  const more = block.more + lines.length - kept.length;
  return fence(kept.join('\n')) + (more > 0 ? `\nand ${more} more` : '');
}

function spanToPlain(span: Span): string {
  if (span.kind === 'money') return moneyText(span);
  if (span.kind === 'user' || span.kind === 'group') return span.name;
  if (span.kind === 'time') return new Date(span.at).toISOString().slice(0, 16).replace('T', ' ');
  return span.text;
}

function rows(buttons: Button[]): Row[] {
  const kept = buttons.slice(0, DISCORD.rows * DISCORD.buttonsPerRow);
  const count = Math.ceil(kept.length / DISCORD.buttonsPerRow);
  return Array.from({ length: count }, (_, i) => ({
    type: ComponentType.ActionRow,
    components: kept.slice(i * DISCORD.buttonsPerRow, (i + 1) * DISCORD.buttonsPerRow).map(button),
  }));
}

function button({ label, token, style }: Button): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    style: STYLE[style ?? 'none'],
    label: truncate(label, DISCORD.buttonLabel),
    custom_id: token,
  };
}

/** Markdown and mention characters, so that a text from outside formats and pings nothing. */
export function escapeText(text: string): string {
  return text
    .replace(/([\\*_~`|[\]<])/g, '\\$1')
    .replace(/^(\s*)([#>-])/gm, '$1\\$2')
    .replace(/@(everyone|here)/g, '@\u200b$1');
}

function spansText(spans: Span[]): string {
  return spans.map(spanText).join('');
}

function spanText(span: Span): string {
  switch (span.kind) {
    case 'plain':
      return escapeText(span.text);
    case 'bold':
      return `**${escapeText(span.text)}**`;
    case 'code':
      return `\`${span.text.replaceAll('`', 'ˋ')}\``;
    case 'link':
      return span.text === span.url ? `<${span.url}>` : `[${escapeText(span.text)}](<${span.url}>)`;
    case 'money':
      return escapeText(moneyText(span));
    case 'user': {
      const id = discordUser(span.accounts);
      return id ? `<@${id}>${escapeText(span.mark ?? '')}` : `**${escapeText(span.name)}**`;
    }
    case 'group': {
      const role = span.groups.find((id) => id.startsWith('discord:'))?.slice('discord:'.length);
      return role ? `<@&${role}>` : `**${escapeText(span.name)}**`;
    }
    case 'time':
      return `<t:${Math.floor(span.at / 1000)}:${span.style === 'ago' ? 'R' : 'f'}>`;
  }
}

/** The user id of the first account that is on Discord. */
export function discordUser(accounts: readonly AccountId[]): string | null {
  return accounts.find((a) => a.startsWith('discord:'))?.replace(/^discord:(.*\/)?/, '') ?? null;
}
