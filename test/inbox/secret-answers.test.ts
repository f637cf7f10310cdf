import { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { useRedis } from '../store/redis.ts';
import { botOver, deliver, from, settleIn } from './team.ts';

const redis = useRedis();
const CODE = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/;
const typed = (text: string): IncomingEvent => ({
  kind: 'command',
  incoming: { ...from('e1'), input: { kind: 'text', text } },
});
beforeEach(() => settleIn(redis.client()));

/** All that the store was sent while this ran. */
async function sentDuring(run: () => Promise<void>): Promise<string> {
  const watching = new Redis(redis.path());
  const monitor = await watching.monitor();
  const sent: string[] = [];
  const over = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[]) => {
      sent.push(args.join(' '));
      if (args.includes('that-was-all')) resolve();
    });
  });
  await run();
  await redis.client().echo('that-was-all');
  await over;
  monitor.disconnect();
  watching.disconnect();
  return sent.join('\n');
}

describe('a code that only one person may see', () => {
  it('is shown, and at no moment written into the store', async () => {
    const bot = botOver(redis.client());
    const sent = await sentDuring(() => deliver(bot, typed('link'), () => {}));
    const [code] = CODE.exec(bot.answers[0] ?? '') ?? [];
    expect(code).toBeDefined();
    expect(sent).toContain('slack-e1');
    expect(sent).not.toMatch(CODE);
    expect(sent).not.toContain(code?.replaceAll('-', ''));
  });

  it('is not written either where the chat does not take it: its person is told to ask again', async () => {
    const bot = botOver(redis.client());
    bot.chat.away = true;
    const sent = await sentDuring(() => deliver(bot, typed('link'), () => {}));
    expect(sent).not.toMatch(CODE);
    const kept = await bot.services.replies.get('answer-slack-e1');
    expect(JSON.stringify(kept?.result)).toContain('Run /pod link again');
  });
});

it('any other answer is written before it is said, and said later where the chat does not take it', async () => {
  const bot = botOver(redis.client());
  bot.chat.away = true;
  const sent = await sentDuring(() => deliver(bot, typed('whoami'), () => {}));
  expect(sent).toMatch(/acknowledged .*You are Alice/s);
  const kept = await bot.services.replies.get('answer-slack-e1');
  expect(JSON.stringify(kept?.result)).toContain('You are Alice');
});
