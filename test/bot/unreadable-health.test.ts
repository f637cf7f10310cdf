import { expect, it } from 'vitest';
import { health } from '../../src/bot/commands/health.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker } from '../../src/bot/services.ts';
import { key } from '../../src/store/keys.ts';
import { StoreWitness } from '../../src/store/witness.ts';
import { useRedis } from '../store/redis.ts';
import { botServices } from './chats.ts';

const redis = useRedis();
const ODD = '{"version":2}';

it('health answers, and names them, where none of the records that it reads can be read', async () => {
  const client = redis.client();
  const { services } = botServices(client, 'slack');
  const documents = [key('store'), key('scan'), key('row', 'r1'), key('approval', 'a1'), key('finding', 'f1')];
  for (const at of documents) await client.hset(at, { rev: '1', json: ODD });
  const fields = [
    [key('people', 'slack'), 'all'],
    [key('people-unread', 'slack'), 'all'],
    [key('people-unread', 'discord'), 'discord:1'],
    [key('pulses'), 'slack b1'],
    [key('clocks'), 'bot host 1'],
    [key('places', 'closed'), 'slack C1'],
    [key('places', 'lacking'), 'slack C1'],
    [key('runs'), 'read-billing'],
    [key('seen'), 'worker'],
  ] as const;
  for (const [at, field] of fields) await client.hset(at, field, 'not JSON');
  for (const at of [key('cost', 'trouble'), key('cost', 'unread'), key('fleet'), key('catalogue')])
    await client.set(at, ODD);
  await client.sadd(key('rows', 'passing'), 'r1');
  await client.sadd(key('approvals', 'open'), 'a1');
  await client.sadd(key('findings', 'open'), 'f1');
  const witness = new StoreWitness(client, services.audit, services.newId);
  const vitals = { ...services.vitals, loss: (now: number) => witness.loss(now) };
  const run = async () => plainText(await health.run({}, {} as Asker, { ...services, vitals }), 4000);
  await run();
  // What it found itself, it names the next time.
  const [, count] = /Unreadable: (\d+) records/.exec(await run()) ?? [];
  expect(Number(count)).toBeGreaterThan(12);
});
