/** A chat that is cut off for so long is; shorter gaps the platforms make themselves. Real ms. */
export const CUT_OFF_MS = 5 * 60_000;

/** Posts to a chat fail, and none worked since; real ms. */
export interface Failing {
  since: number;
  /** The last failure. */
  at: number;
  /** Until when the chat asked for a pause then. */
  until: number;
  /** The last failure's words. */
  why: string;
}

/** What one more failure comes to. `pauseMs`: how long the chat asked us to wait. */
export function failedAgain(before: Failing | null, why: string, pauseMs: number, now: number): Failing {
  const since = before && stands(before, now) ? before.since : now;
  return { since, at: now, until: now + pauseMs, why };
}

/**
 * What all bots together know: null where posts work, or nothing says that they do not. Whatever worked for one bot after
 * another one failed counts for both.
 */
export function failingNow(
  bots: readonly { failing?: Failing | null | undefined; postedAt: number | null }[],
  now: number,
): Failing | null {
  const postedAt = Math.max(0, ...bots.map((bot) => bot.postedAt ?? 0));
  const all = bots
    .flatMap(({ failing }) => failing ?? [])
    .filter(({ at }) => at > postedAt)
    .map((one) => ({ ...one, since: Math.max(one.since, postedAt) }))
    .filter((one) => stands(one, now))
    .sort((a, b) => a.at - b.at);
  const last = all.at(-1);
  if (!last) return null;
  const since = Math.min(...all.map((one) => one.since));
  return { ...last, since, until: Math.max(...all.map(({ until }) => until)) };
}

/** Tried again and again without success for so long. A chat with nothing to post is not. */
export const takesNoPosts = (failing: Failing, now: number): boolean =>
  isLong(failing) && now - failing.since > CUT_OFF_MS;

const isLong = ({ since, until }: Failing): boolean => until - since > CUT_OFF_MS;

/** A single failure that nothing was tried after says nothing of later. */
const stands = (failing: Failing, now: number): boolean => isLong(failing) || now - failing.until <= CUT_OFF_MS;
