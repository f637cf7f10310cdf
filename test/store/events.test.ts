import { describe, expect, it } from 'vitest';
import { Audit } from '../../src/store/audit.ts';
import { commit, tryCommit, writeDocument, writingOf } from '../../src/store/commit.ts';
import { type RedisClient, StoreUnsure } from '../../src/store/connect.ts';
import { Events } from '../../src/store/events.ts';
import { Replies } from '../../src/store/replies.ts';
import { interposed } from './interposed.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const HOUR = 3_600_000;
const audit = () => new Audit(redis.client(), 'k'.repeat(32));
/** Nothing lapses by itself. */
const patient = () => new Events(redis.client(), 'slack', audit(), { leaseMs: HOUR, unacknowledgedMs: HOUR });
/** Everything lapses at once. */
const hasty = () => new Events(redis.client(), 'slack', audit(), { leaseMs: 0, unacknowledgedMs: 0 });

describe('events', () => {
  it('are taken by one delivery of many, and stay taken after their end', async () => {
    const events = patient();
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => events.take('e1', `o${i}`, {}, null)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const owner = `o${taken.indexOf(true)}`;
    expect(await events.end('e1', owner)).toBe(true);
    expect(await events.take('e1', 'later', {}, null)).toBe(false);
    expect(await redis.client().pttl('{podwarden}:event:e1')).toBeGreaterThan(23 * HOUR);
    expect(await redis.client().hgetall('{podwarden}:event:e1')).not.toHaveProperty('body');
  });

  it('are the same taker’s when it asks again, because the answer to the first was lost', async () => {
    const events = patient();
    expect(await events.take('e1', 'me', {}, null)).toBe(true);
    expect(await events.take('e1', 'me', {}, null)).toBe(true);
  });

  it('may be taken from a bot that did not acknowledge them, and not from one that did', async () => {
    const events = hasty();
    await events.take('e1', 'slow', {}, null);
    expect(await events.take('e1', 'quick', {}, null)).toBe(true);
    expect(await events.acknowledged('e1', 'slow')).toBe(false);
    expect(await events.acknowledged('e1', 'quick')).toBe(true);
    expect(await events.take('e1', 'third', {}, null)).toBe(false);
  });

  it('are taken over with what was written, by one, and only once nobody holds them', async () => {
    await patient().take('held', 'me', {}, null);
    expect(await patient().lapsed()).toEqual([]);
    expect(await patient().takeOver('held', 'you')).toBeNull();
    await patient().take('left', 'me', { kind: 'click' }, { url: 'u' });
    await patient().answering('left', 'me', { title: 'done' });
    await patient().leave('left', 'me', 0);
    const events = patient();
    expect(await events.lapsed()).toEqual(['left']);
    const both = await Promise.all([events.takeOver('left', 'you'), events.takeOver('left', 'them')]);
    expect(both.filter((left) => left !== null)).toEqual([
      expect.objectContaining({ body: { kind: 'click' }, address: { url: 'u' }, answer: { title: 'done' }, runs: 1 }),
    ]);
    expect(await events.renew('left', 'me')).toBe(false);
    expect(await events.end('left', 'me')).toBe(false);
  });

  it('are held by nobody after their end', async () => {
    const events = patient();
    await events.take('e1', 'me', {}, null);
    await events.end('e1', 'me');
    expect(await events.renew('e1', 'me')).toBe(false);
    expect(await events.answering('e1', 'me', { title: 'once more' })).toBe(false);
    expect(await redis.client().zcard('{podwarden}:events:slack')).toBe(0);
  });

  it('are nobody’s words where somebody with Redis alone wrote or altered them', async () => {
    const hold = (field: string, value: string) => redis.client().hset('{podwarden}:event:e1', field, value);
    await patient().take('e1', 'me', { token: 'v1.stop.p1' }, null);
    const stored = (await redis.client().hget('{podwarden}:event:e1', 'body')) ?? '';
    for (const forged of [stored.replace('stop', 'approve'), '{"token":"v1.approve.b1!"}']) {
      await hold('body', forged);
      await patient().leave('e1', 'me', 0);
      expect(await patient().takeOver('e1', 'me')).toMatchObject({ body: null });
    }
    await patient().take('e2', 'me', {}, null);
    await redis.client().hset('{podwarden}:event:e2', 'body', stored);
    await patient().leave('e2', 'me', 0);
    expect(await patient().takeOver('e2', 'me')).toMatchObject({ body: null });
  });

  it('are nobody’s words in another chat than the one that they were sent in', async () => {
    await patient().take('e1', 'me', { token: 'v1.stop.p1' }, { url: 'here' });
    await patient().answering('e1', 'me', { title: 'Stopping' });
    await redis.client().zadd('{podwarden}:events:discord', 0, 'e1');
    const discord = new Events(redis.client(), 'discord', audit(), { leaseMs: HOUR, unacknowledgedMs: HOUR });
    expect(await discord.takeOver('e1', 'me')).toMatchObject({ body: null, address: null, answer: null });
  });

  it('are answered neither in words nor at an address that somebody with Redis alone wrote', async () => {
    const client = redis.client();
    const events = patient();
    await events.take('e1', 'me', {}, { url: 'here' });
    await events.answering('e1', 'me', { title: 'Approved' });
    await events.leave('e1', 'me', 0);
    const answer = (await client.hget('{podwarden}:event:e1', 'answer')) ?? '';
    const address = (await client.get('{podwarden}:event-address:e1')) ?? '';
    expect(await events.takeOver('e1', 'me')).toMatchObject({
      address: { url: 'here' },
      answer: { title: 'Approved' },
    });
    for (const [forgedAnswer, forgedAddress] of [
      [answer.replace('Approved', 'Denied'), address.replace('here', 'there')],
      ['{"title":"Denied"}', '{"url":"there"}'],
      [address, answer],
    ] as const) {
      await client.hset('{podwarden}:event:e1', 'answer', forgedAnswer);
      await client.set('{podwarden}:event-address:e1', forgedAddress);
      await events.leave('e1', 'me', 0);
      expect(await events.takeOver('e1', 'me')).toMatchObject({ address: null, answer: null });
    }
  });

  it('keep no address in what is written of them', async () => {
    await patient().take('e1', 'me', { kind: 'click' }, { url: 'https://hooks.example/secret' });
    expect(JSON.stringify(await redis.client().hgetall('{podwarden}:event:e1'))).not.toContain('secret');
    expect(await redis.client().pttl('{podwarden}:event-address:e1')).toBeLessThanOrEqual(15 * 60_000);
  });
});

/** A store that carries a write out, and answers too late for its client. */
function late(times: number): RedisClient {
  let left = times;
  return interposed(redis.client(), async (name, _args, run) => {
    const value = await run();
    if (name !== 'eval' || left-- <= 0) return value;
    throw new Error('Command timed out');
  });
}

describe('a write whose answer is late', () => {
  const change = (client: RedisClient) =>
    commit(client, [{ key: '{podwarden}:doc', rev: 0 }], [writeDocument('{podwarden}:doc', 1, 'written')]);

  it('is known to be done', async () => {
    expect(await change(late(3))).toBe(true);
    expect(await redis.client().hget('{podwarden}:doc', 'json')).toBe('"written"');
  });

  it('is said to be unknown where the store does not answer at all', async () => {
    await expect(change(late(100))).rejects.toBeInstanceOf(StoreUnsure);
  });

  it('is done once where its event is run again', async () => {
    const add = (again: boolean) =>
      tryCommit(redis.client(), [], [['INCR', '{podwarden}:count']], writingOf('e1', again).of('count'));
    expect(await add(false)).toBeNull();
    expect(await add(true)).toBeNull();
    expect(await redis.client().get('{podwarden}:count')).toBe('1');
  });
});

it('an answer that was given is not kept again by whoever runs its event once more', async () => {
  const replies = new Replies(redis.client(), audit());
  const owed = { chat: 'slack', account: 'slack:T1/U1', ref: { url: 'u' } };
  await replies.keep('r1', owed, { view: 'message' });
  await replies.done('r1');
  await replies.keep('r1', owed, { view: 'message' });
  expect(await replies.get('r1')).toBeNull();
});
