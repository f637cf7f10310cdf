import { answersTo, type Evidence, type Judge, type StormEvent, said, shown, type Violation } from './evidence.ts';

/** What may stand before the answer proper. */
const PROVISIONAL = /Reading from RunPod|I tell you here when|\(Redis\) is not responding/i;

/** One final answer for each event that was acknowledged. */
export const judgeAnswers: Judge = (evidence) => [
  ...silent(evidence).map((event) => ({
    rule: 'no-answer',
    what: `${said(event)} was acknowledged, and never answered`,
  })),
  ...evidence.events.flatMap(twice),
];

/** Where an address has lapsed, a direct message answers: each of them one event of its person. */
function silent({ events, messages }: Evidence): StormEvent[] {
  const direct = new Map<string, number>();
  for (const { author, channel, onlyFor, chat } of messages) {
    if (author !== null || channel !== null || onlyFor === null) continue;
    direct.set(`${chat} ${onlyFor}`, (direct.get(`${chat} ${onlyFor}`) ?? 0) + 1);
  }
  return events.filter((event) => {
    if (event.acknowledgedAt === null || event.answers.length > 0) return false;
    const left = direct.get(`${event.chat} ${event.person}`) ?? 0;
    direct.set(`${event.chat} ${event.person}`, left - 1);
    return left <= 0;
  });
}

function twice(event: StormEvent): Violation[] {
  const texts = answersTo(event);
  // An edit that changes nothing is seen by nobody; a second message is.
  const told = texts.filter((text, i) => event.chat !== 'discord' || text !== texts[i - 1]);
  const final = told.filter((text) => !PROVISIONAL.test(text));
  if (final.length <= 1) return [];
  return [{ rule: 'answered-twice', what: `${said(event)}: ${final.map(shown).join(' and ')}` }];
}
