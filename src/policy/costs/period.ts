import { countDays, type Day, isDay, monthBegin, plusDays, shortDay, weekdayOf } from './days.ts';

/** A question's days, both ends included. */
export interface Period {
  first: Day;
  last: Day;
  /** As people say it: `yesterday`, `the last 7 days`. */
  words: string;
}

/** More would be read for no answer that anybody takes in. */
const MAX_DAYS = 400;

export type PeriodError = { problem: string };

const KNOWN =
  'today, yesterday, 7d or any other number of days, month, last-month, a weekday, a day such as 2026-11-24, or two with .. between them';

/** `today`, `yesterday`, `7d`, `month`, `last-month`, `2026-11-24`, `2026-11-01..2026-11-24`, `mon` for the last Monday. */
export function parsePeriod(text: string, today: Day): Period | PeriodError {
  const word = text.trim().toLowerCase();
  const named = namedPeriod(word, today);
  if (named) return named;
  const [from = '', to, ...more] = word.split('..');
  const last = dayFrom(to ?? from, today);
  const first = to === undefined ? last : dayFrom(from, today, last ?? today);
  if (!first || !last || more.length > 0) return { problem: `is none of ${KNOWN}` };
  if (first > last) return { problem: 'begins after it ends' };
  if (first > today) return { problem: 'is still to come' };
  const end = last > today ? today : last;
  if (countDays(first, end) > MAX_DAYS) return { problem: `is too long: at most ${MAX_DAYS} days` };
  const words = first === end ? shortDay(first) : `${shortDay(first)} to ${shortDay(end)}`;
  return { first, last: end, words };
}

function namedPeriod(word: string, today: Day): Period | null {
  const days = /^(\d{1,3})d$/.exec(word);
  if (days) {
    const count = Number(days[1]);
    if (count < 1 || count > MAX_DAYS) return null;
    const first = plusDays(today, 1 - count);
    return { first, last: today, words: count === 1 ? 'today' : `the last ${count} days` };
  }
  switch (word) {
    case 'today':
      return { first: today, last: today, words: 'today' };
    case 'yesterday':
      return { first: plusDays(today, -1), last: plusDays(today, -1), words: 'yesterday' };
    case 'month':
      return { first: monthBegin(today), last: today, words: 'this month' };
    case 'last-month': {
      const last = plusDays(monthBegin(today), -1);
      return { first: monthBegin(last), last, words: 'last month' };
    }
    default:
      return null;
  }
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** A day by its date, or by its weekday: the last one before today, and not after `until`. */
function dayFrom(text: string, today: Day, until?: Day): Day | null {
  const word = text.trim();
  if (isDay(word)) return word;
  if (word === 'today') return today;
  if (word === 'yesterday') return plusDays(today, -1);
  const weekday = word.length < 3 ? -1 : WEEKDAYS.findIndex((name) => name.startsWith(word));
  if (weekday < 0) return null;
  for (let back = 1; back <= 14; back++) {
    const day = plusDays(today, -back);
    if (weekdayOf(day) === weekday + 1 && day <= (until ?? today)) return day;
  }
  return null;
}
