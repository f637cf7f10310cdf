import { expect, it } from 'vitest';
import { giveAnswer } from '../../src/bot/answers.ts';
import { ChatError } from '../../src/bot/failure.ts';
import type { Front } from '../../src/bot/front.ts';
import { card, type Message, note, text } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { Audit } from '../../src/store/audit.ts';
import { Replies } from '../../src/store/replies.ts';
import { KEY } from '../jobs/context.ts';
import { interposed } from '../store/interposed.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();

it('an answer that a job gave is given once, also where the store goes away right after it', async () => {
  let given = 0;
  let away = 0;
  const store = interposed(redis.client(), async (name, _args, run) => {
    if (given > 0 && away < 2 && ['del', 'set'].includes(name)) {
      away++;
      throw new Error('Connection is closed.');
    }
    return run();
  });
  const replies = new Replies(store, new Audit(redis.client(), KEY));
  const front = {
    chat: 'slack',
    reply: async () => {
      given++;
    },
  } as unknown as Front;
  const owed = { chat: 'slack', account: 'slack:T1/U1', ref: { url: 'here' } };
  await replies.keep('a1', owed, { view: 'message', message: note('info', 'Done.') });
  // The job begins anew where it failed.
  const log = { warn: () => {} };
  await giveAnswer('a1', replies, new Map([['slack', front]]), log).catch(() => {});
  await giveAnswer('a1', replies, new Map([['slack', front]]), log);
  expect({ given, away }).toEqual({ given: 1, away: 2 });
});

it('an answer that another release found out, and this one cannot read, is no silence', async () => {
  const said: string[] = [];
  const replies = new Replies(redis.client(), new Audit(redis.client(), KEY));
  const reply = async (_: unknown, message: Message) => void said.push(plainText(message, 1000));
  const front = { chat: 'slack', reply } as unknown as Front;
  const owed = { chat: 'slack', account: 'slack:T1/U1', ref: { url: 'here' } };
  await replies.keep('a1', owed, { view: 'hologram', found: 7 });
  await giveAnswer('a1', replies, new Map([['slack', front]]), { warn: () => {} });
  expect(said).toEqual([expect.stringMatching(/Another release of Podwarden.*Ask again/)]);
});

/** A chat that takes no direct messages to anybody, and one that does. */
function twoChats(said: string[]) {
  const closed = async () => {
    throw new ChatError('cannot send messages to this user', { kind: 'person-unreachable' }, '50007');
  };
  const direct = async (account: string, message: Message) => void said.push(`${account}: ${plainText(message, 1000)}`);
  return new Map([
    ['discord', { chat: 'discord', direct: closed } as unknown as Front],
    ['slack', { chat: 'slack', direct } as unknown as Front],
  ]);
}

const beside = () => ['discord:1', 'slack:T1/U1'];

it('who takes no direct messages in one chat is told in the other, once', async () => {
  const said: string[] = [];
  const replies = new Replies(redis.client(), new Audit(redis.client(), KEY));
  const owed = { chat: 'discord', account: 'discord:1', ref: null };
  await replies.keep('a1', owed, { view: 'message', message: note('warn', 'Your request is lost.') });
  const log = { warn: () => {} };
  await giveAnswer('a1', replies, twoChats(said), log, beside);
  await giveAnswer('a1', replies, twoChats(said), log, beside);
  expect(said).toEqual([expect.stringMatching(/^slack:T1\/U1: .*Your request is lost/)]);
});

it('what asks one account with a button is not asked of another', async () => {
  const said: string[] = [];
  const replies = new Replies(redis.client(), new Audit(redis.client(), KEY));
  const owed = { chat: 'discord', account: 'discord:1', ref: null };
  const button = { label: 'Confirm', token: 'v1.link.x', style: 'primary' as const };
  await replies.keep('a1', owed, { view: 'message', message: card('Is it you?', 'info', [text('Both.')], [button]) });
  await giveAnswer('a1', replies, twoChats(said), { warn: () => {} }, beside);
  expect(said).toEqual([]);
});
