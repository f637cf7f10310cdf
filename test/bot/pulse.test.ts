import { expect, it } from 'vitest';
import { ChatError, type Failure } from '../../src/bot/failure.ts';
import { ChatUnavailable, refusal } from '../../src/bot/front.ts';
import { Pulse } from '../../src/bot/pulse.ts';

function pulseAt() {
  const time = { now: 1000 };
  const pulse = new Pulse(() => time.now);
  const fail = async (error: unknown) => {
    await expect(pulse.posted(Promise.reject(error))).rejects.toBe(error);
  };
  return { time, pulse, fail };
}

it('since when posts fail is kept with the last failure’s words, until one works', async () => {
  const { time, pulse, fail } = pulseAt();
  await fail(new ChatUnavailable('Discord: 503 Service Unavailable', 0));
  time.now = 2000;
  await fail(new ChatUnavailable('rate limited by Discord', 7000));
  expect(pulse.read().failing).toEqual({ since: 1000, at: 2000, until: 9000, why: 'rate limited by Discord' });
  time.now = 3000;
  await fail(new ChatUnavailable('Discord: 503 Service Unavailable', 0));
  expect(pulse.read()).toMatchObject({ postedAt: null, failing: { since: 1000, why: '503 Service Unavailable' } });
  await pulse.posted(Promise.resolve());
  expect(pulse.read()).toMatchObject({ postedAt: 3000, failing: null });
});

it('a connection that is cut counts as one', async () => {
  const { pulse, fail } = pulseAt();
  await fail(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  expect(pulse.read().failing).toMatchObject({ why: 'read ECONNRESET' });
});

it.each<Failure>([
  { kind: 'thread-closed' },
  { kind: 'channel-closed' },
  { kind: 'message-gone' },
  { kind: 'right-missing', right: null },
  { kind: 'disowned', by: 'token' },
  { kind: 'bad-payload' },
  { kind: 'person-unreachable' },
  { kind: 'answered' },
  { kind: 'unknown' },
])('what concerns one place or person, or is told otherwise, does not count ($kind)', async (failure) => {
  const { pulse, fail } = pulseAt();
  await fail(refusal('refused', failure, '1'));
  expect(pulse.read().failing).toBeNull();
});

it('nor does a limit of one channel, nor an error of our own', async () => {
  const { pulse, fail } = pulseAt();
  await fail(refusal('Discord: 20016 slow mode', { kind: 'wait', ms: null }, '20016'));
  await fail(new ChatError('Slack: update_failed', { kind: 'wait', ms: null }, 'update_failed'));
  await fail(new Error('a bug'));
  expect(pulse.read().failing).toBeNull();
});
