import { describe, expect, it } from 'vitest';
import { CUT_OFF_MS, type Failing, failedAgain, failingNow, takesNoPosts } from '../../src/policy/posting.ts';

const MINUTE = 60_000;

/** Failures at these minutes, in one bot. */
function failures(...minutes: number[]): Failing | null {
  return minutes.reduce<Failing | null>((before, minute) => failedAgain(before, '503', 0, minute * MINUTE), null);
}

const takesNone = (failing: Failing | null, minute: number) =>
  failing !== null && takesNoPosts(failing, minute * MINUTE);

describe('a chat takes no posts', () => {
  it('after more than five minutes of tries that all fail', () => {
    expect(CUT_OFF_MS).toBe(5 * MINUTE);
    expect(failures(1, 3, 5, 6)).toMatchObject({ since: MINUTE, at: 6 * MINUTE });
    expect(takesNone(failures(1, 3, 5, 6), 6)).toBe(false);
    expect(takesNone(failures(1, 3, 5, 6.1), 6.1)).toBe(true);
  });

  it('not after one failure that nothing was tried after, however long ago', () => {
    expect(takesNone(failures(1), 60)).toBe(false);
    expect(failures(1, 60)).toMatchObject({ since: 60 * MINUTE });
    expect(takesNone(failures(1, 60), 61)).toBe(false);
  });

  it('for as long as nothing worked, once it was so', () => {
    expect(takesNone(failures(1, 3, 5, 7, 60), 60)).toBe(true);
    expect(failures(1, 3, 5, 7, 60)).toMatchObject({ since: MINUTE });
  });

  it('where it asks for a long pause, after five minutes of it', () => {
    const paused = failedAgain(null, 'rate limited', 60 * MINUTE, MINUTE);
    expect(takesNone(paused, 5)).toBe(false);
    expect(takesNone(paused, 7)).toBe(true);
    expect(failedAgain(paused, '503', 0, 61 * MINUTE)).toMatchObject({ since: MINUTE, why: '503' });
  });
});

describe('of several bots', () => {
  const bot = (failing: Failing | null, postedAt: number | null = null) => ({ failing, postedAt });
  const now = 10 * MINUTE;

  it('one that posts well after another failed is enough', () => {
    expect(failingNow([bot(failures(1, 3, 5, 9))], now)).toMatchObject({ since: MINUTE, why: '503' });
    expect(failingNow([bot(failures(1, 3, 5, 9)), bot(null, 9.5 * MINUTE)], now)).toBeNull();
  });

  it('a post of another one begins the count anew', () => {
    const failing = failingNow([bot(failures(1, 3, 5, 9)), bot(null, 6 * MINUTE)], now);
    expect(failing).toMatchObject({ since: 6 * MINUTE });
    expect(takesNone(failing, 10)).toBe(false);
  });

  it('a bot that took over goes on counting where the one before it left off', () => {
    const failing = failingNow([bot(failures(1, 3, 5, 7)), bot(failures(9))], now);
    expect(failing).toMatchObject({ since: MINUTE, at: 9 * MINUTE });
    expect(takesNone(failing, 10)).toBe(true);
  });

  it('those that say nothing of it, and old single failures, do not count', () => {
    expect(failingNow([{ postedAt: null }, bot(failures(1))], now)).toBeNull();
    expect(failingNow([], now)).toBeNull();
  });
});
