import { podCards } from './cards.ts';
import { type Evidence, inPublic, type Judge, shown, type Violation } from './evidence.ts';

/** No card, line, warning or digest stands there twice. */
export const judgeRepeats: Judge = (evidence) => [
  ...strays(evidence),
  ...cardsTwice(evidence),
  ...titlesTwice(evidence),
  ...warningsTwice(evidence),
];

/** What was posted twice, the bot knows once: nobody ever edits the other. */
const strays = (evidence: Evidence): Violation[] =>
  inPublic(evidence)
    .filter(({ known }) => !known)
    .map(({ chat, text }) => ({ rule: 'posted-twice', what: `${chat}: nobody keeps up ${shown(text)}` }));

function cardsTwice(evidence: Evidence): Violation[] {
  return more(
    podCards(evidence).map(({ name, message }) => `${message.chat} ${message.channel}: a card of ${name}`),
  ).map((what) => ({
    rule: 'card-twice',
    what,
  }));
}

/** A chat or a channel that refuses, takes messages again and refuses anew is warned of as often. */
const AS_OFTEN = /^\W*(Over: )?A (chat does not know|channel takes no)/;

/** Titles of messages in a channel; those of requests are as many as there were requests. */
function titlesTwice(evidence: Evidence): Violation[] {
  const requested = new Set(evidence.requests.map(({ name }) => name));
  const titles = inPublic(evidence)
    .filter(({ thread, channel }) => !thread && channel !== null)
    .map(({ chat, text }) => ({ chat, title: text.split('\n')[0] ?? '' }))
    .filter(({ title }) => !AS_OFTEN.test(title) && ![...requested].some((name) => title.includes(name)));
  return more(titles.map(({ chat, title }) => `${chat}: ${shown(title)}`)).map((what) => ({
    rule: 'title-twice',
    what,
  }));
}

const warningsTwice = ({ warnings }: Evidence): Violation[] =>
  more(warnings).map((what) => ({ rule: 'warning-twice', what }));

const more = (all: readonly string[]): string[] => [...new Set(all.filter((one, i) => all.indexOf(one) !== i))];
