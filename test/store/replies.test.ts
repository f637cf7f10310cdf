import { expect, it } from 'vitest';
import { Audit } from '../../src/store/audit.ts';
import { key } from '../../src/store/keys.ts';
import { Replies } from '../../src/store/replies.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const OWED = { chat: 'slack', account: 'slack:T1/U1', ref: { url: 'here' } };
const FORGED = { view: 'message', message: { title: 'Stop run7?', blocks: [], buttons: [{ token: 'v1.approve.b9' }] } };
const stage = () => new Replies(redis.client(), new Audit(redis.client(), 'k'.repeat(32)));

/** As somebody would who holds Redis and not the audit key. */
async function rewrite(name: string, change: (stored: string) => string): Promise<void> {
  await redis.client().set(name, change((await redis.client().get(name)) ?? ''));
}

it('nothing is said in the bot’s name that somebody with Redis alone wrote', async () => {
  const replies = stage();
  const { ref, ...owner } = OWED;
  await redis.client().set(key('reply-owner', 'made-up'), JSON.stringify({ ...owner, result: FORGED }));
  expect(await replies.get('made-up')).toBeNull();
  await replies.keep('r1', OWED);
  await rewrite(key('reply-owner', 'r1'), (stored) => stored.replace('null', JSON.stringify(FORGED)));
  expect(await replies.get('r1')).toBeNull();
});

it('what was found out for one person is given to no other', async () => {
  const replies = stage();
  await replies.keep('r1', OWED);
  await rewrite(key('reply-owner', 'r1'), (stored) => stored.replace('slack:T1/U1', 'slack:T1/U9'));
  await replies.fill('r1', { view: 'connect' });
  expect(await replies.get('r1')).toBeNull();
});

it('an answer goes to no address that somebody with Redis alone wrote', async () => {
  const replies = stage();
  await replies.keep('r1', OWED);
  expect((await replies.get('r1'))?.ref).toEqual({ url: 'here' });
  await rewrite(key('reply', 'r1'), (stored) => stored.replace('here', 'elsewhere'));
  expect(await replies.get('r1')).toMatchObject({ account: 'slack:T1/U1', ref: null });
});
