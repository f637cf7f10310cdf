import { beforeEach, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { TOO_OLD } from '../../src/bot/inbox-words.ts';
import { deny } from '../../src/policy/approval-moves.ts';
import { BOB, CAROL, newApproval } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { type Bot, botOver, from, settleIn } from './team.ts';

const redis = useRedis();
const ask: IncomingEvent = {
  kind: 'submit',
  incoming: {
    ...from('ask'),
    token: 'v1.terminate.d3',
    answers: { reason: ['done'], data: ['nothing'] },
    kept: 'k1',
    reply: null,
  },
};
const approve = (batch: string): IncomingEvent => ({
  kind: 'click',
  incoming: { ...from('yes'), account: BOB.account, name: 'Bob', token: `v1.approve.${batch}!`, label: 'Approve' },
});
beforeEach(() => settleIn(redis.client()));

const eventKey = (id: string) => `{podwarden}:event:slack-${id}`;

/** Delivered and carried out, and copied by somebody who reads Redis meanwhile. */
async function copied({ inbox }: Bot, event: IncomingEvent): Promise<string> {
  const taken = await inbox.take(event);
  const body = await redis.client().hget(eventKey(event.incoming.eventId), 'body');
  if (await taken.acknowledged()) await taken.run();
  return body ?? '';
}

/** What was copied, written back by hand as if its bot had died a moment ago. */
async function putBack(id: string, body: string, minutesLater: number): Promise<Bot> {
  const client = redis.client();
  await client.del(...(await client.keys('{podwarden}:write:*')), eventKey(id));
  await client.hset(eventKey(id), { owner: 'dead', state: 'acknowledged', since: Date.now(), body });
  await client.zadd('{podwarden}:events:slack', 0, `slack-${id}`);
  const bot = botOver(client);
  const now = bot.services.clocks.realNow() + minutesLater * 60_000;
  bot.services.clocks.realNow = () => now;
  await bot.inbox.look();
  await bot.inbox.settled();
  return bot;
}

async function requestedAndApproved() {
  const bot = botOver(redis.client());
  const asked = await copied(bot, ask);
  const record = await bot.services.approvals.forPod('pod6');
  const approved = await copied(bot, approve(record?.batch ?? ''));
  expect((await bot.services.approvals.get(record?.id ?? ''))?.votes).toHaveLength(1);
  return { asked, approved, record };
}

/** Nothing in Redis remembers the request any more. */
async function forget(id: string, batch: string): Promise<void> {
  const client = redis.client();
  await client.del(
    `{podwarden}:approval:${id}`,
    `{podwarden}:approval-batch:${batch}`,
    '{podwarden}:approval-pod:pod6',
  );
  await client.srem('{podwarden}:approvals:open', id);
}

it('an hour later, a form and an approval that somebody copied out of Redis and puts back ask and approve nothing', async () => {
  const { asked, approved, record } = await requestedAndApproved();
  await forget(record?.id ?? '', record?.batch ?? '');
  for (const [id, body] of [
    ['ask', asked],
    ['yes', approved],
  ] as const) {
    const { answers } = await putBack(id, body, 60);
    expect(answers).toEqual([expect.stringContaining(TOO_OLD)]);
  }
  const { services } = botOver(redis.client());
  expect(await services.approvals.forPod('pod6')).toBeNull();
});

it('a request that was denied is not asked for anew by a form that somebody copied and puts back at once', async () => {
  const client = redis.client();
  const { asked, approved, record } = await requestedAndApproved();
  const { services } = botOver(client);
  await services.approvals.move(record?.id ?? '', deny(CAROL, 'keep it', NOW), () => []);
  await forget(record?.id ?? '', record?.batch ?? '');
  const { answers } = await putBack('ask', asked, 1);
  expect(answers).toEqual([expect.stringContaining('cannot tell whether it was carried out')]);
  await putBack('yes', approved, 1);
  expect(await services.approvals.forPod('pod6')).toBeNull();
});

it('a form asks for the pods that its person saw, whatever somebody with Redis alone writes into it', async () => {
  const client = redis.client();
  const bot = botOver(client);
  const stored = (await client.get('{podwarden}:draft:d3')) ?? '';
  await client.set('{podwarden}:draft:d3', stored.replace('pod6', 'pod3'));
  await bot.inbox.take(ask).then(async (taken) => (await taken.acknowledged()) && taken.run());
  expect(await bot.services.approvals.forPod('pod3')).toBeNull();
});

it('a form and an approval that were given for one pod terminate no other', async () => {
  const client = redis.client();
  const { asked, approved, record } = await requestedAndApproved();
  await forget(record?.id ?? '', record?.batch ?? '');
  const stored = (await client.get('{podwarden}:draft:d3')) ?? '';
  await client.set('{podwarden}:draft:d3', stored.replace('pod6', 'pod3'));
  await putBack('ask', asked, 1);
  await putBack('yes', approved, 1);
  const forged = await botOver(client).services.approvals.forPod('pod3');
  expect(forged && (await botOver(client).services.approvals.proven(forged.id))).toBeNull();
});

it('an approval is for the requests of its own form, whatever others somebody with Redis alone lists beside them', async () => {
  const client = redis.client();
  const bot = botOver(client);
  const shown = '{podwarden}:approval-batch:br4';
  const listed = JSON.parse((await client.hget(shown, 'json')) ?? '') as { approvals: string[] };
  await client.hset(shown, 'json', JSON.stringify({ ...listed, approvals: ['r4', 'r1b'] }));
  const { guard } = await bot.services.links.guarded();
  const other = newApproval({ id: 'r1b', batch: 'other', podId: 'pod3', row: 'p3', by: ALICE });
  await bot.services.approvals.add([other], guard, () => []);
  await copied(bot, approve('br4'));
  expect((await bot.services.approvals.get('r4'))?.votes).toHaveLength(1);
  expect((await bot.services.approvals.get('r1b'))?.votes).toEqual([]);
});
