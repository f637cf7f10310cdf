import { beforeEach, describe, expect, it } from 'vitest';
import { beyondText, gateFor, showsMoney } from '../../src/bot/commands/gate.ts';
import type { Services } from '../../src/bot/services.ts';
import type { CostDay } from '../../src/policy/costs/day.ts';
import type { FleetPod } from '../../src/policy/fleet.ts';
import type { Row } from '../../src/policy/ledger.ts';
import { key } from '../../src/store/keys.ts';
import { governed } from '../jobs/context.ts';
import { ALICE, FACTS, NOW, newRow, SPEC } from '../policy/rows.ts';
import { pod } from '../policy/scan/scans.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const DOLLAR = 1_000_000;

/** A team whose alice may spend $10 a day, and has spent $8. */
async function team(more: { beyond?: 'ask' | 'refuse'; spent?: number; pods?: FleetPod[] } = {}) {
  const { context } = governed(redis.client());
  const policy = {
    ...context.governance,
    limits: { podsPerPerson: null, gpusPerPod: null, maxMicroUsdPerHour: null },
    budgets: { base: new Map([['person alice', { day: 10 * DOLLAR, month: null }]]), beyond: more.beyond ?? 'ask' },
    rooms: [
      {
        ...context.governance.rooms[0],
        name: 'gpu',
        timezone: 'UTC',
        digest: [],
        channels: [
          { chat: 'slack', channel: 'C1', mirror: true, money: true },
          { chat: 'discord', channel: '1', mirror: true, money: false },
        ],
      },
    ],
  };
  const spent = more.spent ?? 8 * DOLLAR;
  const line = {
    product: 'pods' as const,
    id: 'a',
    name: 'a',
    owner: ALICE,
    project: null,
    gpu: null,
    amounts: { gpu: spent },
    stopped: 0,
    idle: 0,
    orphan: false,
    savedBySpot: 0,
  };
  const today: CostDay = {
    zone: 'UTC',
    day: '2026-11-24',
    from: NOW - (NOW % 86_400_000),
    to: NOW,
    exact: true,
    readAt: NOW,
    final: false,
    hours: 10,
    estimated: 0,
    unknown: 0,
    total: spent,
    lines: [line],
    saved: { stops: 0, terminations: 0 },
  };
  await context.costs.saveDay(today);
  await context.snapshots.saveFleet({ readAt: NOW, pods: more.pods ?? [] });
  return { ...context, policy } as unknown as Services;
}

const launch = (more: Partial<Row> = {}) => newRow({ by: ALICE, spec: SPEC, ...more });
const judged = async (services: Services, row: Row, rate: number, open: Row[] = []) => {
  const gate = await gateFor(row, rate * DOLLAR, services);
  return { refused: gate.judge(open), passed: gate.passed() };
};

describe('the gate', () => {
  let services: Services;
  beforeEach(async () => {
    services = await team();
  });

  it('lets a launch pass whose next hour is left of the budget, and no other', async () => {
    expect(await judged(services, launch(), 2)).toEqual({ refused: null, passed: null });
    const { refused, passed } = await judged(services, launch(), 2.01);
    expect(refused).not.toBeNull();
    expect(passed).toMatchObject({ scope: 'person alice', spent: 8 * DOLLAR, hour: 2.01 * DOLLAR });
  });

  it('counts what is up for whom it is: by launch, by name, and by claim', async () => {
    const open = [
      launch({ id: 'r2', status: 'running', podId: 'p2', facts: { ...FACTS, microUsdPerHour: 1.5 * DOLLAR } }),
    ];
    expect((await judged(services, launch(), 0.51, open)).passed).not.toBeNull();
    const byName = await team({ pods: [pod({ id: 'x', name: 'alice-run-k3f9t2', microUsdPerHour: 1.5 * DOLLAR })] });
    expect((await judged(byName, launch(), 0.51)).passed).not.toBeNull();
    const nobodys = await team({ pods: [pod({ id: 'x', name: 'mystery', microUsdPerHour: 1.5 * DOLLAR })] });
    expect((await judged(nobodys, launch(), 0.51)).passed).toBeNull();
    await nobodys.owners.change(() => ({ x: { by: ALICE, room: null, at: NOW } }), []);
    expect((await judged(nobodys, launch(), 0.51)).passed).not.toBeNull();
  });

  it.each([
    ['of a pod that is up', { x: 7 }, 'unread'],
    ['of a pod that is gone', { gone: 7 }, null],
    ['of any pod', [], 'unread'],
  ])('does not open where a claim cannot be read, %s, unless it changes nothing', async (_, pods, passed) => {
    const more = await team({ pods: [pod({ id: 'x', name: 'mystery', microUsdPerHour: 1.5 * DOLLAR })] });
    await redis.client().hset(key('owners'), 'json', JSON.stringify({ rev: 1, pods }));
    expect((await judged(more, launch(), 0.51)).passed).toBe(passed);
  });

  it('counts neither what is off nor what waits for somebody', async () => {
    const open = (['stopped', 'asking'] as const).map((status, i) =>
      launch({ id: `r${i}`, status, podId: status === 'stopped' ? 'p' : null }),
    );
    expect((await judged(services, launch(), 2, open)).passed).toBeNull();
  });

  it('is passed once by what somebody allowed: a later start is judged anew', async () => {
    const ask = { beyond: '', self: [], allowedBy: ALICE };
    const strict = await team({ beyond: 'refuse' });
    expect((await judged(strict, launch({ ask }), 50)).refused).toBeNull();
    expect((await judged(strict, launch({ ask, podId: 'p1', status: 'stopped' }), 50)).refused).not.toBeNull();
    // Where launches are asked about, a start is not: nobody would be there to ask.
    expect((await judged(services, launch({ podId: 'p1', status: 'stopped' }), 50)).refused).toBeNull();
  });

  it('does not open because nobody knows yet what was spent', async () => {
    await redis.client().flushall();
    expect((await judged(services, launch(), 0.1)).passed).toBe('unread');
  });

  it('names amounts to whoever may see them, where they may be seen', async () => {
    const { passed } = await judged(services, launch(), 5);
    if (passed === null) throw new Error('nothing was passed');
    expect(beyondText(passed, true, services)).toMatch(
      /^Alice has spent \$8\.00 of \$10\.00 today, and with this .* \$5\.00\.$/,
    );
    expect(beyondText(passed, false, services)).not.toMatch(/\$|Alice/);
    expect(showsMoney({ chat: 'slack', channel: 'C1' }, services)).toBe(true);
    expect(showsMoney({ chat: 'discord', channel: '1' }, services)).toBe(false);
    expect(showsMoney({ chat: 'slack', channel: 'C9' }, services)).toBe(false);
  });
});
