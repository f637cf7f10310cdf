import { setTimeout as pause } from 'node:timers/promises';
import type { ChatEmulator } from '../../emulators/chat.ts';
import { Dispatch } from '../../src/bot/dispatch.ts';
import { DurableInbox } from '../../src/bot/inbox.ts';
import { Standings } from '../../src/bot/people.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Events } from '../../src/store/events.ts';
import { ALICE_ON_DISCORD, bothChats, botServices } from './chats.ts';

const WHOAMI = /^You are bob/;

export async function until(holds: () => boolean): Promise<void> {
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

/** Bots of one chat over one store, with real clients of the platform. What closes them goes to `closing`. */
export async function bots(
  redis: RedisClient,
  {
    chat,
    count,
    closing,
    prepare = () => {},
  }: {
    chat: 'slack' | 'discord';
    count: number;
    closing: (() => unknown)[];
    prepare?: (chats: Awaited<ReturnType<typeof bothChats>>) => void;
  },
) {
  const chats = await bothChats();
  closing.push(chats.close);
  prepare(chats);
  const { services } = botServices(redis, chat);
  const emulator: ChatEmulator = chats[chat];
  const running = new Set<unknown>();
  const fronts = Array.from({ length: count }, () => chats.front(chat));
  for (const front of fronts) {
    const standings = new Standings(new Map([[chat, front]]), services);
    const dispatch = new Dispatch(front, services, standings);
    const inbox = new DurableInbox(front, dispatch, new Events(redis, chat, services.audit), services);
    await front.start(watched(inbox, running));
    closing.push(() => front.stop());
  }
  const [front] = fronts;
  if (!front) throw new Error('no bot');
  // Forms open on what is kept of people.
  const { snapshots, clocks } = services;
  const account = chat === 'slack' ? 'slack:T0PODW/U0ALICE' : `discord:${ALICE_ON_DISCORD}`;
  const named = new Map([[account, { account, name: 'alice', membership: 'member' as const, groups: [] }]]);
  await snapshots.saveMembers(chat, named, await snapshots.beginRead(clocks.now()));
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
    (await services.audit.newest(100, (entry) => entry.kind === kind && entry.subject !== '/pod whoami')).entries
      .length;
  return { chats, emulator, front, services, answers, settled, logged };
}
