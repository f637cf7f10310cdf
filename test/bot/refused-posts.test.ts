import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import type { Seen } from '../../emulators/chat.ts';
import { giveAnswer } from '../../src/bot/answers.ts';
import { ChatUnavailable, type Front, type Inbox, type MessageRef, PlaceClosed } from '../../src/bot/front.ts';
import { card, fields, note, type Span, text } from '../../src/bot/message/message.ts';
import { Copies, type Wanted } from '../../src/bot/publish/copies.ts';
import { PATIENCE_MS } from '../../src/policy/patience.ts';
import { Audit } from '../../src/store/audit.ts';
import { Cards } from '../../src/store/cards.ts';
import { Replies } from '../../src/store/replies.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { ALICE_ON_DISCORD, bothChats, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';

type Chat = 'slack' | 'discord';
const CHATS: Chat[] = ['slack', 'discord'];
const ROOMS = { slack: SLACK_ROOM, discord: DISCORD_ROOM };
const nothingComesIn = {} as Inbox;
const redis = useRedis();

let chats: Awaited<ReturnType<typeof bothChats>>;
let fronts: Record<Chat, Front>;
let copies: Copies;
const time = { now: NOW };
let logged: object[];
const log = { warn: (facts: object) => logged.push(facts), error: (facts: object) => logged.push(facts) };

beforeEach(async () => {
  time.now = NOW;
  logged = [];
  chats = await bothChats();
  fronts = { slack: chats.front('slack'), discord: chats.front('discord') };
  for (const chat of CHATS) await fronts[chat].start(nothingComesIn);
  let ids = 0;
  copies = new Copies(
    new Cards(redis.client()),
    () => `m${++ids}`,
    () => time.now,
    log,
  );
});
afterEach(async () => {
  for (const chat of CHATS) chats[chat].faults = { mode: null, redeliver: false };
  for (const chat of CHATS) await fronts[chat].stop();
  await chats.close();
});

const fault = (chat: Chat, value: string | null) => {
  chats[chat].faults.mode = value === null ? null : chatTrouble(value);
};
const seen = (chat: Chat): Seen[] => chats[chat].visibleTo('alice');
const texts = (chat: Chat, inThread: boolean) =>
  seen(chat)
    .filter(({ thread }) => thread === inThread)
    .map(({ text }) => text.split('\n')[0]);

/** One copy of the record `run7`: its card, or what hangs in the card's thread. */
function put(chat: Chat, at: string, text: string, revision: number, of: MessageRef | null = null, by = fronts[chat]) {
  const thread = of === null ? {} : { thread: { of, title: 'run7' } };
  const options = { ping: [], ...thread };
  const copy: Wanted = { id: 'run7', at, revision, to: ROOMS[chat], message: card(text, 'info', []), options };
  return copies.upsert(by, copy);
}

describe('a thread that takes nothing', () => {
  it.each([
    ['discord', 'error:160005:thread', 'is locked'],
    ['discord', 'error:50083:thread', 'is archived and stays so'],
    ['discord', 'error:10003:thread', 'was deleted'],
    ['discord', 'error:160006:open-thread', 'is one too many on the server'],
    ['discord', 'error:30033:thread', 'has too many participants'],
    ['discord', 'error:50013:open-thread', 'may not be opened'],
    ['slack', 'error:restricted_action_thread_locked:thread', 'is locked'],
    ['slack', 'error:restricted_action_non_threadable_channel:thread', 'cannot be in that channel'],
  ] as [Chat, string, string][])('on %s (%s, it %s) has its line in the channel instead', async (chat, switched) => {
    const root = await put(chat, 'card', 'the card', 1);
    fault(chat, switched);
    await put(chat, 'line', 'reclaimed', 1, root);
    expect(texts(chat, false)).toEqual(['the card', 'reclaimed']);
    expect(texts(chat, true)).toEqual([]);
    expect(seen(chat).at(-1)?.text).toContain('Posted here because I can’t post in its thread.');
    // It stays there, and is one message.
    await put(chat, 'line', 'reclaimed again', 2, root);
    expect(texts(chat, false)).toEqual(['the card', 'reclaimed again']);
    expect(seen(chat).at(-1)?.text).toContain('Posted here because I can’t post in its thread.');
  });

  it('has its lines in the channel under the name of the thread', async () => {
    const root = await put('slack', 'card', 'the card', 1);
    fault('slack', 'error:restricted_action_thread_locked:thread');
    const message = note('info', 'your pod is up');
    const options = { ping: [], thread: { of: root, title: 'run7' } };
    await copies.upsert(fronts.slack, { id: 'run7', at: 'line', revision: 1, to: SLACK_ROOM, message, options });
    expect(seen('slack').at(-1)?.text).toMatch(/^run7\nyour pod is up/);
  });

  it('on Slack is found out also where only the look for a lost post shows it', async () => {
    const root = await put('slack', 'card', 'the card', 1);
    fault('slack', 'error:fatal_error:thread');
    await expect(put('slack', 'line', 'reclaimed', 1, root)).rejects.toThrow(ChatUnavailable);
    fault('slack', 'error:thread_not_found:thread,conversations.replies');
    await put('slack', 'line', 'reclaimed', 1, root);
    expect(texts('slack', false)).toEqual(['the card', 'reclaimed']);
  });

  it('on Discord is brought back by an edit where it archived itself before its request ended', async () => {
    const root = await put('discord', 'pod', 'the pod', 1);
    const asked = await put('discord', 'card', 'approve?', 1, root);
    const thread = chats.discord.server.channels.get((asked as { channel: string }).channel);
    if (!thread) throw new Error('no thread');
    thread.archived = true;
    await put('discord', 'card', 'approved', 2, root);
    expect(texts('discord', true)).toEqual(['approved']);
    expect(texts('discord', false)).toEqual(['the pod']);
    expect(thread.archived).toBe(false);
  });

  it('on Discord has its card anew in the channel where the one inside cannot be edited', async () => {
    const root = await put('discord', 'pod', 'the pod', 1);
    await put('discord', 'card', 'approve?', 1, root);
    fault('discord', 'error:50083:edit,unarchive,thread');
    await put('discord', 'card', 'approved', 2, root);
    expect(texts('discord', true)).toEqual([]);
    expect(texts('discord', false)).toEqual(['the pod', 'approved']);
  });

  it('on Discord keeps the card in the thread where it cannot be taken away either', async () => {
    const root = await put('discord', 'pod', 'the pod', 1);
    await put('discord', 'card', 'approve?', 1, root);
    fault('discord', 'error:50083:edit,unarchive,thread,remove');
    await put('discord', 'card', 'approved', 2, root);
    expect(texts('discord', true)).toEqual(['approve?']);
    expect(texts('discord', false)).toEqual(['the pod', 'approved']);
    expect(logged).toHaveLength(1);
  });
});

describe('a channel that takes nothing', () => {
  it.each([
    ['discord', 'error:50024'],
    ['discord', 'error:50008'],
    ['discord', 'error:10003'],
    ['discord', 'error:50001'],
    ['slack', 'error:restricted_action_read_only_channel'],
    ['slack', 'error:is_archived'],
  ] as [Chat, string][])('on %s (%s) is said to be closed, and not tried for ever', async (chat, switched) => {
    fault(chat, switched);
    await expect(put(chat, 'card', 'the card', 1)).rejects.toMatchObject({ failure: { kind: 'channel-closed' } });
    await expect(put(chat, 'card', 'the card', 1)).rejects.toThrow(PlaceClosed);
    fault(chat, null);
    await put(chat, 'card', 'the card', 1);
    expect(texts(chat, false)).toEqual(['the card']);
  });

  it.each([
    ['discord', 'error:50013'],
    ['slack', 'error:missing_scope'],
  ] as [Chat, string][])('on %s (%s) for want of a right says so', async (chat, switched) => {
    fault(chat, switched);
    const refused = put(chat, 'card', 'the card', 1);
    await expect(refused).rejects.toThrow(PlaceClosed);
    await expect(refused).rejects.toMatchObject({ failure: { kind: 'right-missing' } });
  });
});

it('a room whose own channel is a locked thread is closed', async () => {
  fault('discord', 'error:160005');
  await expect(put('discord', 'card', 'the card', 1)).rejects.toThrow(PlaceClosed);
});

it.each([
  ['slack', 'error:cant_update_message:edit'],
  ['slack', 'error:edit_window_closed:edit'],
  ['discord', 'error:50005:edit'],
  ['discord', 'error:10008:edit'],
] as [Chat, string][])(
  'a card on %s that may not be edited (%s) is posted anew, in place of the old',
  async (chat, switched) => {
    await put(chat, 'card', 'Running', 1);
    fault(chat, switched);
    await put(chat, 'card', 'Terminated', 2);
    expect(texts(chat, false)).toEqual(['Terminated']);
  },
);

describe.each([
  ['slack', 'error:edit_window_closed:edit'],
  ['discord', 'error:50005:edit'],
] as [Chat, string][])('a card on %s that calls people and may not be edited (%s)', (chat, switched) => {
  const account = chat === 'slack' ? 'slack:U0ALICE' : `discord:${ALICE_ON_DISCORD}`;
  const alice: Span = { kind: 'user', accounts: [account], name: 'Alice' };
  const calling = (title: string | null, revision: number): Wanted => {
    const blocks = [text(alice, ` revision ${revision}`), fields(['By', alice])];
    const message = { ...card('', 'warn', blocks), title };
    const led = title === null ? message : { ...message, lead: [alice] };
    return { id: 'run7', at: 'card', revision, to: ROOMS[chat], message: led, options: { ping: [account] } };
  };
  const called = () => seen(chat).map(({ text: said }) => said.includes('@alice'));

  it('calls nobody when it is posted anew: an edit would have called nobody', async () => {
    await copies.upsert(fronts[chat], calling('The balance lasts 9 h', 1));
    expect(called()).toEqual([true]);
    fault(chat, switched);
    for (const revision of [2, 3]) await copies.upsert(fronts[chat], calling('The balance lasts 8 h', revision));
    expect(called()).toEqual([false]);
  });

  it('calls nobody either where it is a line without a title, and names them still', async () => {
    await copies.upsert(fronts[chat], calling(null, 1));
    expect(called()).toEqual([true]);
    fault(chat, switched);
    await copies.upsert(fronts[chat], calling(null, 2));
    expect(called()).toEqual([false]);
    expect(seen(chat)[0]?.text).toMatch(/Alice.* revision 2/);
  });

  it('calls nobody where the chat goes away between its removal and the new post', async () => {
    await copies.upsert(fronts[chat], calling('The balance lasts 9 h', 1));
    fault(chat, switched);
    const away = new Proxy(fronts[chat], {
      get(front, name) {
        if (name === 'post') return () => Promise.reject(new ChatUnavailable('away', 0));
        const own = Reflect.get(front, name, front);
        return typeof own === 'function' ? own.bind(front) : own;
      },
    });
    await expect(copies.upsert(away, calling('The balance lasts 8 h', 2))).rejects.toThrow(ChatUnavailable);
    expect(seen(chat)).toEqual([]);
    await copies.upsert(fronts[chat], calling('The balance lasts 8 h', 2));
    expect(called()).toEqual([false]);
  });
});

it('two bots that may not edit a card at once leave one new card, and none that nobody keeps up', async () => {
  await put('slack', 'card', 'Running', 1);
  fault('slack', 'error:edit_window_closed:edit');
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slower = new Proxy(fronts.slack, {
    get(front, name) {
      const own = Reflect.get(front, name, front);
      if (name !== 'edit') return typeof own === 'function' ? own.bind(front) : own;
      return (...given: Parameters<Front['edit']>) => front.edit(...given).finally(() => over);
    },
  });
  const slow = put('slack', 'card', 'Terminated', 2, null, slower);
  await put('slack', 'card', 'Terminated', 2);
  fault('slack', null);
  release();
  await slow;
  expect(texts('slack', false)).toEqual(['Terminated']);
});

it.each([
  ['slack', 'error:cant_update_message:edit,remove'],
  ['discord', 'error:50005:edit,remove'],
] as [Chat, string][])(
  'a card on %s that may not be removed either (%s) stays, and is posted anew',
  async (chat, switched) => {
    await put(chat, 'card', 'Running', 1);
    fault(chat, switched);
    await put(chat, 'card', 'Terminated', 2);
    expect(texts(chat, false)).toEqual(['Running', 'Terminated']);
    expect(logged).toHaveLength(1);
  },
);

it.each([
  ['slack', 'error:invalid_blocks:buttons'],
  ['discord', 'error:50035:buttons'],
] as [Chat, string][])(
  'a card that %s refuses as it is (%s) is said in plain text at once, and logged',
  async (chat, switched) => {
    const buttons = [{ label: 'Stop', token: 'v1.stop.p1' }];
    const running = (revision: number): Wanted => {
      const message = card('run7: Running', 'good', [text('since 10:00')], buttons);
      return { id: 'run7', at: 'card', revision, to: ROOMS[chat], message, options: { ping: [] } };
    };
    fault(chat, switched);
    await copies.upsert(fronts[chat], running(1));
    expect(seen(chat).map(({ text: said }) => said)).toEqual([
      expect.stringMatching(/run7: Running\nsince 10:00[\s\S]*without its buttons/),
    ]);
    expect(logged).toEqual([
      expect.objectContaining({ card: 'run7', error: expect.stringContaining(switched.split(':')[1] ?? '') }),
    ]);
    fault(chat, null);
    await copies.upsert(fronts[chat], running(2));
    expect(seen(chat).map(({ buttons: shown }) => shown.length)).toEqual([1]);
  },
);

describe.each(CHATS)('on %s', (chat) => {
  const unheard = chat === 'slack' ? 'error:nobody_has_heard_of_it' : 'error:999999';

  it.each([':post', ':edit'])(
    'an unknown code (%s) is tried for 15 minutes, then closed, and not delivered',
    async (what) => {
      if (what === ':edit') await put(chat, 'card', 'Running', 1);
      fault(chat, unheard + what);
      const pauses: number[] = [];
      let end: unknown;
      while (end === undefined) {
        await put(chat, 'card', 'Stopped', 2).catch((error: unknown) => {
          if (error instanceof ChatUnavailable) pauses.push(error.retryAfterMs);
          else end = error;
        });
        time.now += end === undefined ? (pauses.at(-1) ?? 0) : 0;
        expect(pauses.length).toBeLessThan(30);
      }
      expect(end).toBeInstanceOf(PlaceClosed);
      expect(time.now - NOW).toBe(PATIENCE_MS);
      fault(chat, null);
      await put(chat, 'card', 'Stopped', 2);
      expect(texts(chat, false)).toEqual(['Stopped']);
      // Later trouble has patience of its own.
      time.now += PATIENCE_MS;
      fault(chat, `${unheard}:edit`);
      await expect(put(chat, 'card', 'Terminated', 3)).rejects.toThrow(ChatUnavailable);
    },
  );

  it.each(['down', 'html:200', 'html:403', 'html:502', 'reset'])(
    'an answer that is not the chat’s own (%s) is waited out',
    async (what) => {
      await put(chat, 'card', 'Running', 1);
      fault(chat, what);
      await expect(put(chat, 'card', 'Stopped', 2)).rejects.toThrow(ChatUnavailable);
      await expect(put(chat, 'other', 'another', 1)).rejects.toThrow(ChatUnavailable);
      fault(chat, null);
      await put(chat, 'card', 'Stopped', 2);
      await put(chat, 'other', 'another', 1);
      expect(texts(chat, false)).toEqual(['Stopped', 'another']);
    },
  );

  it('a limit is waited for as long as the chat says', async () => {
    fault(chat, '429:40');
    const refused = await put(chat, 'card', 'Running', 1).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ChatUnavailable);
    expect(Math.round((refused as ChatUnavailable).retryAfterMs / 1000)).toBe(40);
  });

  it('a token that is no longer known keeps what is to be said', async () => {
    fault(chat, chat === 'slack' ? 'error:token_revoked' : 'error:50014');
    await expect(put(chat, 'card', 'Running', 1)).rejects.toThrow(ChatUnavailable);
    fault(chat, null);
    await put(chat, 'card', 'Running', 1);
    expect(texts(chat, false)).toEqual(['Running']);
  });
});

it.each([
  'fatal_error',
  'internal_error',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
])('%s of Slack is waited out, however long', async (code) => {
  fault('slack', `error:${code}`);
  for (const minutes of [0, 20, 600]) {
    time.now = NOW + minutes * 60_000;
    await expect(put('slack', 'card', 'Running', 1)).rejects.toThrow(ChatUnavailable);
  }
});

it.each(CHATS)('a person on %s who cannot be reached is told apart from a channel that is closed', async (chat) => {
  const account = chat === 'slack' ? 'slack:T0PODW/U0ALICE' : 'discord:700000000000000001';
  fault(chat, chat === 'slack' ? 'error:messages_tab_disabled:direct' : 'error:50007:direct');
  const told = fronts[chat].direct(account, card('hello', 'info', []));
  await expect(told).rejects.toMatchObject({ failure: { kind: 'person-unreachable' } });
});

describe.each(CHATS)('an answer that is owed to somebody on %s', (chat) => {
  const account = chat === 'slack' ? 'slack:T0PODW/U0ALICE' : 'discord:700000000000000001';
  const codes = {
    disowned: { slack: 'token_revoked', discord: '50014' },
    unheard: { slack: 'nobody_has_heard_of_it', discord: '999999' },
    unreachable: { slack: 'user_disabled', discord: '50007' },
    badPayload: { slack: 'invalid_blocks', discord: '50035' },
  };
  const owe = async () => {
    const replies = new Replies(redis.client(), new Audit(redis.client(), 'k'.repeat(32)));
    const message = card('Queued', 'info', [text('run7')], [{ label: 'Cancel', token: 'v1.cancel.p1' }]);
    await replies.keep('r1', { chat, account, ref: null }, { view: 'message', message });
    const give = () => giveAnswer('r1', replies, new Map([[chat, fronts[chat]]]), log);
    return { replies, give };
  };

  it.each(['disowned', 'unheard'] as const)('stays owed while the chat refuses everything (%s)', async (why) => {
    const { give } = await owe();
    fault(chat, `error:${codes[why][chat]}:any`);
    await expect(give()).rejects.toThrow(ChatUnavailable);
    await expect(give()).rejects.toThrow(ChatUnavailable);
    fault(chat, null);
    await give();
    expect(seen(chat).map((one) => one.text.split('\n')[0])).toEqual(['Queued']);
  });

  it('is given in plain text where the chat does not take it as it is', async () => {
    const { give } = await owe();
    fault(chat, `error:${codes.badPayload[chat]}:buttons`);
    await give();
    expect(seen(chat)).toEqual([
      expect.objectContaining({ text: expect.stringContaining('Queued\nrun7'), buttons: [] }),
    ]);
  });

  it('is logged, and not tried for ever, where nobody can reach them', async () => {
    const { give, replies } = await owe();
    fault(chat, `error:${codes.unreachable[chat]}:direct,conversations.open`);
    await give();
    expect(await replies.get('r1')).toBeNull();
    expect(logged).toHaveLength(1);
  });
});

it('a file that Slack does not take is said once, and its message is not sent again', async () => {
  fault('slack', 'error:internal_error:upload,files.getUploadURLExternal');
  const message = card('Costs as a file', 'good', [{ kind: 'file', name: 'costs.csv', text: 'a,b' }]);
  await fronts.slack.direct('slack:T0DEMO/U0ALICE', message);
  expect(texts('slack', false)).toEqual([
    expect.stringContaining('Costs as a file'),
    expect.stringMatching(/The chat did not take costs\.csv\. Press the button again/),
  ]);
});

it('a direct message keeps its buttons', async () => {
  const message = card('the card', 'info', [], [{ label: 'Stop', token: 'v1.stop.p1' }]);
  await fronts.slack.direct('slack:T0DEMO/U0ALICE', message);
  await fronts.discord.direct(`discord:${ALICE_ON_DISCORD}`, message);
  for (const chat of CHATS) expect(seen(chat).map(({ buttons }) => buttons[0]?.label)).toEqual(['Stop']);
});

it('Discord gets its pictures whichever undici was loaded first', async () => {
  const before = getGlobalDispatcher();
  setGlobalDispatcher(new Agent());
  try {
    const picture = { kind: 'image' as const, name: 'a.png', alt: 'a chart', png: 'aGk=' };
    const message = card('the card', 'info', [picture]);
    await fronts.discord.post(DISCORD_ROOM, message, { marker: 'm1', ping: [] });
    expect(chats.discord.server.messages[0]?.attachments).toHaveLength(1);
  } finally {
    setGlobalDispatcher(before);
  }
});
