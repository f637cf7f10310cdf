import type { HttpCall } from '../http.ts';
import type { DiscordAttachment, Json } from './state.ts';

export interface SentFile {
  name: string;
  bytes: Buffer;
}

/** A request with files: its JSON stands in a part of its own, beside `files[n]`. Source: uploading files (2026-11). */
export async function withFiles(call: HttpCall): Promise<{ call: HttpCall; files: Map<string, SentFile> }> {
  const type = call.headers['content-type'] ?? '';
  const files = new Map<string, SentFile>();
  if (!type.startsWith('multipart/form-data')) return { call, files };
  const form = await new Response(new Uint8Array(call.body), { headers: { 'content-type': type } }).formData();
  for (const [name, value] of form) {
    const id = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (id === undefined || typeof value === 'string') continue;
    files.set(id, { name: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
  }
  return { call: { ...call, body: Buffer.from(String(form.get('payload_json') ?? '{}')) }, files };
}

/** The attachments of a message after a request: those that it names and that are there, and the files that came. */
export function attachmentsAfter(
  before: readonly DiscordAttachment[],
  body: Json,
  files: ReadonlyMap<string, SentFile>,
  newId: () => string,
): DiscordAttachment[] {
  const named = body.attachments as { id: string | number; description?: string }[] | undefined;
  const kept = named === undefined ? before : before.filter(({ id }) => named.some((one) => String(one.id) === id));
  const fresh = [...files].map(([id, { name, bytes }]) => {
    const description = named?.find((one) => String(one.id) === id)?.description ?? '';
    return { id: newId(), filename: name, size: bytes.length, description, bytes };
  });
  return [...kept, ...fresh];
}

/** Images of embeds that no attachment stands for. */
export function imageProblems(body: Json, attachments: readonly DiscordAttachment[]): string[] {
  const embeds = (body.embeds as { image?: { url?: string } }[] | undefined) ?? [];
  const missing = embeds.flatMap(({ image }) => {
    const name = /^attachment:\/\/(.+)$/.exec(image?.url ?? '')?.[1];
    return name === undefined || attachments.some(({ filename }) => filename === name) ? [] : [name];
  });
  const long = attachments.filter(({ description }) => description.length > 1024);
  return [...missing.map((name) => `embeds.image: no attachment ${name}`), ...long.map(() => 'description: too long')];
}
