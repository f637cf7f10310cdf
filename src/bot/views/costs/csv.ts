import type { CostDay } from '../../../policy/costs/day.ts';
import { type By, grouped } from '../../../policy/costs/report.ts';

export type Cell = string | number | boolean;

/** A spreadsheet runs what begins like this; a text from outside is made one that it shows. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180, with the line ends that it asks for. */
export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');

/** All six digits: a file is for adding up. */
export const usd = (micro: number): string => (micro / 1e6).toFixed(6);

export const costHeader = (by: By): Cell[] => [
  'day',
  'timezone',
  by,
  'total_usd',
  'compute_usd',
  'storage_usd',
  'estimated_hours',
  'final',
];

/** A line for each group of a day; nothing is left out and nothing is rounded. */
export const costRows = (day: CostDay, by: By): Cell[][] =>
  grouped([day], by).map(({ label, total, compute, storage }) => [
    day.day,
    day.zone,
    label,
    usd(total),
    usd(compute),
    usd(storage),
    day.estimated,
    day.final,
  ]);
