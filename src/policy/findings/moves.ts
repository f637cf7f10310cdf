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

/** `until` ms since 1970, or null until it changes. */
export function snoozed(by: PersonRef, until: number | null, now: number, topUp = false): FindingMove {
  return (finding) => {
    if (finding.status !== 'open') return null;
    const most = now + CRITICAL_MOST_MS;
    const end = finding.severity === 'critical' && (until === null || until > most) ? most : until;
    return { ...finding, snooze: { by, at: now, until: end, topUp }, shown: finding.shown + 1 };
  };
}
