import { afterEach, expect, it } from 'vitest';
import { card } from '../../src/bot/message/message.ts';
import { newApproval } from '../policy/requests.ts';
import { useRedis } from '../store/redis.ts';
import { DISCORD_ROOM, SLACK_ROOM } from './chats.ts';
import { bots, until } from './running-bots.ts';

const redis = useRedis();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it.each([
  ['slack', 1],
  ['discord', 2],
] as const)('on %s, an event that comes again, or to %i bots, has one effect and one answer', async (chat, count) => {
  const { chats, emulator, front, services, answers, settled, logged } = await bots(redis.client(), {
    chat,
    count,
    closing,
  });
  const by = { account: `${chat}:9`, person: null, name: 'Zoe' };
  const { guard } = await services.links.guarded();
  await services.approvals.add([newApproval({ by, self: [by.account], owner: null })], guard, () => []);
  const buttons = [
    { label: 'Deny', token: 'v1.deny.b1' },
    { label: 'Cancel', token: 'v1.cancel.unheard-of' },
  ];
  const room = chat === 'slack' ? SLACK_ROOM : DISCORD_ROOM;
  await front.post(room, card('the card', 'info', [], buttons), { marker: 'm1', ping: [] });
  emulator.faults = { ...emulator.faults, redeliver: true };

  await emulator.command('alice', 'gpu', '/pod help');
  await emulator.say('alice', 'gpu', '@Podwarden gpus', null);
  const posted = emulator.visibleTo('alice').find(({ text }) => text.startsWith('the card'));
  const [deny, cancel] = posted?.buttons ?? [];
  if (!posted || !deny || !cancel) throw new Error('the card has no buttons');
  await emulator.press('alice', posted, cancel);
  await emulator.press('alice', posted, deny);
  await until(() => emulator.form('alice') !== null);
  const form = emulator.form('alice');
  if (!form) throw new Error('no form');
  for (const field of form.fields) field.value = ['not now'];
  await emulator.submit('alice', form);
  await until(() => answers(/not now/) > 0);
  await settled();

  // A command, and a mention where that is one; two presses and a form; and what they came to.
  expect(await logged('command')).toBe(chat === 'slack' ? 2 : 1);
  expect(await logged('click')).toBe(3);
  expect(await logged('request-denied')).toBe(1);
  expect(answers(/That request is not known here/)).toBe(1);
  expect(answers(/not now/)).toBe(1);
  expect(answers(/\/pod launch/)).toBe(1);
  if (chat === 'discord') {
    expect(answers(/Type \/pod here/)).toBe(1);
    // Nobody even tries to answer what somebody else has taken.
    expect(chats.discord.requests.filter(({ path }) => path.endsWith('/callback'))).toHaveLength(6);
  }
});
