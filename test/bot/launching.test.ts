import { describe, expect, it } from 'vitest';
import { list, show } from '../../src/bot/commands/fleet.ts';
import { namedPods } from '../../src/bot/commands/pods.ts';
import { stop } from '../../src/bot/commands/stop-start.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker, Services } from '../../src/bot/services.ts';
import type { Row } from '../../src/policy/ledger.ts';
import * as moves from '../../src/policy/ledger-moves.ts';
import { ALICE, FACTS, NOW, newRow, SPEC } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { botServices, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const asker = { who: ALICE, accounts: ['slack:U1'], place: SLACK_ROOM, room: 'gpu' } as unknown as Asker;
const said = (message: Message) => plainText(message, 2000);

async function fleetWith(...rows: Row[]): Promise<Services> {
  const { services } = botServices(redis.client(), 'slack');
  for (const row of rows) await services.ledger.add(row, () => null);
  await services.snapshots.saveFleet({ readAt: NOW, pods: [] });
  return services;
}

describe('a launch that has no pod yet', () => {
  it.each(['requested', 'launching', 'settling'] as const)(
    'is still being launched (%s) when it is to be stopped: by whom, and what to do',
    async (status) => {
      const services = await fleetWith(newRow({ status }));
      expect(said(await stop.run({ pods: 'run7' }, asker, services))).toMatch(
        /run7 is still being launched by Alice.*Stop.*\/pod stop run7/,
      );
    },
  );

  it('is found by its name also in the moment in which it gets its pod', async () => {
    const services = await fleetWith(newRow({ status: 'launching' }));
    // Another process has the row between any two reads of it.
    for (const read of ['open', 'passing'] as const) {
      const before = services.ledger[read].bind(services.ledger);
      services.ledger[read] = async () => {
        const rows = await before();
        await services.ledger.move('p1', moves.created('pod1', FACTS, NOW));
        return rows;
      };
    }
    expect((await namedPods('run7', services)).map(({ name }) => name)).toEqual([expect.stringContaining('run7')]);
  });

  it('that waits for an approver is named as that, and no other pod is suggested', async () => {
    const ask = { beyond: 'the team has spent $81.00', self: [], allowedBy: null };
    const services = await fleetWith(newRow({ status: 'asking', ask }));
    await expect(namedPods('run7', services)).rejects.toThrow(
      'run7 is not launched yet: it waits for another person to allow it. Alice can press Deny on its card to withdraw it.',
    );
  });

  it('is shown with the price that it will have, and without an id that is no pod’s', async () => {
    const services = await fleetWith(newRow());
    const shown = said(await show.run({ pod: 'run7' }, asker, services));
    expect(shown).toMatch(/Price: \$0\.49\/h once it runs/);
    expect(shown).not.toMatch(/\bp1\b|Costs now/);
    expect(shown).toMatch(/Id: none yet/);
    const listed = said(await list.run({}, asker, services));
    expect(listed).toMatch(/Queued.*\$0\.49\/h/);
    // Nothing of it bills yet.
    expect(listed).toMatch(/1 pod, 0 up, \$0\.00\/h in all/);
  });

  it('on spot without a known price costs at most what it may bid', async () => {
    const bid = { market: 'spot' as const, bidCeilingMicroUsd: 441_000, quotedMicroUsdPerHour: 441_000 };
    const services = await fleetWith(newRow({ spec: { ...SPEC, ...bid } }));
    expect(said(await show.run({ pod: 'run7' }, asker, services))).toMatch(
      /Price: at most \$0\.44\/h spot once it runs/,
    );
  });
});
