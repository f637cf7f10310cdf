import { z } from 'zod';
import { personRef } from './identity.ts';

/** What tells one state of the store from another: the name that it was given when it was begun, and the end of its audit log. */
export interface Seen {
  id: string;
  /** When the store was given its name, ms on Redis's clock. */
  since: number;
  head: { n: number; mac: string };
  /** MAC of the first entry of its audit log; null where there is none. */
  origin: string | null;
}

export interface Found {
  /** Null where the store has no name: nobody has written it since it was emptied. */
  id: string | null;
  since: number;
  /** Names that this store had before, each until a loss was noticed. */
  before: readonly string[];
  /** MAC of the entry that was the last one when it was seen; null where there is no such entry. */
  macAtHead: string | null;
  origin: string | null;
}

/** `noticed`: lost, and another process has said so. `unnamed`: whole, and without a name yet. */
export type Judgment = 'same' | 'unnamed' | 'noticed' | 'emptied' | 'rolled-back';

/** Whether the store still is the one that was seen. An audit log only grows: one that lacks an entry is another, or an older one. */
export function judgeStore(seen: Seen, found: Found): Judgment {
  const whole = seen.head.n === 0 || found.macAtHead === seen.head.mac;
  const isSameLog = seen.origin !== null && found.origin === seen.origin;
  if (found.id === null) return !isSameLog ? 'emptied' : whole ? 'unnamed' : 'rolled-back';
  if (found.id === seen.id) return whole ? 'same' : 'rolled-back';
  if (found.before.includes(seen.id)) return 'noticed';
  return found.since > seen.since && !isSameLog ? 'emptied' : 'rolled-back';
}

const lost = z.object({ id: z.string(), name: z.string(), by: personRef });
/** A request or a launch that the store held when it was last looked at, and does not hold now. */
export type Lost = z.infer<typeof lost>;

export const loss = z.object({
  kind: z.enum(['emptied', 'rolled-back']),
  at: z.number(),
  /** The last entry of the audit log before and after, by number. */
  entryBefore: z.int(),
  entryAfter: z.int(),
  requests: z.array(lost),
  launches: z.array(lost),
  /** What was put back from memory, in words. */
  restored: z.array(z.string()),
  /** Requests of which whoever asked was told, by id. */
  told: z.array(z.string()),
});
export type Loss = z.infer<typeof loss>;

/** Of what was under way, one process knows what another had not seen yet. */
export function withMore(loss: Loss, more: Pick<Loss, 'requests' | 'launches'>): Loss {
  const union = (all: readonly Lost[], others: readonly Lost[]) => [
    ...all,
    ...others.filter(({ id }) => !all.some((one) => one.id === id)),
  ];
  return { ...loss, requests: union(loss.requests, more.requests), launches: union(loss.launches, more.launches) };
}

/** How long a loss is shown: who was away for a night reads it the next day. */
export const LOSS_SHOWN_MS = 86_400_000;

const MOST_NAMES = 8;

/** What is lost and what to do about each, in sentences without the last full stop. */
export function lossText({ kind, requests, launches, restored, entryBefore, entryAfter }: Loss): string {
  const sentences = [
    requests.length > 0 ? `Lost requests: ${named(requests, (one) => `terminate ${one}`)}. Ask again` : null,
    launches.length > 0
      ? `Launches, starts and stops that were under way: ${named(launches, (one) => one)}. /pod list shows what became of them`
      : null,
    restored.length > 0 ? `Put back from memory: ${restored.join(', ')}` : null,
    kind === 'emptied'
      ? `The audit log began anew; it had ${entryBefore} entries`
      : `The audit log lost ${Math.max(0, entryBefore - entryAfter)} of ${entryBefore} entries`,
  ];
  return sentences.filter((one) => one !== null).join('. ');
}

function named(all: readonly Lost[], what: (name: string) => string): string {
  const shown = all.slice(0, MOST_NAMES).map(({ name, by }) => `${what(name)} (${by.name} asked)`);
  return [...shown, ...(all.length > MOST_NAMES ? [`${all.length - MOST_NAMES} more`] : [])].join(', ');
}
