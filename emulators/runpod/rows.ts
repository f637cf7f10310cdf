import type { HttpAnswer } from '../http.ts';
import type { Faults, RowFault } from './faults.ts';

/** `row:FIELD=VALUE` or `row@NAME:FIELD=VALUE`; the value is JSON, or `missing`. */
export function parseRowFault(text: string): RowFault {
  const [, of, field, value] = /^row(?:@([^:]+))?:([\w.]+)=(.+)$/.exec(text) ?? [];
  if (field === undefined || value === undefined)
    throw new Error(`${text} is not row:FIELD=VALUE or row@NAME:FIELD=VALUE`);
  return { of: of ?? null, field, value: value === 'missing' ? undefined : JSON.parse(value) };
}

export const rowFaultText = ({ of, field, value }: RowFault): string =>
  `row${of === null ? '' : `@${of}`}:${field}=${value === undefined ? 'missing' : JSON.stringify(value)}`;

const LISTS: [RegExp, keyof Faults & `${string}Row`, string][] = [
  [/^GET \/v2\/pods$/, 'podRow', 'pods'],
  [/^GET \/v2\/network-volumes$/, 'volumeRow', 'networkVolumes'],
  [/^GET \/v2\/catalog\/gpus$/, 'gpuRow', 'gpus'],
  [/^GET \/v2\/billing$/, 'sumRow', 'records'],
  [/^GET \/v2\/billing\/pods$/, 'billRow', 'records'],
];

type Json = Record<string, unknown>;

/** The answer with the rows that faults spoil; a pod that is read by its id is spoiled as in its list. */
export function spoiled(call: string, answer: HttpAnswer, faults: Faults): HttpAnswer {
  const [, name, list] = LISTS.find(([pattern]) => pattern.test(call)) ?? [];
  const single = faults.podRow !== null && faults.podRow.of !== null && /^GET \/v2\/pods\/[^/]+$/.test(call);
  const fault = single ? faults.podRow : name === undefined ? null : faults[name];
  if (fault === null || answer.status >= 300) return answer;
  const body = structuredClone(answer.body) as Json;
  const rows = single ? [body] : (body[list ?? ''] as Json[]);
  const row = fault.of === null ? rows[0] : rows.find((one) => isOf(one, fault.of ?? ''));
  if (row) put(row, fault);
  return { ...answer, body };
}

const isOf = (row: Json, of: string) =>
  [row.id, row.podId].includes(of) || row.name === of || String(row.name ?? '').includes(`-${of}-`);

function put(row: Json, { field, value }: RowFault): void {
  const path = field.split('.');
  const last = path.pop() ?? '';
  const holder = path.reduce<Json | undefined>((at, name) => at?.[name] as Json | undefined, row);
  if (!holder) return;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
}
