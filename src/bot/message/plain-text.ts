import { formatUsd } from '../../policy/money.ts';
import type { Block, Message, Span } from './message.ts';

const PER = { hour: '/h', day: ' a day' };

export function moneyText(span: Extract<Span, { kind: 'money' }>): string {
  return `${formatUsd(span.amount)}${span.per ? PER[span.per] : ''}`;
}

function spanText(span: Span): string {
  switch (span.kind) {
    case 'user':
    case 'group':
      return span.name;
    case 'time':
      return `${new Date(span.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    case 'money':
      return moneyText(span);
    default:
      return span.text;
  }
}

const spansText = (spans: Span[]) => spans.map(spanText).join('');

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [spansText(block.spans)];
    case 'fields':
      return block.fields.map(({ label, value }) => `${label}: ${spansText(value)}`);
    case 'table':
      return [
        ...block.rows.map((row) => row.map(spansText).join('  ')),
        ...(block.more > 0 ? [`and ${block.more} more`] : []),
      ];
    case 'code':
      return [block.text];
    case 'image':
      return [block.alt];
    case 'file':
      return [block.name];
    case 'divider':
      return [];
  }
}

/** What notifications and screen readers get: made from the same data, shortened to `limit` characters with a mark. */
export function plainText(message: Message, limit: number): string {
  const lead = message.lead === undefined ? [] : [spansText(message.lead)];
  const lines = [...lead, ...(message.title === null ? [] : [message.title]), ...message.blocks.flatMap(blockText)];
  return truncate(lines.join('\n'), limit);
}

/** At most `limit` characters, the last one a mark where something was cut; never half of a surrogate pair. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
