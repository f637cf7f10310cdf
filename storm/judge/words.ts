import { podCards } from './cards.ts';
import {
  answersTo,
  type Evidence,
  inPublic,
  type Judge,
  launchName,
  type StormEvent,
  said,
  shown,
  type Violation,
} from './evidence.ts';

/** What was said, compared with what happened. */
export const judgeWords: Judge = (evidence) => [
  ...judgeCards(evidence),
  ...judgeMissingCards(evidence),
  ...judgeDenials(evidence),
  ...judgeEndings(evidence),
];

/** What a card may say of a pod in each of RunPod's states; `none` where there is no such pod. */
const TRUE_OF: Record<string, readonly string[]> = {
  Running: ['RUNNING'],
  Stopped: ['EXITED', 'ERROR'],
  Terminated: ['none'],
  'not launched': ['none'],
  'waits for an approver': ['none'],
};

function judgeCards(evidence: Evidence): Violation[] {
  return podCards(evidence).flatMap(({ name, state, message }) => {
    const allowed = TRUE_OF[state];
    if (!allowed) return [{ rule: 'card-unfinished', what: `${message.chat}: ${name} is still “${state}”` }];
    const statuses = evidence.pods.filter((pod) => pod.name === name).map(({ status }) => status);
    const is = statuses.length === 0 ? ['none'] : statuses;
    if (is.some((status) => allowed.includes(status))) return [];
    return [
      { rule: 'card-untrue', what: `${message.chat}: ${name} is “${state}”, and RunPod has it as ${is.join(', ')}` },
    ];
  });
}

function judgeMissingCards(evidence: Evidence): Violation[] {
  const carded = new Set(podCards(evidence).map(({ name }) => name));
  const launched = new Set(evidence.events.map(launchName));
  return evidence.made
    .map(({ name }) => name)
    .filter((name) => launched.has(name) && !carded.has(name))
    .map((name) => ({ rule: 'no-card', what: `${name} was launched, and no card says so` }));
}

const DENIES = /nothing (more )?was done|was not (posted|done|launched|carried out)|^\W*Not launched\b/i;

/** Nothing that says that nothing was done stands where something was. */
function judgeDenials(evidence: Evidence): Violation[] {
  return evidence.events.flatMap((event) => {
    const denial = answersTo(event).find((text) => DENIES.test(text));
    if (denial === undefined || !hadEffect(event, evidence)) return [];
    return [{ rule: 'denied-though-done', what: `${said(event)} was told ${shown(denial)}, and it was done` }];
  });
}

function hadEffect(event: StormEvent, evidence: Evidence): boolean {
  const name = launchName(event);
  if (name !== null) return evidence.made.some((pod) => pod.name === name);
  if (event.kind === 'form') return requestsLeftOver(event, evidence) > 0;
  if (event.kind === 'click' && event.what.startsWith('Approve')) return votedOn(event, evidence);
  return false;
}

/** Requests of this person that none of their other forms is known to have made. */
function requestsLeftOver(event: StormEvent, { events, requests }: Evidence): number {
  const made = new Set(requests.filter(({ by }) => by === event.person).map(({ batch }) => batch));
  const others = events.filter(
    (other) =>
      other !== event &&
      other.kind === 'form' &&
      other.person === event.person &&
      !answersTo(other).some((text) => DENIES.test(text)),
  );
  return made.size - others.length;
}

function votedOn(event: StormEvent, { events, requests }: Evidence): boolean {
  return requests.some(({ votes, name }) => {
    const clicks = events.filter(
      (click) =>
        click.kind === 'click' &&
        click.person === event.person &&
        click.what.startsWith('Approve') &&
        click.about.includes(name),
    );
    const voted = votes.some(({ person }) => person === event.person);
    return (
      voted &&
      event.about.includes(name) &&
      clicks.every((click) => answersTo(click).every((text) => DENIES.test(text)))
    );
  });
}

/** A request's card that says that nothing was deleted, or that it is gone. */
function judgeEndings(evidence: Evidence): Violation[] {
  const cards = inPublic(evidence).filter(({ thread }) => thread);
  return evidence.requests.flatMap(({ podId, name, status }) => {
    const deleted = evidence.calls.some(
      ({ method, path, status: code }) =>
        method === 'DELETE' && path.endsWith(`/${podId}`) && code !== null && code < 300,
    );
    const there = evidence.pods.some(({ id }) => id === podId);
    const own = cards.filter(({ text }) => new RegExp(`^\\W*${name}: `).test(text));
    const untrue = own.filter(
      ({ text }) =>
        (deleted && status !== 'done' && /Nothing was deleted/.test(text)) ||
        (there && /^\W*[\w-]+: Terminated/.test(text)),
    );
    return untrue.map(({ text, chat }) => ({
      rule: 'ending-untrue',
      what: `${chat}: ${shown(text)}, and RunPod ${there ? 'has the pod' : 'deleted it'}`,
    }));
  });
}
