import { afterEach, beforeEach, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import { Copies } from '../../src/bot/copies.ts';
import { Deliver } from '../../src/bot/deliver.ts';
import { DeliverRequests } from '../../src/bot/deliver-requests.ts';
import { ChatUnavailable, type Front, type Inbox } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Services } from '../../src/bot/services.ts';
import type { Row } from '../../src/policy/ledger.ts';
import { Cards } from '../../src/store/cards.ts';
import { newApproval } from '../policy/requests.ts';
import { FACTS, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const READ_ONLY = chatTrouble('error:restricted_action_read_only_channel');
const LOCKED = chatTrouble('error:50001');

let chats: Awaited<ReturnType<typeof bothChats>>;
let fronts: Map<string, Front>;
let services: Services;
let told: string[];

beforeEach(async () => {
  chats = await bothChats();
  fronts = new Map(['slack', 'discord'].map((chat) => [chat, chats.front(chat)]));
  for (const front of fronts.values()) await front.start({} as Inbox);
  told = [];
  const tellPrivately: Services['tellPrivately'] = async (account, message) => {
    told.push(`${account} ${plainText(message, 2000)}`);
  };
  services = { ...botServices(redis.client(), 'slack').services, tellPrivately };
});
afterEach(async () => {
  for (const front of fronts.values()) await front.stop();
  await chats.close();
});

const copies = () => new Copies(new Cards(redis.client()), services.newId, services.clocks.now);
const texts = (chat: 'slack' | 'discord') => chats[chat].visibleTo('alice').map(({ text }) => text);

it('whoever launched a pod in a channel that takes no posts hears privately that it runs and what it costs, once', async () => {
  const deliver = new Deliver(fronts, services, copies());
  chats.slack.faults.mode = READ_ONLY;
  await services.ledger.add(newRow({ home: SLACK_ROOM }), () => null);
  await deliver.row('p1');
  expect(told).toEqual([]);
  const up: Partial<Row> = { status: 'running', podId: 'abc123def456gh', facts: FACTS };
  await services.ledger.move('p1', (row) => ({ ...row, ...up }));
  await deliver.row('p1');
  await deliver.row('p1');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^slack:T1\/U1 run7: Running.*\$0\.49.*Only you see this/s);
});

it('a request that no channel takes is kept until one does, and whoever asked hears it once', async () => {
  const requests = new DeliverRequests(fronts, services, copies());
  chats.slack.faults.mode = READ_ONLY;
  chats.discord.faults.mode = LOCKED;
  await services.approvals.add([newApproval()], { key: 'none', rev: 0 }, () => []);
  for (let tries = 0; tries < 2; tries++) await expect(requests.batch('b1')).rejects.toThrow(ChatUnavailable);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^slack:T1\/U1 I can’t ask anyone to approve your request to terminate run7/);
  expect(await services.approvals.untold()).toEqual(['b1']);
  chats.discord.faults.mode = null;
  await requests.batch('b1');
  expect(texts('discord').join('\n')).toMatch(/Alice asks to terminate run7/);
  expect(await services.approvals.untold()).toEqual([]);
});
