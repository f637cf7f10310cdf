import { beforeEach, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { BOB } from '../policy/requests.ts';
import { useRedis } from '../store/redis.ts';
import { Mortal } from './mortal.ts';
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

/** What a bot is told to say whose forerunner died at its `at`th await, while no account can be read. */
async function afterDeath(at: number) {
  await redis.client().flushall();
  await settleIn(redis.client());
  const { services } = botOver(redis.client());
  const link = { id: 'l9', a: BOB, b: { account: 'discord:5', person: null, name: 'b' }, at: 0, confirmed: null };
  const entry = { at: 0, kind: 'linked', actor: null, subject: 'l9', facts: {} };
  await services.links.change(() => [link], [], entry);
  let dies = () => {};
  const died = new Promise<void>((resolve) => {
    dies = resolve;
  });
  const life = new Mortal(at, dies);
  const first = botOver(redis.client(), life);
  const admit = { kind: 'click' as const, incoming: { ...from('e2'), token: 'v1.link-admit.l9', label: null } };
  await Promise.race([died, deliver(first, admit, () => {})]);
  const next = botOver(redis.client());
  next.chat.unread = true;
  await next.inbox.look();
  await next.inbox.settled();
  const confirmed = (await services.links.all()).some((one) => one.confirmed !== null);
  return { confirmed, said: next.answers.join(), awaits: life.awaits };
}

it('nobody hears that nothing was changed where the bot that died may have changed it', async () => {
  const untrue: number[] = [];
  const { awaits } = await afterDeath(0);
  for (let at = awaits, confirmed = true; confirmed; at--) {
    const after = await afterDeath(at);
    if (after.confirmed && after.said.includes('Nothing was changed')) untrue.push(at);
    ({ confirmed } = after);
  }
  expect(untrue).toEqual([]);
});

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
