import type { Seen, SeenButton, SeenField, SeenForm } from '../chat.ts';
import type { DiscordMessage, Json, Modal, Server } from './state.ts';

export interface Reader {
  userName: (id: string) => string;
  moment: (at: number) => string;
  ago: (at: number) => string;
}

/** Markdown as a person reads it. */
export function readMarkdown(text: string, reader: Reader): string {
  return text
    .replace(/<@!?(\d+)>/g, (_, id: string) => `@${reader.userName(id)}`)
    .replace(/<t:(\d+)(?::([a-zA-Z]))?>/g, (_, at: string, style: string | undefined) =>
      style === 'R' ? reader.ago(Number(at) * 1000) : reader.moment(Number(at) * 1000),
    )
    .replace(/\[([^\]]*)\]\(<?[^)>]*>?\)/g, '$1')
    .replace(/<(https?:[^>]+)>/g, '$1')
    .replace(/```\n?|(?<!\\)\*\*|(?<!\\)`/g, '')
    .replace(/\\([^a-zA-Z0-9\s])/g, '$1')
    .replaceAll('\u200b', '');
}

/** A message as its readers see it. */
export function readMessage(message: DiscordMessage, server: Server, reader: Reader): Seen {
  const channel = server.channels.get(message.channel);
  const nameOf = (id: string | null) => (id === null ? null : (server.users.get(id)?.name ?? null));
  return {
    id: message.id,
    channel: channel?.recipient ? null : (server.roomOf(message.channel)?.name ?? null),
    thread: channel?.parent !== null && channel?.parent !== undefined,
    author: nameOf(message.author),
    onlyFor: nameOf(message.onlyFor),
    text: readText(message, reader),
    buttons: readButtons(message.components),
    posted: message.posted,
    changed: message.changed,
  };
}

function readText(message: DiscordMessage, reader: Reader): string {
  const lines = [
    readMarkdown(message.content, reader),
    ...message.embeds.flatMap((embed) => readEmbed(embed, reader)),
    ...message.attachments.map(({ filename, description }) => `[${description || filename}]`),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function readEmbed(embed: Json, reader: Reader): string[] {
  const fields = (embed.fields as { name: string; value: string }[] | undefined) ?? [];
  return [
    String(embed.title ?? ''),
    readMarkdown(String(embed.description ?? ''), reader),
    ...fields.map(({ name, value }) => `${readMarkdown(name, reader)}: ${readMarkdown(value, reader)}`),
  ];
}

export function readButtons(components: Json[]): SeenButton[] {
  const parts = components.flatMap((row) => (row.components as Json[] | undefined) ?? []);
  return parts
    .filter((part) => part.type === 2 && part.disabled !== true && part.url === undefined)
    .map((part) => ({ label: String(part.label), id: String(part.custom_id), dialog: null }));
}

export function readForm({ id, modal, opened }: Modal): SeenForm {
  const fields = (modal.components as Json[]).flatMap(readInput);
  return { id, title: String(modal.title), fields, opened, changed: opened };
}

/** A label with its component. */
function readInput(part: Json): SeenField[] {
  const inner = part.component as Json | undefined;
  if (!inner) return [];
  const options = (inner.options as Json[] | undefined) ?? [];
  const isText = inner.type === 4;
  const many = inner.type === 22 || Number(inner.max_values ?? 1) > 1;
  return [
    {
      id: String(inner.custom_id),
      label: String(part.label),
      kind: isText ? 'text' : many ? 'choices' : 'choice',
      choices: options.map((o) => ({ label: String(o.label), value: String(o.value) })),
      value: isText ? [String(inner.value ?? '')] : options.filter((o) => o.default).map((o) => String(o.value)),
      hint: part.description === undefined ? null : String(part.description),
      required: inner.required !== false,
      long: inner.style === 2,
      atMost: ((isText ? inner.max_length : inner.max_values) as number | undefined) ?? null,
      problem: null,
    },
  ];
}
