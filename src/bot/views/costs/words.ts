import type { CostDay } from '../../../policy/costs/day.ts';
import { formatUsd, type MicroUsd } from '../../../policy/money.ts';
import { type Block, bold, moment, type Span, text } from '../../message/message.ts';

/** Less than half a cent is nothing to show: rounding leaves such crumbs. */
export const isNothing = (amount: MicroUsd): boolean => Math.abs(amount) < 5000;

/** `12 %`; `–` of nothing. */
export const percent = (part: MicroUsd, whole: MicroUsd): string =>
  whole === 0 ? '–' : `${Math.round((part / whole) * 100)} %`;

/** `$12.30 (8 %) above the 7 days before`, `much as …` where the difference is nothing. */
export function against(now: MicroUsd, before: MicroUsd, words: string): string {
  const difference = now - before;
  if (isNothing(difference)) return `As much as ${words}`;
  const share = before > 0 ? ` (${percent(Math.abs(difference), before)})` : '';
  return `${formatUsd(Math.abs(difference))}${share} ${difference > 0 ? 'above' : 'below'} ${words}`;
}

export interface Standing {
  days: readonly CostDay[];
  /** Days of which nothing is stored. */
  missing: number;
  /** Since when RunPod's billing cannot be read; null where it can. */
  troubleSince: number | null;
}

const count = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`;

/** How far days can be relied on. Empty where they are final and whole. */
export function standing({ days, missing, troubleSince }: Standing): Block[] {
  const sum = (of: (day: CostDay) => number) => days.reduce((total, day) => total + of(day), 0);
  const last = days.at(-1);
  return reliability({
    hours: sum((day) => day.hours),
    estimated: sum((day) => day.estimated),
    unknown: sum((day) => day.unknown),
    missing,
    troubleSince,
    exact: days.every(({ exact }) => exact),
    final: last?.final ?? true,
    readAt: last?.readAt ?? 0,
    follows: false,
  });
}

/** What is said of numbers that may still change, or stand on less than RunPod's bill. */
export function reliability(of: {
  hours: number;
  estimated: number;
  unknown: number;
  missing: number;
  troubleSince: number | null;
  exact: boolean;
  final: boolean;
  readAt: number;
  /** The card is edited when RunPod corrects. */
  follows: boolean;
}): Block[] {
  const parts: (Span | string)[] = [];
  const say = (...more: (Span | string)[]) => parts.push(...(parts.length > 0 ? [' '] : []), ...more);
  if (of.estimated > 0) {
    const hours = `${of.estimated} of ${count(of.hours, 'hour')}`;
    say(bold('Estimate:'), ` ${hours} stand on what scans saw, because RunPod’s billing could not be read.`);
  }
  if (of.troubleSince !== null) say('Billing cannot be read since ', moment(of.troubleSince), '.');
  if (of.unknown > 0) say(`Of ${count(of.unknown, 'hour')} nothing is known.`);
  if (of.missing > 0) say(`Of ${count(of.missing, 'day')} nothing is known.`);
  if (!of.final && of.readAt > 0) {
    const follows = of.follows ? ', and this card follows' : '';
    say('As billed until ', moment(of.readAt), `; RunPod may correct a day for three days${follows}.`);
  }
  if (!of.exact) say('RunPod bills by whole hours, so a day is cut at the hour nearest to midnight.');
  return parts.length === 0 ? [] : [text(...parts)];
}
