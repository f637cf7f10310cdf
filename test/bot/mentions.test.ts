import { afterEach, expect, it } from 'vitest';
import type { Inbox, Taken } from '../../src/bot/front.ts';
import { bothChats } from './chats.ts';
import { until } from './running-bots.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const elsewhere = { ours: false, opensForm: false } as Taken;

it('a mention on Slack is acknowledged once it is written, and not before', async () => {
  const chats = await bothChats();
  closing.push(chats.close);
  const order: string[] = [];
  const wire = chats.slack as unknown as { deliver(type: string, payload: object): Promise<object> };
  const deliver = wire.deliver.bind(wire);
  wire.deliver = (type, payload) => {
    const acknowledged = deliver(type, payload);
    if (type === 'events_api') void acknowledged.then(() => order.push('acknowledged'));
    return acknowledged;
  };
  const take: Inbox['take'] = async ({ incoming }) => {
    if (!('input' in incoming) || incoming.input.kind !== 'text' || incoming.input.text === 'help') return elsewhere;
    // Acknowledgements of one socket come in order: an earlier one of the mention would be there first.
    await chats.slack.command('alice', 'gpu', '/pod help');
    order.push('written');
    return elsewhere;
  };
  const front = chats.front('slack');
  await front.start({ take } as Inbox);
  closing.push(() => front.stop());

  await chats.slack.say('alice', 'gpu', '@Podwarden gpus', null);
  await until(() => order.length === 2);
  expect(order).toEqual(['written', 'acknowledged']);
});
