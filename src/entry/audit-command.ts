import type { Audit, NumberedEntry } from '../store/audit.ts';
import { formatHead, parseHead } from '../store/audit.ts';

export const AUDIT_USAGE = `podwarden audit export --format jsonl|csv [--since DATE]
podwarden audit verify [--head N:MAC]`;

/** Export writes to `print` line by line; verify says what it found. Gives the exit code: 2 for a mistake in the call. */
export async function auditCommand(
  args: readonly string[],
  audit: Audit,
  print: (line: string) => Promise<void> | void,
): Promise<number> {
  const [what, ...rest] = args;
  const options = optionsOf(rest);
  if (what === 'export' && options) return exportLog(options, audit, print);
  if (what === 'verify' && options) return verify(options, audit, print);
  await print(AUDIT_USAGE);
  return 2;
}

function optionsOf(args: readonly string[]): Map<string, string> | null {
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    const name = /^--([a-z]+)$/.exec(args[i] ?? '')?.[1];
    const value = args[i + 1];
    if (name === undefined || value === undefined) return null;
    options.set(name, value);
  }
  return options;
}

async function exportLog(options: Map<string, string>, audit: Audit, print: (line: string) => Promise<void> | void) {
  const format = options.get('format') ?? 'jsonl';
  const since = options.has('since') ? Date.parse(options.get('since') ?? '') : Number.NEGATIVE_INFINITY;
  if ((format !== 'jsonl' && format !== 'csv') || Number.isNaN(since)) {
    await print(`${AUDIT_USAGE}\nDATE is such as 2026-11-24 or 2026-11-24T10:00:00Z.`);
    return 2;
  }
  if (format === 'csv') await print('n,at,kind,actor,subject,facts,mac');
  for await (const { json, mac } of audit.entries()) {
    const entry = JSON.parse(json) as NumberedEntry;
    if (entry.at >= since) await print(format === 'csv' ? csv(entry, mac) : JSON.stringify({ ...entry, mac }));
  }
  return 0;
}

function csv(entry: NumberedEntry, mac: string): string {
  const { n, at, kind, actor, subject, facts } = entry;
  const cells = [String(n), new Date(at).toISOString(), kind, actor ?? '', subject ?? '', JSON.stringify(facts), mac];
  return cells.map(quoted).join(',');
}

/** A cell that begins like a formula is one to a spreadsheet: names come from outside. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return `"${safe.replaceAll('"', '""')}"`;
}

async function verify(options: Map<string, string>, audit: Audit, print: (line: string) => Promise<void> | void) {
  const text = options.get('head');
  const noted = text === undefined ? null : parseHead(text);
  if (text !== undefined && !noted) {
    await print('A head is a number, a colon and 64 hexadecimal digits, as the log and the digests show it.');
    return 2;
  }
  const result = await audit.verify(noted);
  await print(
    result.ok
      ? `The log is whole: ${result.head.n} entries, head ${formatHead(result.head)}.`
      : `NOT WHOLE: ${result.problem}.`,
  );
  if (!result.ok) return 1;
  for (const { at, problem } of result.unapproved) await print(`NOT APPROVED: entry ${at} ${problem}.`);
  return result.unapproved.length > 0 ? 1 : 0;
}
