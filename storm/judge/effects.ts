import { cardsOf } from './cards.ts';
import {
  answersTo,
  type Evidence,
  type Judge,
  launchName,
  type StormEvent,
  said,
  shown,
  type Violation,
} from './evidence.ts';

/** One effect for each event that was acknowledged; none that nobody asked for. */
export const judgeEffects: Judge = (evidence) => [
  ...judgeLaunches(evidence),
  ...judgeStrays(evidence),
  ...judgeRequests(evidence),
  ...judgeStops(evidence),
];

function launchesOf({ events }: Evidence): Map<string, StormEvent[]> {
  const launches = new Map<string, StormEvent[]>();
  for (const event of events) {
    const name = launchName(event);
    if (name !== null) launches.set(name, [...(launches.get(name) ?? []), event]);
  }
  return launches;
}

const QUEUED = /^\W*Queued /;

function judgeLaunches(evidence: Evidence): Violation[] {
  return [...launchesOf(evidence)].flatMap(([name, events]) => {
    const made = evidence.made.filter((pod) => pod.name === name).length;
    const found: Violation[] = [];
    if (made > events.length) {
      found.push({ rule: 'launched-twice', what: `${name}: ${events.length} asked, ${made} pods were made` });
    }
    const refused = events.every(({ person }) => !evidence.launchers.includes(person));
    if (refused && made > 0)
      found.push({ rule: 'launched-without-right', what: `${name}: ${said(events[0] as StormEvent)}` });
    const taken = events.filter(({ acknowledgedAt }) => acknowledgedAt !== null);
    if (made === 0) found.push(...taken.filter((event) => !isHonest(event, name, evidence)).map(lost));
    return found;
  });
}

const lost = (event: StormEvent): Violation => ({
  rule: 'launch-lost',
  what: `${said(event)} was acknowledged: no pod, and no word that there is none`,
});

/** It was said that there is no pod: on the card, or at once. */
function isHonest(event: StormEvent, name: string, evidence: Evidence): boolean {
  if (cardsOf(name, evidence).some(({ state }) => state === 'not launched' || state === 'waits for an approver'))
    return true;
  const last = answersTo(event).at(-1);
  return last !== undefined && !QUEUED.test(last);
}

function judgeStrays(evidence: Evidence): Violation[] {
  const launches = launchesOf(evidence);
  return evidence.made
    .filter(({ name }) => !launches.has(name) && !evidence.others.includes(name))
    .map(({ name }) => ({ rule: 'pod-from-nowhere', what: `nobody asked for ${name}` }));
}

const ASKED = /Asked to terminate ([^\n]+)/;

function judgeRequests(evidence: Evidence): Violation[] {
  const forms = evidence.events.filter(({ kind, token }) => kind === 'form' && token.startsWith('v1.terminate'));
  const people = new Set([...forms.map(({ person }) => person), ...evidence.requests.map((r) => r.by)]);
  return [...people].flatMap((person) => {
    const own = forms.filter((form) => form.person === person);
    const records = evidence.requests.filter((record) => record.by === person);
    const batches = new Set(records.map(({ batch }) => batch)).size;
    const names = new Set(records.map(({ name }) => name));
    const claimed = own.flatMap((form) => answersTo(form).flatMap((text) => ASKED.exec(text)?.[1]?.split(', ') ?? []));
    return [
      ...(batches > own.length
        ? [{ rule: 'requested-twice', what: `${person}: ${own.length} forms, ${batches} requests` }]
        : []),
      ...claimed
        .filter((name) => !names.has(name))
        .map((name) => ({
          rule: 'request-lost',
          what: `${person} was told that ${name} was asked for: there is no request`,
        })),
    ];
  });
}

/** Who was told that a pod is being stopped or started, while RunPod was never asked. */
function judgeStops(evidence: Evidence): Violation[] {
  return evidence.events.flatMap((event) =>
    answersTo(event).flatMap((text) =>
      [...text.matchAll(/\b(Stopping|Starting) ([\w-]+)\. /g)].flatMap(([, verb = '', name = '']) => {
        const asked = evidence.made.some(
          (pod) => pod.name === name && evidence.calls.some((call) => actsOn(call, pod.id)),
        );
        const excused = cardsOf(name, evidence).some(({ state }) => state === 'Terminated' || state === 'Stopped');
        return asked || excused
          ? []
          : [{ rule: 'task-lost', what: `${said(event)}: ${shown(`${verb} ${name}`)}, and RunPod was never asked` }];
      }),
    ),
  );
}

const actsOn = ({ method, path }: { method: string; path: string }, id: string) =>
  method === 'POST' && (path === `/v2/pods/${id}/action` || path.startsWith('/graphql:pod'));
