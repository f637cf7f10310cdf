import type { DiscordEmulator } from '../../../emulators/discord/server.ts';
import type { DiscordMessage } from '../../../emulators/discord/state.ts';
import type { Directory, DiscordPost, Json, OpenForm } from '../protocol.ts';

/** Discord as one person's client has it. */
export function discordDirectory({ server }: DiscordEmulator, person: string): Directory {
  const user = server.byName(person).id;
  const channels = [...server.channels.values()].filter(({ id, recipient }) =>
    recipient === null ? server.roomOf(id)?.members?.has(user) : recipient === user,
  );
  return {
    bot: server.bot,
    users: [...server.users.values()].map(({ id, name }) => ({ id, name })),
    channels: channels.map(({ id, name, parent, recipient }) =>
      recipient === null ? { id, name, parent, direct: false } : { id, name: 'Podwarden', parent: null, direct: true },
    ),
  };
}

/** What changed since a position on the time line, in the order in which it was posted. */
export function discordPosts(emulator: DiscordEmulator, person: string, since: number): DiscordPost[] {
  const user = emulator.server.byName(person).id;
  return emulator.server.messages
    .filter((message) => message.changed > since && emulator.sees(user, message))
    .map((message) => postOf(message, emulator));
}

function postOf(message: DiscordMessage, { server }: DiscordEmulator): DiscordPost {
  const { id, channel, author, command, content, embeds, components, thinking, at, posted, changed } = message;
  const files = message.attachments.map(({ id: file, filename, description, size }) => ({
    name: filename,
    alt: description,
    size,
    url: `/files/discord/${id}/${file}/${encodeURIComponent(filename)}`,
  }));
  return {
    id,
    author: author === server.bot ? null : author,
    onlyYou: message.onlyFor !== null && !server.channels.get(channel)?.recipient,
    at,
    edited: changed > posted,
    order: posted,
    changed,
    channel,
    thinking,
    command,
    content,
    embeds: embeds.map((embed) => withFile(embed, files)),
    components,
    // An image that an embed shows is not shown again below it.
    files: files.filter(({ name }) => !embeds.some((embed) => imageOf(embed) === `attachment://${name}`)),
  };
}

const imageOf = (embed: Json) => (embed.image as { url?: string } | undefined)?.url;

function withFile(embed: Json, files: readonly { name: string; alt: string; url: string }[]): Json {
  const file = files.find(({ name }) => imageOf(embed) === `attachment://${name}`);
  return file ? { ...embed, image: { url: file.url, alt: file.alt } } : embed;
}

export function discordForm(emulator: DiscordEmulator, person: string): OpenForm | null {
  const form = emulator.form(person);
  const modal = emulator.server.modals.find(({ id }) => id === form?.id)?.modal;
  if (!form || !modal) return null;
  const texts = (modal.components as Json[]).filter(({ type }) => type === 10).map(({ content }) => String(content));
  // Discord's modals have no word of their own on the button.
  return {
    id: form.id,
    title: form.title,
    submit: 'Submit',
    intro: { markdown: texts.join('\n\n') },
    fields: form.fields,
  };
}

export function discordFileBytes({ server }: DiscordEmulator, message: string, file: string): Buffer | null {
  const found = server.messages.find(({ id }) => id === message);
  return found?.attachments.find(({ id }) => id === file)?.bytes ?? null;
}
