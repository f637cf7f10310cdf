import { beforeEach, describe, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/bot/front.ts';
import { Events } from '../../src/store/events.ts';
import { until } from '../bot/running-bots.ts';
import { REAL_NOW } from '../jobs/context.ts';
import { interposed } from '../store/interposed.ts';
import { useRedis } from '../store/redis.ts';
import { Mortal } from './mortal.ts';
import { botOver, deliver, from, settleIn } from './team.ts';

const redis = useRedis();
const EVENT = '{podwarden}:event:slack-e1';
const stop: IncomingEvent = { kind: 'click', incoming: { ...from('e1'), token: 'v1.stop.p4!', label: 'Stop' } };
beforeEach(() => settleIn(redis.client()));

/** An event of a bot that died right after it took it. */
async function left(body: object): Promise<void> {
  const events = new Events(redis.client(), 'slack', botOver(redis.client()).services.audit, {
    leaseMs: 0,
    unacknowledgedMs: 0,
  });
  await events.take('slack-e1', 'dead', body, { url: 'here' });
}

async function lookedAt(blocked?: string) {
  const bot = botOver(redis.client());
  if (blocked !== undefined) bot.chat.blocked = blocked;
  await bot.inbox.look();
  await bot.inbox.settled();
  return bot;
}

describe('what a bot left', () => {
  const click = { ...from('e1'), at: REAL_NOW, kind: 'click', token: 'v1.stop.p4!', label: 'Stop', reply: undefined };

  it('is carried out by whoever is up', async () => {
    await left(click);
    const { answers, services } = await lookedAt();
    expect(answers).toEqual([expect.stringContaining('Stopping keep')]);
    expect((await services.ledger.get('p4'))?.status).toBe('stopping');
  });

  it('is said to be unclear where what it asked about is seen no more: its first bot may have done it', async () => {
    const form = { ...click, kind: 'submit', token: 'v1.terminate.d9', answers: { reason: ['done'] }, kept: null };
    await left(form);
    expect((await lookedAt()).answers).toEqual([expect.stringMatching(/cannot tell whether it was done/)]);
  });

  it('is said to be unclear where its channel takes no card any more: its first bot may have been in time', async () => {
    await left({ ...click, kind: 'command', command: 'launch', args: { gpu: 'a6000' } });
    const { answers } = await lookedAt('I am not in this channel, so nothing was done.');
    expect(answers).toEqual([expect.stringMatching(/cannot tell whether it was done/)]);
  });

  it('is not carried out any more after ten minutes, and said to be unknown', async () => {
    await left(click);
    await redis.client().hset(EVENT, 'since', Date.now() - 11 * 60_000);
    const { answers, services } = await lookedAt();
    expect(answers).toEqual([
      expect.stringMatching(/more than ten minutes ago.*cannot tell whether it was done.*Look at the pod’s card/),
    ]);
    expect((await services.ledger.get('p4'))?.status).toBe('running');
  });

  it('is answered also where another release wrote it', async () => {
    await left({ kind: 'unheard-of', account: 'slack:T1/U1' });
    expect((await lookedAt()).answers).toEqual([expect.stringMatching(/cannot read.*cannot tell whether it was done/)]);
    expect(await redis.client().zcard('{podwarden}:events:slack')).toBe(0);
  });

  it('is carried out in nobody’s name where somebody with Redis alone wrote it', async () => {
    await left({ ...click, token: 'v1.more.p1' });
    const signed = (await redis.client().hget(EVENT, 'body')) ?? '';
    await redis.client().hset(EVENT, 'body', signed.replace('v1.more.p1', 'v1.stop.p4!'));
    const { services, answers } = await lookedAt();
    expect((await services.ledger.get('p4'))?.status).toBe('running');
    expect(answers.join()).not.toContain('keep');
    expect(await redis.client().zcard('{podwarden}:events:slack')).toBe(0);
  });

  it('is said as it was found, where that was written before the bot died', async () => {
    await left(click);
    const events = new Events(redis.client(), 'slack', botOver(redis.client()).services.audit, {
      leaseMs: 0,
      unacknowledgedMs: 0,
    });
    await events.answering('slack-e1', 'dead', {
      title: 'As it was',
      tone: 'info',
      blocks: [],
      buttons: [],
    });
    const { answers, services } = await lookedAt();
    expect(answers).toEqual(['As it was']);
    expect((await services.ledger.get('p4'))?.status).toBe('running');
  });
});

it('a store that is away is named at once, and the answer follows when it is back', async () => {
  let away = true;
  const flaky = interposed(redis.client(), (name, _args, run) =>
    name === 'hget' && away ? Promise.reject(new Error('Connection is closed.')) : run(),
  );
  const bot = botOver(flaky);
  await deliver(bot, stop, () => {});
  expect(bot.answers).toEqual([expect.stringContaining('(Redis) is not responding')]);
  away = false;
  await redis.client().zadd('{podwarden}:events:slack', 0, 'slack-e1');
  await bot.inbox.look();
  await bot.inbox.settled();
  expect(bot.answers[1]).toContain('Stopping keep');
  expect(bot.answers).toHaveLength(2);
});

/** A store in which no script runs, so that it takes no event. */
const refusing = (why: string) =>
  interposed(redis.client(), (name, _args, run) => (name === 'eval' ? Promise.reject(new Error(why)) : run()));

it('whoever was promised an answer hears that the bot stops before the store could take their event', async () => {
  const bot = botOver(refusing('Connection is closed.'));
  const delivered = deliver(bot, stop, () => {});
  await until(() => bot.answers.length > 0);
  await bot.inbox.drain(0);
  expect(bot.answers).toEqual([
    expect.stringContaining('I keep trying for ten minutes'),
    expect.stringMatching(/cannot tell whether it is done.*Look at the pod’s card/),
  ]);
  await delivered;
  expect(bot.answers).toHaveLength(2);
});

describe('whose event the store never took', () => {
  const unclear = expect.stringMatching(/cannot tell whether it is done.*Look at the pod’s card/);

  it('hears so also where it is tried once more while the bot stops', async () => {
    const bot = botOver(refusing('Connection is closed.'));
    const delivered = deliver(bot, stop, () => {});
    await until(() => bot.answers.length > 0);
    await bot.inbox.drain(30_000);
    await delivered;
    expect(bot.answers).toEqual([expect.stringContaining('I keep trying for ten minutes'), unclear]);
  });

  it('hears so also where the store is there and refuses', async () => {
    const bot = botOver(refusing('NOPERM this user has no permissions to run the eval command'));
    await deliver(bot, stop, () => {});
    expect(bot.answers).toEqual([unclear]);
  });
});

it.each([
  ['goes away', 'Connection is closed.'],
  ['refuses', 'NOPERM this user has no permissions to run the command'],
])('an answer that was given is said once, also where the store %s right after it', async (_, words) => {
  let away = 1;
  const flaky = interposed(redis.client(), async (name, args, run) => {
    if (name === 'eval' && String(args[0]).includes("'done'") && away-- > 0) throw new Error(words);
    return run();
  });
  const bot = botOver(flaky);
  await deliver(bot, stop, () => {});
  expect(bot.answers).toEqual([expect.stringContaining('Stopping keep')]);
  await redis.client().zadd('{podwarden}:events:slack', 'XX', 0, 'slack-e1');
  await bot.inbox.look();
  await bot.inbox.settled();
  expect(bot.answers).toHaveLength(1);
});

it.each(['before', 'after'])(
  'an event that the store loses %s it is acknowledged is carried out and answered',
  async (when) => {
    const client = redis.client();
    const bot = botOver(client);
    const whoami: IncomingEvent = {
      kind: 'command',
      incoming: { ...from('e1'), input: { kind: 'text', text: 'whoami' } },
    };
    // As a failover does to a replica that was behind.
    const lose = () =>
      client.del('{podwarden}:event:slack-e1', '{podwarden}:event-address:slack-e1', '{podwarden}:events:slack');
    const taken = await bot.inbox.take(whoami);
    if (when === 'before') await lose();
    expect(await taken.acknowledged()).toBe(true);
    if (when === 'after') await lose();
    await taken.run();
    expect(bot.answers).toEqual([expect.stringContaining('Alice')]);
  },
);

it('what a fault of ours holds up is begun again after twice as long each time', async () => {
  const faulty = interposed(redis.client(), async (name, args, run) => {
    if (name === 'eval' && String(args.at(-1)).includes('{"title"')) throw new Error('a fault of ours');
    return run();
  });
  await deliver(botOver(faulty), stop, () => {});
  const waits: number[] = [];
  for (let runs = 0; runs < 8; runs++) {
    const { inbox } = botOver(faulty);
    const now = Date.now();
    await redis.client().zadd('{podwarden}:events:slack', 0, 'slack-e1');
    await inbox.look();
    await inbox.settled();
    waits.push((Number(await redis.client().zscore('{podwarden}:events:slack', 'slack-e1')) - now) / 1000);
  }
  const expected = [4, 8, 16, 32, 64, 64, 64, 64];
  for (const [i, seconds] of waits.entries()) {
    expect(seconds).toBeGreaterThanOrEqual(expected[i] ?? 0);
    expect(seconds).toBeLessThan((expected[i] ?? 0) + 2);
  }
});

describe('an event that a front took and never came back with', () => {
  /** The lease has just run out. */
  const taking = async (frontMs: number) => {
    const bot = botOver(redis.client(), new Mortal(), null, { frontMs, leaseMs: 5000 });
    const taken = await bot.inbox.take(stop);
    await taken.acknowledged();
    await redis.client().zadd('{podwarden}:events:slack', 'XX', 0, 'slack-e1');
    return { ...bot, taken };
  };
  const looked = async ({ inbox }: Awaited<ReturnType<typeof taking>>) => {
    await inbox.look();
    await inbox.settled();
  };

  it('is carried out and answered, once, also where the front comes back later', async () => {
    const bot = await taking(0);
    await looked(bot);
    expect(bot.answers).toEqual([expect.stringContaining('Stopping keep')]);
    expect((await bot.services.ledger.get('p4'))?.status).toBe('stopping');
    const { rev } = (await bot.services.ledger.get('p4')) ?? {};
    await bot.taken.run();
    expect(bot.answers).toHaveLength(1);
    expect((await bot.services.ledger.get('p4'))?.rev).toBe(rev);
  });

  it('is the front’s for as long as it may need', async () => {
    const bot = await taking(10_000);
    await looked(bot);
    expect(Number(await redis.client().zscore('{podwarden}:events:slack', 'slack-e1'))).toBeGreaterThan(0);
    expect(bot.answers).toEqual([]);
    await bot.taken.run();
    expect(bot.answers).toHaveLength(1);
  });
});

it('a form whose store hangs is answered in words before the platform gives up on it', async () => {
  let hangs = false;
  const hanging = interposed(redis.client(), (_name, _args, run) => (hangs ? new Promise(() => {}) : run()));
  const { inbox } = botOver(hanging);
  const input = { kind: 'text' as const, text: 'terminate free' };
  const taken = await inbox.take({ kind: 'command', incoming: { ...from('e1'), input } });
  expect(taken.opensForm).toBe(true);
  hangs = true;
  const opening = await taken.open();
  expect('message' in opening && JSON.stringify(opening.message)).toContain('the form could not open');
});

it('whose form could not open while the store was away hears only that, once', async () => {
  let away = true;
  const flaky = interposed(redis.client(), (_name, _args, run) =>
    away ? Promise.reject(new Error('Connection is closed.')) : run(),
  );
  const bot = botOver(flaky);
  const input = { kind: 'text' as const, text: 'terminate free' };
  const delivered = deliver(bot, { kind: 'command', incoming: { ...from('e1'), input } }, () => {});
  await until(() => bot.answers.length > 0);
  away = false;
  await delivered;
  expect(bot.answers).toEqual([expect.stringContaining('the form could not open')]);
});
