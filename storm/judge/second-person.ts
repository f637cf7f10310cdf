import type { Evidence, Judge, RequestFact, StormEvent, Violation } from './evidence.ts';

/** A second person before each DELETE: in the record, in what people clicked, and in the audit log. */
export const judgeSecondPerson: Judge = (evidence) => {
  const deletes = evidence.calls.filter(({ method }) => method === 'DELETE');
  const pods = new Set(deletes.map(({ path }) => path.split('/').at(-1) ?? ''));
  return [...pods].flatMap((pod) => {
    const sent = evidence.requests.filter((request) => request.podId === pod && request.sent);
    if (sent.length > 0) return sent.flatMap((request) => judgeRequest(request, evidence));
    return [{ rule: 'deleted-unasked', what: `${pod} was deleted, and no request was ever sent for it` }];
  });
};

function judgeRequest(request: RequestFact, evidence: Evidence): Violation[] {
  const { name, by, votes, quorum } = request;
  const found: Violation[] = [];
  const say = (rule: string, what: string) => found.push({ rule, what: `${name}: ${what}` });
  if (votes.length < quorum) say('deleted-unapproved', `deleted with ${votes.length} of ${quorum} approvals`);
  for (const { person, chat } of votes) {
    if (person === by) say('approved-own', `${person} asked for it and approved it`);
    if (!evidence.approvers.includes(person)) say('approved-without-right', `${person} may not approve`);
    const clicks = evidence.events.filter((event) => isApproval(event, person, chat, name));
    if (clicks.length === 0) say('vote-without-click', `${person} never pressed Approve on ${chat}`);
    else if (clicks.every((click) => wasAway(click, evidence)))
      say('approved-while-away', `${person} approved while deactivated`);
  }
  if (!isLogged(request, evidence)) say('deletion-not-logged', 'the audit log has no approval before its deletion');
  return found;
}

/** Acknowledged or not: what counts is that a person pressed it. */
const isApproval = ({ kind, person, chat, what, about }: StormEvent, voter: string, on: string, name: string) =>
  kind === 'click' && person === voter && chat === on && what.startsWith('Approve') && about.includes(name);

const wasAway = ({ person, sentAt, acknowledgedAt }: StormEvent, { absences }: Evidence) =>
  absences.some(
    (absence) => absence.person === person && absence.from < sentAt && (acknowledgedAt ?? sentAt) < absence.to,
  );

function isLogged({ id, by }: RequestFact, { audit }: Evidence): boolean {
  const about = audit.entries.filter(({ request }) => request === id);
  const approved = about.find(({ kind, actor }) => kind === 'request-approved' && actor !== null && actor !== by);
  const deletion = about.find(({ kind }) => kind === 'runpod-delete');
  return approved !== undefined && deletion !== undefined && approved.n < deletion.n;
}
