import type { Json } from './state.ts';

/** Discord's limits, written down apart from the bot's own numbers. Source: discord.com/developers/docs (read 2026-11). */
export function messageProblems(body: Json): string[] {
  const found: string[] = [];
  const content = String(body.content ?? '');
  const embeds = (body.embeds as Json[] | undefined) ?? [];
  const rows = (body.components as Json[] | undefined) ?? [];
  if (content.length > 2000) found.push('content: Must be 2000 or fewer in length.');
  if (content === '' && embeds.length === 0) found.push('Cannot send an empty message');
  if (embeds.length > 10) found.push('embeds: Must be 10 or fewer in length.');
  if (embeds.reduce((sum, embed) => sum + embedSize(embed), 0) > 6000) found.push('embeds: total over 6000');
  if (String(body.nonce ?? '').length > 25) found.push('nonce: Must be 25 or fewer in length.');
  if (rows.length > 5) found.push('components: Must be 5 or fewer in length.');
  return [...found, ...embeds.flatMap(embedProblems), ...componentProblems(rows)];
}

function embedSize(embed: Json): number {
  const fields = (embed.fields as Json[] | undefined) ?? [];
  const texts = [embed.title, embed.description, ...fields.flatMap((f) => [f.name, f.value])];
  return texts.map((text) => String(text ?? '').length).reduce((a, b) => a + b, 0);
}

function embedProblems(embed: Json): string[] {
  const fields = (embed.fields as Json[] | undefined) ?? [];
  const found: string[] = [];
  if (String(embed.title ?? '').length > 256) found.push('embed.title: Must be 256 or fewer in length.');
  if (String(embed.description ?? '').length > 4096) found.push('embed.description: Must be 4096 or fewer in length.');
  if (fields.length > 25) found.push('embed.fields: Must be 25 or fewer in length.');
  for (const field of fields) {
    const name = String(field.name ?? '');
    const value = String(field.value ?? '');
    if (name === '' || value === '') found.push('embed.fields: This field is required');
    if (name.length > 256 || value.length > 1024) found.push('embed.fields: too long');
  }
  return found;
}

function componentProblems(rows: Json[]): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  for (const row of rows) {
    const parts = (row.components as Json[] | undefined) ?? [];
    if (row.type !== 1 || parts.length === 0 || parts.length > 5) found.push('components: a row has 1 to 5 buttons');
    for (const part of parts) {
      const id = String(part.custom_id ?? '');
      const label = String(part.label ?? '');
      if (id === '' || id.length > 100) found.push('custom_id: Must be between 1 and 100 in length.');
      if (ids.has(id)) found.push('custom_id: Component custom id cannot be duplicated');
      ids.add(id);
      if (label.length > 80 || label === '') found.push('label: Must be between 1 and 80 in length.');
    }
  }
  return found;
}
