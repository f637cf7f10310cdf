import type { Block, Message, Span } from './message.ts';

/** The same message with names in place of mentions: not every chat lets a mention stand without calling whom it names. */
export function uncalled({ lead: _, ...message }: Message): Message {
  return { ...message, blocks: message.blocks.map(named) };
}

function named(block: Block): Block {
  switch (block.kind) {
    case 'text':
      return { ...block, spans: block.spans.map(byName) };
    case 'fields':
      return { ...block, fields: block.fields.map(({ label, value }) => ({ label, value: value.map(byName) })) };
    case 'table':
      return { ...block, rows: block.rows.map((row) => row.map((cell) => cell.map(byName))) };
    default:
      return block;
  }
}

function byName(span: Span): Span {
  if (span.kind === 'user') return { ...span, accounts: [] };
  return span.kind === 'group' ? { ...span, groups: [] } : span;
}
