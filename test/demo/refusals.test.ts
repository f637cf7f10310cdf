import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { World } from '../../demo/world/world.ts';
import type { ChatEmulator, Seen } from '../../emulators/chat.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { playDialogue } from './playing.ts';

const ASK = (chat: string, pod = 'vision') => `
${chat} alice #gpu> /pod terminate pods=${pod}
${chat} alice fill reason="done" data="nothing"
expect slack #gpu /asks to terminate ${pod}.*RTX/
expect discord #gpu /asks to terminate ${pod}.*RTX/`;

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`it never came to that: ${what}`);
    await pause(30);
  }
}

const privately = (chat: ChatEmulator, person: string, pattern: RegExp, since: number) =>
  chat.visibleTo(person).find((m) => m.onlyFor === person && m.changed > since && pattern.test(m.text));

/** Presses a button on the newest message that has it, says yes where it asks, and waits for the private answer. */
async function press(world: World, at: ChatEmulator, person: string, label: RegExp, answer: RegExp): Promise<void> {
  const since = world.timeline.now();
  const message = await until(
    () => [...at.visibleTo(person)].reverse().find((m) => m.buttons.some((b) => label.test(b.label))),
    `${person} sees ${label}`,
  );
  const push = async (seen: Seen) => {
    const button = seen.buttons.find((b) => label.test(b.label));
    if (button) await at.press(person, seen, button);
  };
  await push(message);
  await until(() => {
    const asked = at.visibleTo(person).find((m) => m.onlyFor === person && m.changed > since && m.buttons.length === 1);
    if (asked && !privately(at, person, answer, since)) void push(asked).catch(() => {});
    return privately(at, person, answer, since);
  }, `${person} is told ${answer}`);
}

const deletes = (world: World) => world.runpod.calls.filter(({ method }) => method === 'DELETE').length;

function makeGuest(world: World, person: string): void {
  const slack = [...world.slack.workspace.users.values()].find(({ name }) => name === person);
  const discord = [...world.discord.server.users.values()].find(({ name }) => name === person);
  if (slack) slack.guest = true;
  if (discord) discord.pending = true;
}

function leave(world: World, person: string): void {
  for (const user of world.slack.workspace.users.values()) if (user.name === person) user.deleted = true;
}

describe.each(['slack', 'discord'] as const)('asked on %s, refused privately on both', { timeout: 240_000 }, (chat) => {
  it('the requester, their other account, a guest, somebody without the right', async () => {
    await playDialogue(ASK(chat), async (world) => {
      const { slack, discord } = world;
      makeGuest(world, 'bob');
      for (const at of [slack, discord]) {
        await press(world, at, 'alice', /^Approve$/, /someone else must approve/);
        await press(world, at, 'mallory', /^Approve$/, /not allowed/);
        await press(world, at, 'bob', /^Approve$/, /not allowed to approve: Guests may not/);
      }
      expect(deletes(world)).toBe(0);
    });
  });

  it('an account that was linked to the requester’s after the request, by a code and both sides', async () => {
    await playDialogue(ASK(chat), async (world) => {
      const { slack, discord } = world;
      await slack.command('alice', 'gpu', '/pod link');
      const code = await until(() => {
        const seen = slack.visibleTo('alice').find((m) => /Link your other account/.test(m.text));
        return /\/pod link (\S+)/.exec(seen?.text ?? '')?.[1];
      }, 'alice has a code');
      await discord.command('carol', 'gpu', `/pod link ${code}`);
      await press(world, discord, 'carol', /^Both are me$/, /The other account must say so as well/);
      // The issuing side is asked by direct message, with both names.
      await until(() => privately(slack, 'alice', /Are both of these you.*carol/s, 0), 'alice is asked');
      await press(world, slack, 'alice', /^Both are me$/, /Linked: both accounts are one person/);
      for (const at of [slack, discord]) await press(world, at, 'carol', /^Approve$/, /someone else must approve/);
      await discord.command('carol', 'gpu', `/pod link ${code}`);
      await until(() => privately(discord, 'carol', /That code is not good here/, 0), 'the code is used up');
      expect(deletes(world)).toBe(0);
    });
  });
});

describe('rights are read live, from every account of the person', { timeout: 240_000 }, () => {
  it('somebody deactivated in one chat is refused in the other seconds later, before any list is read again', async () => {
    await playDialogue(ASK('slack', 'old'), async (world) => {
      const { slack, discord } = world;
      leave(world, 'bob');
      await press(world, discord, 'bob', /^Approve$/, /account is deactivated/);
      for (const [id, { name }] of discord.server.users) if (name === 'carol') discord.server.users.delete(id);
      await press(world, slack, 'carol', /^Approve$/, /account is deactivated/);
      expect(deletes(world)).toBe(0);
    });
  });

  it('somebody who has just become a member approves, and it is carried out instead of voided', async () => {
    await playDialogue(ASK('slack', 'old'), async (world) => {
      const { slack } = world;
      const carol = [...slack.workspace.users.values()].find(({ name }) => name === 'carol');
      if (!carol) throw new Error('no carol');
      carol.guest = true;
      world.clock.moveTo(world.clock.now() + 6 * 60_000);
      const kept = async () =>
        (await new Snapshots(world.redisClient).members('slack'))?.accounts['slack:T0PODW/U0CAROL']?.membership;
      for (const deadline = Date.now() + 15_000; (await kept()) !== 'guest'; await pause(50)) {
        if (Date.now() > deadline) throw new Error('the list never showed a guest');
      }
      carol.guest = false;
      await press(world, slack, 'carol', /^Approve$/, /Approved by/);
      const over = await until(
        () => slack.visibleTo(null).find(({ text }) => /old: (Terminated|request void)/.test(text)),
        'it is over',
      );
      expect(over.text).toMatch(/old: Terminated/);
    });
  });

  it('a chat that cannot be read refuses an approval in the other one, says which, and the same button works later', async () => {
    await playDialogue(ASK('slack', 'old'), async (world) => {
      const { slack, discord } = world;
      discord.faults.mode = { kind: 'down' };
      await press(
        world,
        slack,
        'bob',
        /^Approve$/,
        /Your Discord account \d+ could not be read.*Discord is not reachable/s,
      );
      expect(deletes(world)).toBe(0);
      discord.faults.mode = null;
      await press(world, slack, 'bob', /^Approve$/, /Approved by/);
      await until(() => slack.visibleTo(null).find(({ text }) => /old: Terminated/.test(text)), 'it is terminated');
    });
  });

  it('a form that was opened before its person was deactivated in the other chat asks for nothing', async () => {
    await playDialogue('discord alice #gpu> /pod terminate pods=old', async (world) => {
      const { slack, discord } = world;
      const form = await until(() => discord.form('alice') ?? undefined, 'the form is open');
      for (const field of form.fields) field.value = [field.id === 'data' ? 'nothing' : 'done'];
      leave(world, 'alice');
      const since = world.timeline.now();
      await discord.submit('alice', form);
      await until(() => privately(discord, 'alice', /this account is deactivated/, since), 'she is refused');
      expect(slack.visibleTo(null).filter(({ text }) => /asks to terminate/.test(text))).toEqual([]);
    });
  });
});

it('whoever leaves takes the approval with them, and their pods are handed over', { timeout: 240_000 }, async () => {
  await playDialogue(ASK('slack'), async (world) => {
    const { slack } = world;
    await press(world, slack, 'carol', /^Approve$/, /unless @?bob, whose pod it is/);
    leave(world, 'carol');
    world.clock.moveTo(world.clock.now() + 6 * 60_000);
    await until(
      () =>
        slack.visibleTo(null).find((m) => /request void.*carol, who approved, may no longer/s.test(m.text)) ??
        hurry(world),
      'it is void',
    );
    expect(deletes(world)).toBe(0);
    leave(world, 'bob');
    world.clock.moveTo(world.clock.now() + 6 * 60_000);
    await until(
      () => slack.visibleTo(null).find((m) => /bob has left: 1 pod to hand over.*vision/s.test(m.text)),
      'the card is there',
    );
  });
});

/** The owner's wait ends as well. */
function hurry(world: World): undefined {
  world.clock.moveTo(world.clock.now() + 2000);
  return undefined;
}
