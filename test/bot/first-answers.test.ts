import { afterEach, describe, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import type { LostAnswer } from '../../emulators/discord/lost-answers.ts';
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

const HOW: LostAnswer[][] = [
  ['502'],
  ['reset'],
  ['late'],
  ['502', '502'],
  ['reset', 'reset'],
  ['late', '502'],
  ['502', 'unknown'],
];
const CASES = HOW.map((lost) => [lost.join(', then '), lost] as const);

async function withCard(chat: 'slack' | 'discord' = 'discord') {
  const stage = await bots(redis.client(), { chat, count: 1, closing });
  const by = { account: `${chat}:9`, person: null, name: 'Zoe' };
  const { guard } = await stage.services.links.guarded();
  await stage.services.approvals.add([newApproval({ by, self: [by.account], owner: null })], guard, () => []);
  const buttons = [{ label: 'Deny', token: 'v1.deny.b1' }];
  await stage.front.post(chat === 'slack' ? SLACK_ROOM : DISCORD_ROOM, card('the card', 'info', [], buttons), {
    marker: 'm1',
    ping: [],
  });
  const posted = () => stage.emulator.visibleTo('alice').find(({ text }) => text.startsWith('the card'));
  const press = async () => {
    const [button] = posted()?.buttons ?? [];
    if (!button) throw new Error('the card has no button');
    await stage.emulator.press('alice', posted() ?? { id: '' }, button);
  };
  const submit = async () => {
    await until(() => stage.emulator.form('alice') !== null);
    const form = stage.emulator.form('alice');
    if (!form) throw new Error('no form');
    for (const field of form.fields) field.value = ['not now'];
    await stage.emulator.submit('alice', form);
  };
  return { ...stage, press, submit };
}

describe('where Discord takes a first answer and does not say so', () => {
  it.each(CASES)('(%s), a command is carried out once and its answer shows', async (_, lost) => {
    const { chats, emulator, answers, settled, logged } = await withCard();
    chats.discord.lostAnswers = [...lost];
    await emulator.command('alice', 'gpu', '/pod help');
    await until(() => answers(/\/pod launch/) > 0);
    await settled();
    expect(answers(/\/pod launch/)).toBe(1);
    expect(await logged('command')).toBe(1);
    expect(chats.discord.lostAnswers).toEqual([]);
    expect(chats.discord.violations).toEqual([]);
  });

  const quick = CASES.filter(([, lost]) => !lost.includes('late'));
  it.each(quick)('(%s), a form is sent once and what it came to shows', async (_, lost) => {
    const { chats, answers, settled, logged, press, submit } = await withCard();
    await press();
    chats.discord.lostAnswers = [...lost];
    await submit();
    await until(() => answers(/not now/) > 0);
    await settled();
    expect(await logged('request-denied')).toBe(1);
    expect(answers(/not now/)).toBe(1);
    expect(answers(/^the card/)).toBe(1);
  });

  it('a form that opened stays open, also where Discord never says so', async () => {
    const { chats, answers, settled, logged, press, submit } = await withCard();
    chats.discord.lostAnswers = ['502', '502'];
    await press();
    await submit();
    await until(() => answers(/not now/) > 0);
    await settled();
    expect(await logged('request-denied')).toBe(1);
  });
});

it.each([
  ['error:expired_trigger_id:views.open', /Slack did not open the form.*Nothing was requested/],
  ['error:503:views.open', /Slack did not say whether the form opened/],
])('where Slack answers %s to a form, its person hears what is known of it', async (fault, said) => {
  const { chats, press, answers } = await withCard('slack');
  chats.slack.faults.mode = chatTrouble(fault);
  await press();
  await until(() => answers(said) === 1);
});
