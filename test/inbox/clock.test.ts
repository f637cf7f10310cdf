import { beforeEach, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { useRedis } from '../store/redis.ts';
import { botOver, deliver, from, settleIn } from './team.ts';

const redis = useRedis();
const MINUTE = 60_000;
const REFUSED = /^I cannot do this now: the clock of the machine that the bot runs on is 6 minutes fast/;
beforeEach(() => settleIn(redis.client()));

it('a bot whose clock is wrong carries out what it may on any clock, and refuses the rest', async () => {
  const bot = botOver(redis.client());
  bot.services.clocks.ahead = () => 6 * MINUTE;
  let events = 0;
  const about = () => ({ ...from(`e${++events}`) });
  const typed = (text: string): IncomingEvent => ({
    kind: 'command',
    incoming: { ...about(), input: { kind: 'text', text } },
  });
  const pressed = (token: string): IncomingEvent => ({ kind: 'click', incoming: { ...about(), token, label: null } });
  const sent = (token: string, answers: Record<string, string[]>): IncomingEvent => ({
    kind: 'submit',
    incoming: { ...about(), token, answers, kept: null },
  });
  const answerTo = async (event: IncomingEvent) => {
    await deliver(bot, event, () => {});
    return bot.answers.at(-1);
  };
  expect(await answerTo(typed('launch a6000 name=new'))).toMatch(REFUSED);
  expect(await answerTo(pressed('v1.approve.br1!'))).toMatch(REFUSED);
  expect(await answerTo(pressed('v1.terminate.p1'))).toMatch(REFUSED);
  const form = { reason: ['done'], data: ['nothing'], pods: ['pod6'] };
  expect(await answerTo(sent('v1.terminate.d3', form))).toMatch(REFUSED);
  expect((await bot.services.approvals.get('r1'))?.status).toBe('requested');
  expect(await bot.services.approvals.forPod('pod6')).toBeNull();

  expect(await answerTo(pressed('v1.stop.p4!'))).toContain('Stopping keep');
  expect(await answerTo(sent('v1.deny.br1', { reason: ['mid-training'] }))).toContain('mid-training');
  expect((await bot.services.approvals.get('r1'))?.status).toBe('denied');
});
