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

/** What Discord would refuse about a modal. Source: modals, label, text input and string select (read 2026-11). */
export function modalProblems(modal: Json): string[] {
  const parts = (modal.components as Json[] | undefined) ?? [];
  const found: string[] = [];
  if (!within(modal.title, 45)) found.push('title: Must be between 1 and 45 in length.');
  if (!within(modal.custom_id, 100)) found.push('custom_id: Must be between 1 and 100 in length.');
  if (parts.length === 0 || parts.length > 5) found.push('components: Must be between 1 and 5 in length.');
  return [...found, ...parts.filter(({ type }) => type !== 10).flatMap(labelProblems)];
}

function labelProblems(part: Json): string[] {
  const inner = (part.component ?? {}) as Json;
  const options = (inner.options as Json[] | undefined) ?? [];
  const tooLong = String(inner.value ?? '').length > Number(inner.max_length ?? 4000);
  const rules: [boolean, string][] = [
    [part.type === 18 && within(part.label, 45), 'label: Must be between 1 and 45 in length.'],
    [part.description === undefined || within(part.description, 100), 'description: Must be 100 or fewer in length.'],
    [within(inner.custom_id, 100), 'custom_id: Must be between 1 and 100 in length.'],
    [inner.type !== 3 || (options.length > 0 && options.length <= 25), 'options: Must be between 1 and 25 in length.'],
    [
      options.every((o) => within(o.label, 100) && within(o.value, 100)),
      'options: Must be between 1 and 100 in length.',
    ],
    [!tooLong, 'value: too long'],
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

const within = (text: unknown, limit: number) => typeof text === 'string' && text.length > 0 && text.length <= limit;

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
