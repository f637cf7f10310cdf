import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { World } from '../../demo/world/world.ts';
import type { ChatEmulator, Seen } from '../../emulators/chat.ts';
import { playDialogue } from './playing.ts';

const ask = (pod: string) => `
slack alice #gpu> /pod terminate ${pod}
slack alice fill reason="done" data="nothing"
expect slack #gpu /asks to terminate ${pod}/
expect discord #gpu /asks to terminate ${pod}.*RTX/`;

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it never came to that: ${what}`);
    await pause(50);
  }
}

const deletes = (world: World) => world.runpod.calls.filter(({ method }) => method === 'DELETE').length;
const answersTo = (chat: ChatEmulator, person: string) =>
  chat.visibleTo(person).filter(({ onlyFor, text }) => onlyFor === person && /Approved by/.test(text));

/** Presses a button as many times at once as a crowd would. */
async function crowd(chat: ChatEmulator, person: string, message: Seen, label: RegExp, times: number): Promise<void> {
  const button = message.buttons.find((b) => label.test(b.label));
  if (!button) throw new Error(`no button ${label}`);
  await Promise.all(Array.from({ length: times }, () => chat.press(person, message, button)));
}

const cardOn = (chat: ChatEmulator, person: string) =>
  chat
    .visibleTo(person)
    .find(
      ({ text, buttons }) => /asks to terminate/.test(text) && buttons.some(({ label }) => label === 'Approve'),
    ) as Seen;

describe('approving', { timeout: 240_000 }, () => {
  it('fifty clicks at once, both chats, three bots and two workers: one DELETE, and all are told who was first', async () => {
    // Her own pod, so that no owner is waited for.
    await playDialogue(ask('old'), async (world) => {
      await Promise.all([
        world.startPart('bot', 'bot-2'),
        world.startPart('bot', 'bot-3'),
        world.startPart('worker', 'worker-2'),
      ]);
      const { slack, discord } = world;
      await crowd(discord, 'carol', cardOn(discord, 'carol'), /^Approve/, 1);
      const asked = () =>
        discord.visibleTo('carol').find(({ onlyFor, text }) => onlyFor === 'carol' && /deletes for good/.test(text));
      await until(() => asked() !== undefined, 'Discord asks');
      const question = asked() as Seen;
      await Promise.all([
        crowd(slack, 'bob', cardOn(slack, 'bob'), /^Approve/, 25),
        crowd(discord, 'carol', question, /^Approve/, 25),
      ]);
      // carol's answers take the place of the one question; bob's are messages of their own.
      await until(() => answersTo(slack, 'bob').length === 25, 'all of bob’s clicks are answered');
      await until(() => answersTo(discord, 'carol').length > 0, 'carol is answered');
      const first = [...answersTo(slack, 'bob'), ...answersTo(discord, 'carol')].map(
        ({ text }) => /Approved by @?(\w+)/.exec(text)?.[1],
      );
      expect(new Set(first).size).toBe(1);
      await until(() => /old: Terminated/.test(cardText(world)), 'it is terminated');
      expect(deletes(world)).toBe(1);
      expect(world.runpod.account.deletedByApi).toBe(1);
    });
  });

  it.each(['worker', 'bot'] as const)(
    'a %s that is killed again and again ends in one deletion, and cards that tell the truth',
    async (part) => {
      await playDialogue(ask('vision'), async (world) => {
        const { slack } = world;
        await crowd(slack, 'bob', cardOn(slack, 'bob'), /^Approve/, 1);
        for (const ms of [0, 40, 150, 400]) {
          await pause(ms);
          world.kill(part);
          await world.startPart(part);
        }
        // A click that died with its bot, right after it was acknowledged, is pressed again.
        await pause(1000);
        const card = cardOn(slack, 'bob');
        if (card) await crowd(slack, 'bob', card, /^Approve/, 1);
        await until(() => /vision: Terminated/.test(cardText(world)), 'the card says so');
        expect(deletes(world)).toBeGreaterThanOrEqual(1);
        expect(world.runpod.account.deletedByApi).toBe(1);
        await until(
          () => world.discord.visibleTo(null).some(({ text }) => /vision: Terminated/.test(text)),
          'the other chat too',
        );
      });
    },
  );

  it('a button of a message that nobody posted does nothing, and says so', async () => {
    await playDialogue(ask('vision'), async (world) => {
      const { slack } = world;
      const card = cardOn(slack, 'bob');
      const message = slack.workspace.messages.find(({ ts }) => ts === card.id);
      const forged = {
        type: 'button',
        text: { type: 'plain_text', text: 'Approve' },
        action_id: 'v1.approve.b000000000000!',
      };
      message?.blocks.push({ type: 'actions', elements: [forged] });
      await slack.press('bob', card, { label: 'Approve', id: forged.action_id });
      await until(() => slack.visibleTo('bob').some(({ text }) => /not known here/.test(text)), 'it is answered');
      expect(deletes(world)).toBe(0);
    });
  });
});

function cardText(world: World): string {
  return world.slack
    .visibleTo(null)
    .map(({ text }) => text)
    .join('\n');
}
