import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { ChatStarts } from '../../src/entry/chat-starts.ts';
import { bothChats } from '../bot/chats.ts';
import { until } from '../bot/running-bots.ts';

const AGAIN_MS = 20;
const LONG_MS = 60_000;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const inbox = { keeps: () => false, take: async () => ({ ours: false }) } as Partial<
  Record<keyof Inbox, unknown>
> as Inbox;

let chats: Awaited<ReturnType<typeof bothChats>>;
let starts: ChatStarts;
let told: string[];

beforeEach(async () => {
  chats = await bothChats();
  told = [];
});
afterEach(async () => {
  for (const chat of ['slack', 'discord'] as const) chats[chat].faults.mode = null;
  starts.close();
  await Promise.all([...starts.fronts.values()].map((front) => front.stop()));
  await chats.close();
});

function begin(names: readonly string[], patienceMs = LONG_MS) {
  const makers = names.map(
    (chat) => [chat, (onKnown: (reason: string | null) => void) => chats.front(chat, onKnown)] as const,
  );
  starts = new ChatStarts(new Map(makers), (chat, reason) => told.push(`${chat} ${reason}`), log, AGAIN_MS);
  const up: Front[] = [];
  const start = async (front: Front) => {
    await front.start(inbox);
    up.push(front);
  };
  return { up, begun: starts.begin(start, patienceMs) };
}

const refuse = (chat: 'slack' | 'discord') => {
  chats[chat].faults.mode = chatTrouble(chat === 'slack' ? 'error:invalid_auth:any' : 'error:0:any');
};

describe('the start of the chats', () => {
  it.each(['slack', 'discord'] as const)(
    'a chat that refuses us is told of, and heard once it knows us: %s',
    async (dead) => {
      refuse(dead);
      const { up, begun } = begin(['slack', 'discord']);
      await begun;
      expect(up.map(({ chat }) => chat)).toEqual([dead === 'slack' ? 'discord' : 'slack']);
      expect(told[0]).toMatch(dead === 'slack' ? /^slack .*invalid_auth/ : /^discord .*401/);
      chats[dead].faults.mode = null;
      await until(() => up.length === 2);
      expect(up[1]).toBe(starts.fronts.get(dead));
      expect(told.at(-1)).toBe(`${dead} null`);
      expect(told.filter((line) => line.endsWith('null'))).toHaveLength(1);
    },
  );

  it('one that is alone, and refused, does not start', async () => {
    refuse('slack');
    const { begun } = begin(['slack']);
    await expect(begun).rejects.toThrow('invalid_auth');
  });

  it('one that is away holds the other up for as long as is said', async () => {
    chats.discord.faults.mode = chatTrouble('down');
    const { up, begun } = begin(['slack', 'discord'], 50);
    await begun;
    expect(up.map(({ chat }) => chat)).toEqual(['slack']);
    expect(told).toEqual([]);
  });

  it('one that refuses us is tried again while the other is away, and is served once it knows us', async () => {
    chats.discord.faults.mode = chatTrouble('down');
    refuse('slack');
    const { up, begun } = begin(['slack', 'discord'], 50);
    await until(() => told.length > 0);
    chats.slack.faults.mode = null;
    await begun;
    expect(up.map(({ chat }) => chat)).toEqual(['slack']);
    expect(told.at(-1)).toBe('slack null');
  });

  it('what a front says that was given up counts no more', async () => {
    const words: ((reason: string | null) => void)[] = [];
    const makers = (['slack', 'discord'] as const).map((chat) => {
      const make = (onKnown: (reason: string | null) => void) => {
        if (chat === 'slack') words.push(onKnown);
        return chats.front(chat, onKnown);
      };
      return [chat, make] as const;
    });
    starts = new ChatStarts(new Map(makers), (chat, reason) => told.push(`${chat} ${reason}`), log, AGAIN_MS);
    refuse('slack');
    const up: string[] = [];
    await starts.begin(async (front) => {
      await front.start(inbox);
      up.push(front.chat);
    }, LONG_MS);
    chats.slack.faults.mode = null;
    await until(() => up.length === 2);
    const before = [...told];
    // The answer to a post that was on its way.
    words[0]?.('Slack: invalid_auth');
    expect(told).toEqual(before);
  });
});
