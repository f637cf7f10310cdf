import type { PersonRef } from '../identity.ts';
import type { Finding } from './finding.ts';

/** What people do to a finding. Pure; null where it does not apply any more. */
export type FindingMove = (finding: Finding) => Finding | null;

const DAY = 86_400_000;

/** The webhook has taken it. */
export const pagedAs =
  (page: Finding['page']): FindingMove =>
  (finding) =>
    finding.paged === page ? null : { ...finding, paged: page };

/** What loses data within hours is not put off for a week. */
const CRITICAL_MOST_MS = DAY;

/** Money that was promised and did not come is said again while there is time: half of what is left, at least minutes. */
const halfway = (zeroAt: number, now: number): number => now + Math.max(15 * 60_000, (zeroAt - now) / 2);

/** `until` ms since 1970, or null until it changes. */
export function snoozed(by: PersonRef, until: number | null, now: number, topUp = false): FindingMove {
  return (finding) => {
    if (finding.status !== 'open') return null;
    const most = now + CRITICAL_MOST_MS;
    const asked = finding.severity === 'critical' && (until === null || until > most) ? most : until;
    const end = finding.facts.rule === 'runway' ? Math.min(asked ?? most, halfway(finding.facts.zeroAt, now)) : asked;
    return { ...finding, snooze: { by, at: now, until: end, topUp }, shown: finding.shown + 1 };
  };
}
