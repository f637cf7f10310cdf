import { type APIInteraction, InteractionType } from 'discord.js';
import { expect, it } from 'vitest';
import { incomingFrom } from '../../src/bot/discord/incoming.ts';

const interaction = (more: object) =>
  ({
    id: '1',
    token: 't',
    application_id: '2',
    channel: { id: '77', type: 1 },
    user: { id: '9', username: 'alice', global_name: 'Alice' },
    ...more,
  }) as unknown as APIInteraction;

it('a form that a button in a direct message opened is taken on Discord', () => {
  const sent = interaction({ type: InteractionType.ModalSubmit, data: { custom_id: 'v1.deny.b1', components: [] } });
  expect(incomingFrom(sent, [])).toMatchObject({
    kind: 'submit',
    incoming: { account: 'discord:9', token: 'v1.deny.b1', place: { channel: '77' } },
  });
});

it('a command in a direct message is none of ours on Discord', () => {
  const typed = interaction({ type: InteractionType.ApplicationCommand, data: { name: 'pod', options: [] } });
  expect(incomingFrom(typed, [])).toBeNull();
});
