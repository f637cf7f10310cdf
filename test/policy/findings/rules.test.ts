import { describe, expect, it } from 'vitest';
import type { Finding, Hit } from '../../../src/policy/findings/finding.ts';
import { findHits } from '../../../src/policy/findings/rules.ts';
import { raise } from '../../../src/policy/findings/settle.ts';
import { DEFAULT_THRESHOLDS, type RuleName } from '../../../src/policy/findings/thresholds.ts';
import type { World } from '../../../src/policy/findings/world.ts';
import { type AccountMemory, blank, type Change, type PodMemory } from '../../../src/policy/scan/memory.ts';
import { ALICE } from '../rows.ts';
import { DAY, HOUR, known, MINUTE, NOW, off, pod, world } from '../scan/scans.ts';

const of = (rule: RuleName, of: World): Hit[] => findHits(of).filter((hit) => hit.rule === rule);
const levels = (rule: RuleName, given: World) => of(rule, given).map(({ level, severity }) => `${level} ${severity}`);
const stoppedFor = (ms: number, more = {}) => known(off(more), { memory: { since: NOW - ms } });

describe('stopped, billing double', () => {
  it.each([
    ['an hour off', HOUR, 0],
    ['just under a day', DAY - 1, 0],
    ['a day', DAY, 1],
    ['nine days', 9 * DAY, 1],
  ])('%s', (_, ms, hits) => {
    expect(of('stopped-double', world([stoppedFor(ms)]))).toHaveLength(hits);
  });

  it('says what it costs, to the micro-dollar, against a network volume', () => {
    const [hit] = of('stopped-double', world([stoppedFor(3 * DAY)]));
    // 100 GB x $0.20 / 730 h x 72 h; a day of it; the same at $0.07.
    expect(hit?.facts).toMatchObject({ sinceStop: 1_972_603, perDay: 657_534, onNetworkVolumePerDay: 230_137 });
    expect(hit).toMatchObject({ owner: ALICE, room: 'gpu', anchor: NOW - 3 * DAY });
  });

  it.each([
    ['no volume disk', { volumeDisk: null }],
    ['a network volume', { volumeDisk: null, networkVolume: { id: 'nv1', path: '/workspace' } }],
    ['up', { status: 'RUNNING', reporting: true }],
  ])('nothing doubles with %s', (_, more) => {
    expect(of('stopped-double', world([known(off(more), { memory: { since: NOW - 9 * DAY } })]))).toEqual([]);
  });
});

describe('stale', () => {
  it.each([
    [19, []],
    [20, ['1 warn']],
    [25, ['2 warn']],
    [28, ['3 urgent']],
    [29, ['4 critical']],
    [45, ['4 critical']],
  ])('off for %i days', (days, expected) => {
    expect(levels('stale', world([stoppedFor(days * DAY)]))).toEqual(expected);
  });

  it('is a note, once, where no data goes with it', () => {
    const more = { volumeDisk: null, networkVolume: { id: 'nv1', path: '/workspace' } };
    expect(levels('stale', world([stoppedFor(29 * DAY, more)]))).toEqual(['1 note']);
  });
});

const account = (usd: number, more: Partial<AccountMemory> = {}): AccountMemory => ({
  balance: usd * 1e6,
  readAt: NOW,
  postpaid: false,
  source: 'graphql',
  doubt: null,
  topUps: [],
  ...more,
});

/** 1 USD an hour exactly. */
const dollar = known(pod({ microUsdPerHour: 1_000_000, containerDiskGb: 0, volumeDisk: null }));
const atHours = (hours: number, more: Partial<AccountMemory> = {}, open: Finding[] = []) =>
  world([dollar], { memory: { account: account(hours, more) }, open });

function opened(hit: Hit | undefined, at = NOW): Finding {
  if (!hit) throw new Error('nothing was found');
  return raise(hit, { now: at, awake: () => at, newId: () => 'f1' });
}

describe('runway', () => {
  it.each([
    [73, []],
    [72, ['1 warn']],
    [24, ['2 critical']],
    [6, ['3 critical']],
    [0, ['3 critical']],
  ])('%i hours to $0', (hours, expected) => {
    expect(levels('runway', atHours(hours))).toEqual(expected);
  });

  it('does not flap at a threshold: what was passed counts until it is clearly above again', () => {
    const open = [opened(of('runway', atHours(72))[0])];
    expect(levels('runway', atHours(75, {}, open))).toEqual(['1 warn']);
    expect(levels('runway', atHours(83, {}, open))).toEqual([]);
  });

  it('is critical where $0 is within a day, whatever the steps are', () => {
    const given = (hours: number, open: Finding[] = []) => ({
      ...atHours(hours, {}, open),
      thresholds: { ...DEFAULT_THRESHOLDS, runwayHours: [48, 12] },
    });
    expect(levels('runway', given(23.5))).toEqual(['1 critical']);
    const open = [opened(of('runway', given(23.5))[0])];
    expect(levels('runway', given(24.5, open))).toEqual(['1 critical']);
    expect(levels('runway', given(30, open))).toEqual(['1 warn']);
  });

  it('keeps its mark while the burn stays within a twentieth', () => {
    const mark = (usd: number, open: Finding[]) => {
      const pods = [known(pod({ microUsdPerHour: usd * 1e6, containerDiskGb: 0, volumeDisk: null }))];
      return of('runway', world(pods, { memory: { account: account(20) }, open }))[0]?.mark;
    };
    const open = [opened(of('runway', atHours(20))[0])];
    expect(mark(1.04, open)).toBe(mark(0.96, open));
    expect(mark(1.06, open)).not.toBe(mark(1, open));
  });

  it('names its victims: without a network volume terminated, also those that are off; with one stopped', () => {
    const network = { networkVolume: { id: 'nv1', path: '/workspace' }, volumeDisk: null };
    const pods = [
      known(pod({ id: 'bare' })),
      known(off({ id: 'asleep' })),
      known(pod({ id: 'safe', ...network })),
      known(off({ id: 'safe-off', ...network })),
    ];
    const [hit] = of('runway', world(pods, { memory: { account: account(10) } }));
    expect(hit?.facts).toMatchObject({
      terminated: [{ id: 'bare' }, { id: 'asleep' }],
      stopped: [{ id: 'safe' }],
    });
  });

  it('burns all that bills: rates, disks of what is up and what is off, network volumes, and what else RunPod reports', () => {
    const volumes = {
      nv1: { name: 'data', sizeGb: 1500, dataCenter: 'EU-RO-1', idleSince: null, exact: true, missing: 0 },
    };
    const given = world([known(pod()), known(off({ id: 'p2' }))], {
      memory: { volumes, otherPerHour: 250_000, account: account(5) },
    });
    const [hit] = of('runway', given);
    // 0.49 + 150 GB x 0.10/730 + 100 GB x 0.20/730 + (1000 x 0.07 + 500 x 0.05)/730 + 0.25
    expect(hit?.facts).toMatchObject({ perHour: 490_000 + 20_548 + 27_397 + 95_890 + 34_247 + 250_000 });
  });

  it('at $0 still says who was lost, and when', () => {
    const before = world([known(pod({ id: 'bare' }))], { memory: { account: account(1) } });
    const open = [opened(of('runway', before)[0])];
    const after = world([], {
      memory: {
        account: account(-0.1),
        volumes: { nv1: { name: 'd', sizeGb: 100, dataCenter: '', idleSince: null, exact: true, missing: 0 } },
      },
      open,
      now: NOW + 3 * HOUR,
    });
    expect(of('runway', after)[0]?.facts).toMatchObject({ balance: expect.any(Number), terminated: [{ id: 'bare' }] });
  });

  it('says an old balance minus what was spent since, as an estimate', () => {
    const [hit] = of('runway', atHours(30, { readAt: NOW - 10 * HOUR }));
    expect(hit?.facts).toMatchObject({ balance: 20e6, estimated: true, zeroAt: NOW + 20 * HOUR });
  });

  const rise = (at: number) => ({ at, from: 10e6, amount: 50e6, promised: false });
  it.each([
    ['postpaid', { postpaid: true }, null, 0],
    ['auto-pay, declared and seen', { topUps: [rise(NOW - DAY)] }, true, 0],
    ['auto-pay, by two rises', { topUps: [rise(NOW - DAY), rise(NOW - 2 * DAY)] }, null, 0],
    [
      'what is only inferred is not trusted with the last hours',
      { balance: 5e6, topUps: [rise(NOW - DAY), rise(NOW - 2 * DAY)] },
      null,
      1,
    ],
    ['one rise is a person', { topUps: [rise(NOW - DAY)] }, null, 1],
    ['two rises, and auto-pay denied', { topUps: [rise(NOW - DAY), rise(NOW - 2 * DAY)] }, false, 1],
  ])('%s', (_, more, autoPay, hits) => {
    const given = world([dollar], { memory: { account: account(20, more) }, thresholds: { autoPay } });
    expect(of('runway', given)).toHaveLength(hits);
  });

  it('does not trust auto-pay that was never seen to work beyond the last step', () => {
    const declared = (usd: number) =>
      world([dollar], { memory: { account: account(usd) }, thresholds: { autoPay: true } });
    expect(levels('runway', declared(20))).toEqual([]);
    expect(levels('runway', declared(5))).toEqual(['3 critical']);
  });
});

describe('the balance otherwise', () => {
  it.each([
    [120, []],
    [100, ['1 warn']],
    [40, ['2 warn']],
  ])('$%i with steps at $100 and $50', (usd, expected) => {
    const given = world([dollar], { memory: { account: account(usd) }, thresholds: { balanceBelow: [50e6, 100e6] } });
    expect(levels('low-balance', given)).toEqual(expected);
  });

  const topUps = [
    { at: NOW - 5 * DAY, from: 20e6, amount: 50e6, promised: false },
    { at: NOW - 2 * DAY, from: 25e6, amount: 50e6, promised: false },
  ];
  it.each([
    ['between top-ups', 30, 1, null],
    ['below the lowest at which it ever topped up', 18, 1, 'below'],
    ['burning more in an hour than one top-up', 60, 51, 'burn'],
  ])('auto-pay, %s', (_, usd, rate, why) => {
    const burning = known(pod({ microUsdPerHour: rate * 1e6, containerDiskGb: 0, volumeDisk: null }));
    const hits = of('auto-pay', world([burning], { memory: { account: account(usd, { topUps }) } }));
    expect(hits.map(({ facts }) => facts.rule === 'auto-pay' && facts.why)).toEqual(why === null ? [] : [why]);
  });
});

describe('burn jump', () => {
  const yesterday = NOW - (NOW % DAY) - DAY;
  const burning = (usd: number, peak: number, more: { maxRate?: number | null; open?: Finding[] } = {}) =>
    world([known(pod({ microUsdPerHour: usd * 1e6, containerDiskGb: 0, volumeDisk: null }))], {
      memory: { peaks: { [yesterday]: peak * 1e6 } },
      thresholds: { maxRate: more.maxRate ?? null },
      open: more.open ?? [],
    });

  it.each([
    ['as usual', 10, 10, 0],
    ['at 1.5x', 15, 10, 0],
    ['beyond it', 15.1, 10, 1],
    ['far beyond, but cents', 0.9, 0.1, 0],
  ])('%s', (_, usd, peak, hits) => {
    expect(of('burn-jump', burning(usd, peak))).toHaveLength(hits);
  });

  it('is found however slowly it climbs: what rose today is not yet usual', () => {
    const given = burning(16, 10);
    const memory = { ...given.memory, peaks: { ...given.memory.peaks, [NOW - (NOW % DAY)]: 15.9e6 } };
    expect(of('burn-jump', { ...given, memory })).toHaveLength(1);
  });

  it('keeps its causes and its owner, hours later', () => {
    const open = [opened(of('burn-jump', burning(16, 10))[0])];
    const later = { ...burning(16, 10, { open }), now: NOW + 5 * HOUR };
    expect(of('burn-jump', later)).toMatchObject([{ owner: ALICE, facts: { pods: [{ id: 'pod1' }] } }]);
  });

  it('has no usual rate without a day before today', () => {
    const given = burning(100, 1);
    const memory = { ...given.memory, peaks: { [NOW - (NOW % DAY)]: 1 } };
    expect(of('burn-jump', { ...given, memory })).toEqual([]);
  });

  it('is judged by the team’s own bound as well, and names what was launched lately', () => {
    const [hit] = of('burn-jump', burning(41, 100, { maxRate: 40e6 }));
    expect(hit).toMatchObject({ owner: ALICE, facts: { peak: null, limit: 40e6, pods: [{ id: 'pod1' }] } });
  });

  it('is no news within an hour of the last one, where it is no higher', () => {
    const given = burning(16, 10);
    const seen = (ms: number, perHour: number) => {
      const memory = { ...given.memory, jumped: { at: NOW - ms, perHour } };
      return of('burn-jump', { ...given, memory });
    };
    expect(seen(10 * 60_000, 16e6)).toEqual([]);
    expect(seen(10 * 60_000, 15e6)).toHaveLength(1);
    expect(seen(HOUR, 16e6)).toHaveLength(1);
  });

  it('stays open until the rate is clearly lower, and after a day is the usual rate', () => {
    const open = [opened(of('burn-jump', burning(16, 10))[0])];
    expect(of('burn-jump', burning(14, 10, { open }))).toHaveLength(1);
    expect(of('burn-jump', burning(13, 10, { open }))).toEqual([]);
    const old = open.map((finding) => ({ ...finding, raisedAt: NOW - DAY - 1 }));
    expect(of('burn-jump', burning(16, 10, { open: old }))).toEqual([]);
  });
});

describe('what computes nothing', () => {
  it('a pod without its GPU, at once', () => {
    expect(levels('zero-gpu', world([known(pod({ gpuCount: 0 }))]))).toEqual(['1 urgent']);
    expect(levels('zero-gpu', world([known(pod())]))).toEqual([]);
  });

  it.each([
    ['half an hour', 30 * MINUTE, 7, 0],
    ['an hour, seen twice', HOUR, 2, 0],
    ['an hour, seen often', HOUR, 13, 1],
  ])('idle for %s', (_, ms, idleReads, hits) => {
    const given = world([known(pod(), { memory: { idleSince: NOW - ms, idleReads } })]);
    expect(of('idle', given)).toHaveLength(hits);
  });

  const eight = (gpus: PodMemory['gpus']) =>
    of('idle', world([known(pod({ gpuCount: 8, microUsdPerHour: 16_000_000 }), { memory: { gpus } })]));
  const quiet = (ms: number, reads = 30) => ({ idleSince: NOW - ms, reads });

  it('seven of eight GPUs idle for an hour warn, with what those seven cost', () => {
    const [hit] = eight([null, ...Array.from({ length: 6 }, () => quiet(HOUR)), quiet(3 * HOUR)]);
    expect(hit).toMatchObject({ severity: 'warn', mark: '7 of 8', anchor: NOW - 3 * HOUR });
    expect(hit?.facts).toMatchObject({
      cost: 9 * 2_000_000,
      since: NOW - 3 * HOUR,
      gpus: { idle: 7, of: 8, perHour: 14_000_000 },
    });
  });

  it('fewer than half of the GPUs, or half an hour, or two reads, are no warning', () => {
    const some = (count: number, of: ReturnType<typeof quiet>) =>
      Array.from({ length: 8 }, (_, i) => (i < count ? of : null));
    expect(eight(some(4, quiet(HOUR)))).toHaveLength(1);
    expect(eight(some(3, quiet(HOUR)))).toEqual([]);
    expect(eight(some(7, quiet(HOUR / 2)))).toEqual([]);
    expect(eight(some(7, quiet(HOUR, 2)))).toEqual([]);
  });

  it('says what the idle hours cost', () => {
    const [hit] = of('idle', world([known(pod(), { memory: { idleSince: NOW - 3 * HOUR, idleReads: 30 } })]));
    expect(hit?.facts).toMatchObject({ cost: 3 * 490_000, below: 5 });
  });

  it.each([
    ['coming up for 19 minutes', { status: 'STARTING', reporting: false }, 19 * MINUTE, []],
    ['coming up for 20', { status: 'STARTING', reporting: false }, 20 * MINUTE, ['coming']],
    ['running without reporting', { status: 'RUNNING', reporting: false }, 21 * MINUTE, ['no-runtime']],
    ['no longer reporting', { reporting: false, reported: true }, 50 * DAY, ['silent'], 20 * MINUTE],
    ['not reporting for 19 minutes', { reporting: false, reported: true }, 50 * DAY, [], 19 * MINUTE],
    ['ended with an error', { status: 'ERROR', reporting: false }, 0, ['error']],
    ['up', {}, 50 * DAY, []],
  ])('stuck: %s', (_, more, ms, states, silentMs: number | null = null) => {
    const reports = { run: '', silentSince: silentMs === null ? null : NOW - silentMs };
    const hits = of('stuck', world([known(pod(more), { memory: { since: NOW - ms, reports } })]));
    expect(hits.map(({ facts }) => facts.rule === 'stuck' && facts.state)).toEqual(states);
  });
});

describe('what others did', () => {
  const spot = { id: 'p1', launched: true, spot: true };
  it.each([
    ['a spot pod that is off, and nobody says why', spot, 'seen', null, 1],
    ['outbid', spot, 'runpod', 'Outbid', 1],
    ['by RunPod', spot, 'runpod', 'Exited by Runpod', 1],
    ['for want of money', spot, 'runpod', 'Exited by RunPod: Insufficient balance', 0],
    ['by a person in the console', spot, 'runpod', 'Exited by user', 0],
    ['by us', spot, 'own', null, 0],
    ['not a spot pod', { ...spot, spot: false }, 'seen', null, 0],
    ['not in the ledger', null, 'seen', null, 0],
  ] as const)('evicted: %s', (_, row, source, said, hits) => {
    expect(of('evicted', world([known(off(), { row, memory: { source, said } })]))).toHaveLength(hits);
  });

  it('evicted: waits a little for RunPod’s own word, and calls it no change meanwhile', () => {
    const just = { row: spot, memory: { source: 'seen' as const, said: null, since: NOW - MINUTE } };
    const given = world([known(off(), just)], { memory: { changes: [change('pod1', 'stopped')] } });
    expect(findHits(given).map(({ rule }) => rule)).not.toContain('evicted');
    expect(findHits(given).map(({ rule }) => rule)).not.toContain('changed-outside');
    const later = { ...given, now: NOW + 10 * MINUTE };
    expect(of('evicted', later)).toHaveLength(1);
  });

  const change = (podId: string, what: Change['what'], at = NOW): Change => ({
    at,
    podId,
    name: `alice-${podId}-k3f9t2`,
    what,
    now: '',
    said: null,
    owner: ALICE,
    room: 'gpu',
    ours: true,
  });

  it('several changes of one scan are one hit, those of another scan another; an eviction is not among them', () => {
    const changes = [
      change('a', 'stopped'),
      change('b', 'resized'),
      change('c', 'terminated', NOW - HOUR),
      change('e', 'stopped'),
    ];
    const evicted = known(off({ id: 'e' }), { row: spot });
    const hits = of('changed-outside', world([evicted], { memory: { changes } }));
    expect(
      hits.map(({ subject, severity, facts }) => [
        subject,
        severity,
        facts.rule === 'changed-outside' && facts.changes.length,
      ]),
    ).toEqual([
      [`changes-${NOW}`, 'warn', 2],
      [`changes-${NOW - HOUR}`, 'urgent', 1],
    ]);
  });

  it('an eviction is no change from outside either when its pod is gone by then', () => {
    const changes = [{ ...change('e', 'stopped'), said: 'Outbid' }, change('e', 'terminated', NOW - HOUR)];
    const hits = of('changed-outside', world([], { memory: { changes } }));
    expect(hits.map(({ facts }) => facts.rule === 'changed-outside' && facts.changes.map(({ what }) => what))).toEqual([
      ['terminated'],
    ]);
  });

  it('nobody’s pods, after an hour', () => {
    const seen = (ms: number, owner = null) => known(pod(), { owner, memory: { firstSeenAt: NOW - ms } });
    expect(levels('unowned', world([seen(59 * MINUTE)]))).toEqual([]);
    expect(levels('unowned', world([seen(HOUR)]))).toEqual(['1 note']);
    expect(levels('unowned', world([known(pod())]))).toEqual([]);
  });

  it('a second pod of one launch', () => {
    const [hit] = of('duplicate', world([known(pod({ id: 'twin' }), { twinOf: 'run7' })]));
    expect(hit).toMatchObject({ severity: 'urgent', facts: { first: 'run7', pod: { id: 'twin', rate: 490_000 } } });
  });
});

describe('what would be lost', () => {
  const network = { networkVolume: { id: 'nv1', path: '/workspace' } };
  it.each([
    ['spot for an hour', true, HOUR, {}, 1],
    ['spot for less', true, HOUR - 1, {}, 0],
    ['on-demand for a day', false, DAY, {}, 1],
    ['on-demand for less', false, DAY - 1, {}, 0],
    ['with a network volume', true, DAY, network, 0],
  ])('nothing durable: %s', (_, spot, ms, more, hits) => {
    const row = { id: 'p1', launched: true, spot };
    expect(of('not-durable', world([known(pod(more), { row, memory: { since: NOW - ms } })]))).toHaveLength(hits);
  });

  const volume = (idleFor: number | null, exact = true) => ({
    nv1: {
      name: 'data',
      sizeGb: 1500,
      dataCenter: 'EU-RO-1',
      idleSince: idleFor === null ? null : NOW - idleFor,
      exact,
      missing: 0,
    },
  });
  it.each([
    ['mounted', null, 0],
    ['not for six days', 6 * DAY, 0],
    ['not for seven', 7 * DAY, 1],
  ])('a network volume, %s', (_, idleFor, hits) => {
    expect(of('orphan-volume', world([], { memory: { volumes: volume(idleFor) } }))).toHaveLength(hits);
  });

  it('a network volume’s price is marginal above 1000 GB', () => {
    const [hit] = of('orphan-volume', world([], { memory: { volumes: volume(8 * DAY) } }));
    expect(hit?.facts).toMatchObject({ perMonth: 95_000_000, sinceCost: Math.round((95_890 + 34_247) * 8 * 24) });
  });

  it('two pods that are up on one network volume', () => {
    const a = known(pod({ id: 'a', ...network }));
    const b = known(pod({ id: 'b', ...network }));
    expect(of('two-writers', world([a]))).toEqual([]);
    expect(of('two-writers', world([a, known(off({ id: 'b', ...network }))]))).toEqual([]);
    const [hit] = of('two-writers', world([b, a]));
    expect(hit).toMatchObject({ subject: 'nv1', facts: { pods: [{ id: 'a' }, { id: 'b' }] } });
  });
});

describe('the first days', () => {
  const begun = { ...blank(NOW - DAY) };
  it('say what is about to be lost and what befell our own, beside one card', () => {
    const pods = [
      stoppedFor(29 * DAY),
      known(off({ id: 'double' }), { memory: { since: NOW - 9 * DAY } }),
      known(pod({ id: 'bare', gpuUtil: [0] }), { owner: null, memory: { idleSince: NOW - DAY, idleReads: 99 } }),
      known(off({ id: 'spot' }), { row: { id: 'p2', launched: true, spot: true } }),
    ];
    const given = world(pods, { memory: { begunAt: begun.begunAt, account: account(10) } });
    expect(
      findHits(given)
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(['evicted', 'first-look', 'runway', 'stale']);
    const later = { ...given, now: NOW + 2 * DAY };
    expect(findHits(later).map(({ rule }) => rule)).toContain('stopped-double');
    expect(findHits(later).map(({ rule }) => rule)).not.toContain('first-look');
  });

  it('count what there is', () => {
    const pods = [known(pod({ microUsdPerHour: 1e6 })), known(off({ id: 'p2' }), { owner: null })];
    const [hit] = of('first-look', world(pods, { memory: { begunAt: NOW } }));
    expect(hit?.facts).toMatchObject({ pods: 2, up: 1, stopped: 1, unowned: 1, perDay: 24e6 + 24 * 27_397 });
  });
});

it('a rule that is switched off says nothing', () => {
  const given = world([stoppedFor(9 * DAY)], { thresholds: { off: ['stopped-double'] } });
  expect(of('stopped-double', given)).toEqual([]);
});
