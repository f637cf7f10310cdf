import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { ChatEmulator } from '../../emulators/chat.ts';
import { Dispatch } from '../../src/bot/dispatch.ts';
import { DurableInbox } from '../../src/bot/inbox.ts';
import { card } from '../../src/bot/message/message.ts';
import { refreshPeople, Standings } from '../../src/bot/people.ts';
import { Events } from '../../src/store/events.ts';
import { newApproval } from '../policy/requests.ts';
import { useRedis } from '../store/redis.ts';
import { ALICE_ON_DISCORD, bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const WHOAMI = /^You are bob/;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await pause(20);
  }
}

/** Notes what an inbox is still at, whatever it was handed, and what follows from a form. */
function watched<T extends object>(inbox: T, running: Set<unknown>): T {
  return new Proxy(inbox, {
    get(of, name) {
      const own = Reflect.get(of, name, of);
      if (typeof own !== 'function') return own;
      return (...given: unknown[]) => {
        const result = own.apply(of, given);
        if (!(result instanceof Promise)) return result;
        running.add(result);
        const over = () => running.delete(result);
        result.then(over, over);
        return result.then((done) => (done && typeof done === 'object' ? watched(done, running) : done));
      };
    },
  });
}

/** Bots of one chat over one store. */
async function stage(chat: 'slack' | 'discord', bots: number) {
  const chats = await bothChats();
  closing.push(chats.close);
  const { services } = botServices(redis.client(), chat);
  const emulator: ChatEmulator = chats[chat];
  const running = new Set<unknown>();
  const fronts = Array.from({ length: bots }, () => chats.front(chat));
  for (const front of fronts) {
    const standings = new Standings(new Map([[chat, front]]), services);
    const dispatch = new Dispatch(front, services, standings);
    const inbox = new DurableInbox(front, dispatch, new Events(redis.client(), chat, services.audit), services);
    await front.start(watched(inbox, running));
    closing.push(() => front.stop());
  }
  const [front] = fronts;
  if (!front) throw new Error('no bot');
  // Forms open on what is kept of people; of those whom Discord does not list, only of who is named.
  const { snapshots, policy, clocks } = services;
  const account = `discord:${ALICE_ON_DISCORD}`;
  const named = new Map([[account, { account, name: 'alice', membership: 'member' as const, groups: [] }]]);
  await snapshots.saveMembers('discord', named, await snapshots.beginRead(clocks.now()));
  await refreshPeople(front, snapshots, policy, clocks);
  const answers = (text: RegExp) => emulator.visibleTo(null).filter((seen) => text.test(seen.text)).length;
  /** Events come in their order: by the answer to a second one, what the first met has been taken up, and is then awaited. */
  const settled = async () => {
    emulator.faults = { ...emulator.faults, redeliver: false };
    for (const times of [1, 2]) {
      await emulator.command('bob', 'gpu', '/pod whoami');
      await until(() => answers(WHOAMI) === times && running.size === 0);
    }
  };
  const logged = async (kind: string) =>
    (await services.audit.newest(100, (entry) => entry.kind === kind && entry.subject !== '/pod whoami')).length;
  return { chats, emulator, front, services, answers, settled, logged };
}

it.each([
  ['slack', 1],
  ['discord', 2],
] as const)('on %s, an event that comes again, or to %i bots, has one effect and one answer', async (chat, bots) => {
  const { chats, emulator, front, services, answers, settled, logged } = await stage(chat, bots);
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
