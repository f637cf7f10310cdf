import { beforeEach, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { useRedis } from '../store/redis.ts';
import { botOver, deliver, from, settleIn } from './team.ts';

const redis = useRedis();
const deny: IncomingEvent = {
  kind: 'submit',
  incoming: { ...from('e1'), token: 'v1.deny.br1', answers: { reason: ['mid-training'] }, kept: 'k1', reply: null },
};
beforeEach(() => settleIn(redis.client()));

/** Two bots of one chat. */
async function twice(deliverBoth: (first: () => Promise<void>, second: () => Promise<void>) => Promise<unknown>) {
  const one = botOver(redis.client());
  const other = botOver(redis.client());
  await deliverBoth(
    () => deliver(one, deny, () => {}),
    () => deliver(other, deny, () => {}),
  );
  const { entries: denials } = await one.services.audit.newest(100, ({ kind }) => kind === 'request-denied');
  return { answers: [...one.answers, ...other.answers], denials, record: await one.services.approvals.get('r1') };
}

it.each([
  ['at once', (first, second) => Promise.all([first(), second()])],
  ['after it was answered', (first, second) => first().then(second)],
] as [string, Parameters<typeof twice>[0]][])(
  'a form that denies a request and comes again %s has one effect and one answer',
  async (_, both) => {
    const { answers, denials, record } = await twice(both);
    expect(answers).toEqual([expect.stringContaining('mid-training')]);
    expect(denials).toHaveLength(1);
    expect(record).toMatchObject({ status: 'denied', end: { text: 'mid-training' } });
  },
);
