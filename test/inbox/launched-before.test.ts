import { expect, it } from 'vitest';
import { launch } from '../../src/bot/commands/launch.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker } from '../../src/bot/services.ts';
import { channelSubject } from '../../src/policy/findings/blind.ts';
import { raise } from '../../src/policy/findings/settle.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { botOver, settleIn } from './team.ts';

const redis = useRedis();
const place = { chat: 'slack', channel: 'C1' };

it('a launch whose bot died is not said to be none because its channel took no card of it meanwhile', async () => {
  await settleIn(redis.client());
  const { services } = botOver(redis.client());
  const asker = (again: boolean) =>
    ({
      who: ALICE,
      place,
      room: 'gpu',
      eventId: 'e1',
      again,
      access: { may: new Set() },
      accounts: [],
    }) as unknown as Asker;
  const typed = async (again: boolean) =>
    plainText(await launch.run({ gpu: 'a6000', market: 'spot', name: 'new' } as never, asker(again), services), 500);
  const first = await typed(false);
  expect(first).toMatch(/^Queued new/);
  // Its card was refused.
  await services.places.close({ place, why: 'is_archived', since: NOW } as never);
  const subject = channelSubject(place);
  const facts = { rule: 'blind', what: 'channel', detail: 'x', since: NOW };
  const hit = { rule: 'blind', subject, facts, severity: 'warn', level: 1, mark: '', owner: null, room: 'gpu' };
  const finding = raise(hit as never, { now: NOW, awake: () => NOW, newId: () => 'f9' } as never);
  await services.findings.watch(subject, () => finding);
  expect(await typed(true)).toBe(first);
});
