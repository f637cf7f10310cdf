import type { Facts, FactsOf } from '../../../policy/findings/finding.ts';
import type { StopSource } from '../../../policy/scan/memory.ts';
import { type Block, moment, type Span } from '../../message/message.ts';

export type RuleOfFacts = Facts['rule'];

/** What one rule says: alone on a card, as one row of a list, and when it is said again. */
export interface Words<R extends RuleOfFacts> {
  title(facts: FactsOf<R>): string;
  say(facts: FactsOf<R>): Block[];
  /** In the thread, after "still". */
  still(facts: FactsOf<R>): (Span | string)[];
  /** For a list of several. */
  many: { title(count: number): string; why: string; header: string[]; row(facts: FactsOf<R>): Span[][] };
}

export const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;
export const gb = (size: number) => `${Math.round(size)} GB`;

/** A stop whose time is not well known is said to be so. */
export function since(source: StopSource, at: number): (Span | string)[] {
  if (source === 'first-seen') return ['at least since ', moment(at), ', when it was first seen'];
  return source === 'bill' ? ['since about ', moment(at), ', by the bill'] : ['since ', moment(at)];
}
