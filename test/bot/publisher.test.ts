import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import { ChatUnavailable, type Front, type Inbox } from '../../src/bot/front.ts';
import { type Announcements, announcements } from '../../src/bot/publish/announcements.ts';
import { refusedLately } from '../../src/bot/refused-lately.ts';
import type { Services } from '../../src/bot/services.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { Cards } from '../../src/store/cards.ts';
import { newApproval } from '../policy/requests.ts';
import { FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, SLACK_ROOM } from './chats.ts';

type Chat = 'slack' | 'discord';
const redis = useRedis();
const ALICE = { account: 'slack:T0DEMO/U0ALICE', person: null, name: 'Alice' };

let chats: Awaited<ReturnType<typeof bothChats>>;
let fronts: Map<Chat, Front>;
let services: Services;
let enqueued: { name: string; payload: unknown }[];
let announce: Announcements;

beforeEach(async () => {
  chats = await bothChats();
  fronts = new Map((['slack', 'discord'] as const).map((chat) => [chat, chats.front(chat)]));
  for (const front of fronts.values()) await front.start({} as Inbox);
  ({ services, enqueued } = botServices(redis.client(), 'slack'));
  announce = announcements(fronts, services, new Cards(redis.client()));
});
afterEach(async () => {
  for (const chat of ['slack', 'discord'] as const) chats[chat].faults = { mode: null, redeliver: false };
  for (const front of fronts.values()) await front.stop();
  await chats.close();
});

const fault = (chat: Chat, value: string | null) => {
  chats[chat].faults.mode = value === null ? null : chatTrouble(value);
};
const texts = (chat: Chat, person = 'alice') =>
  chats[chat].visibleTo(person).map(({ text, channel }) => `${channel === null ? 'direct: ' : ''}${text}`);

describe('a pod’s card, where its channel takes no messages', () => {
  const launched = () => services.ledger.add(newRow({ home: SLACK_ROOM, room: 'gpu', by: ALICE }), () => null);
  const up = () =>
    services.ledger.move('p1', (row) => ({ ...row, status: 'running', podId: 'abc123def456gh', facts: FACTS }));

  it('goes to whoever launched it, follows the pod there, and comes back once the channel is open', async () => {
    fault('slack', 'error:restricted_action_read_only_channel');
    await launched();
    await announce.pod('p1');
    expect(texts('slack')).toEqual([expect.stringMatching(/^direct: run7: queued.*Shown here because/s)]);
    await up();
    await announce.pod('p1');
    expect(texts('slack')).toEqual([expect.stringMatching(/^direct: \S+ run7: Running/)]);
    fault('slack', null);
    await services.ledger.move('p1', (row) => ({ ...row, status: 'stopped' }));
    await announce.pod('p1');
    expect(texts('slack').sort()).toEqual([
      expect.stringMatching(/^direct: run7: Stopped.*I can post in its channel again/s),
      expect.stringMatching(/^run7: Stopped/),
    ]);
  });

  it('stays where it is while only new lines are refused; whom these call is called directly', async () => {
    await launched();
    await announce.pod('p1');
    fault('slack', 'error:restricted_action_read_only_channel');
    await up();
    await announce.pod('p1');
    await announce.pod('p1');
    expect(texts('slack').sort()).toEqual([
      expect.stringMatching(/^direct: .*your pod is up.*Shown here because/s),
      expect.stringMatching(/^\S+ run7: Running/),
    ]);
    expect(await services.places.closed()).toHaveLength(1);
  });

  it('is owed, not forgotten, where nobody can be told', async () => {
    fault('slack', 'error:restricted_action:post,direct');
    await launched();
    await expect(announce.pod('p1')).rejects.toThrow(ChatUnavailable);
    expect(await services.ledger.untold()).toEqual(['p1']);
    fault('slack', null);
    await announce.pod('p1');
    expect(texts('slack')).toEqual([expect.stringMatching(/^run7: queued/)]);
    expect(await services.ledger.untold()).toEqual([]);
  });
});

describe('a channel that takes no messages', () => {
  const blind = async () => (await services.findings.open()).map(({ facts, room }) => ({ ...facts, room }));

  it('is a warning, told in the room’s other chat, until a message goes through again', async () => {
    await services.ledger.add(newRow({ home: SLACK_ROOM, room: 'gpu', by: ALICE }), () => null);
    await announce.pod('p1');
    fault('slack', 'error:is_archived');
    await services.approvals.add([newApproval()], { key: 'none', rev: 0 }, () => []);
    await announce.request('b1');
    // The other chat of the room has the request; nobody is written to beside it.
    expect(texts('slack')).toEqual([expect.stringMatching(/^run7: queued/)]);
    expect(texts('discord').join('\n')).toMatch(/asks to terminate run7/);
    expect(await blind()).toEqual([
      expect.objectContaining({ what: 'channel', detail: 'Slack answered is_archived', room: 'gpu' }),
    ]);
    const [finding] = await services.findings.open();
    expect(enqueued.filter(({ name }) => name === 'announce-finding')).toHaveLength(1);
    await announce.finding(finding?.card ?? '');
    expect(texts('discord').join('\n')).toMatch(/A channel takes no messages from Podwarden/);
    expect(await services.places.closed()).toEqual([expect.objectContaining({ why: 'is_archived' })]);
    // What was posted before may still be edited; that opens nothing.
    await announce.pod('p1');
    expect(await services.places.closed()).toHaveLength(1);
    expect(await refusedLately(SLACK_ROOM, services)).toMatch(
      /takes no messages from me \(is_archived\), so nothing was launched/,
    );
    expect(enqueued.filter(({ name }) => name === 'announce-finding')).toHaveLength(2);
    fault('slack', null);
    // Its reminder is the next that is said there.
    await announce.finding(finding?.card ?? '');
    expect(await blind()).toEqual([]);
    expect(await services.places.closed()).toEqual([]);
    expect(await refusedLately(SLACK_ROOM, services)).toBeNull();
  });
});

it('a request that no channel takes goes to those who asked, own the pod and may approve', async () => {
  fault('slack', 'error:restricted_action');
  fault('discord', 'error:50001');
  const asking = newApproval({ by: ALICE, owner: ALICE, self: ['slack:U0ALICE'] });
  await services.approvals.add([asking], { key: 'none', rev: 0 }, () => []);
  await announce.request('b1');
  expect(texts('slack')).toEqual([expect.stringMatching(/^direct: .*asks to terminate run7.*Shown here because/s)]);
  expect(await services.approvals.untold()).toEqual([]);
});

describe('the line of a request', () => {
  const ask = async () => {
    await services.approvals.add([newApproval({ by: ALICE })], { key: 'none', rev: 0 }, () => []);
    await announce.request('b1');
  };
  const cancelled = async () => {
    await services.approvals.move('r1', moves.cancel(ALICE, NOW), () => []);
    await announce.request('b1');
  };
  const line = (chat: Chat) => texts(chat).find((said) => said.includes('asked to terminate'));

  it('says that its card is in the thread only where it is', async () => {
    fault('discord', 'error:160005:thread');
    await ask();
    for (const chat of ['slack', 'discord'] as const)
      expect(line(chat)).toMatch(/waits for approval\. Its card follows\./);
    expect(texts('discord').join('\n')).toMatch(/Posted here because I can’t post in its thread/);
    fault('discord', null);
    await cancelled();
    expect(line('slack')).toMatch(/request withdrawn\. The card is in the thread\./);
    expect(line('discord')).toMatch(/request withdrawn\. The card is in this channel\./);
  });

  it('says so where the card went by direct message', async () => {
    fault('discord', 'error:50001');
    fault('slack', 'error:restricted_action:thread');
    await ask();
    expect(texts('slack').join('\n')).toMatch(/direct: .*asks to terminate run7.*Shown here because/s);
    await cancelled();
    expect(line('slack')).toMatch(/request withdrawn\. The card went out by direct message\./);
  });

  it('names no place where its card has none yet', async () => {
    fault('slack', 'error:fatal_error:thread');
    await expect(ask()).rejects.toThrow(ChatUnavailable);
    await expect(cancelled()).rejects.toThrow(ChatUnavailable);
    expect(line('slack')).toMatch(/request withdrawn\.$/);
  });
});

it('what concerns nobody who can be reached goes to whoever keeps watch', async () => {
  fault('slack', 'error:restricted_action');
  const ops = { key: 'bob', name: 'Bob', accounts: ['slack:U0BOB'], timezone: null, podPrefixes: [] };
  const watch = { ...services.policy.watch, ops: { people: ['bob'], groups: [] } };
  services = { ...services, policy: { ...services.policy, people: [ops], watch } };
  announce = announcements(fronts, services, new Cards(redis.client()));
  const left = { account: 'slack:T0DEMO/U0NOBODY', person: null, name: 'Zoe' };
  await services.ledger.add(newRow({ home: SLACK_ROOM, room: 'gpu', by: left }), () => null);
  await announce.pod('p1');
  expect(texts('slack', 'bob')).toEqual([expect.stringMatching(/^direct: run7: queued/)]);
});
