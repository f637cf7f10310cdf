import { describe, expect, it } from 'vitest';
import { renderDiscord } from '../../src/bot/discord/render.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { renderSlack } from '../../src/bot/slack/render.ts';
import { findingCard } from '../../src/bot/views/findings/card.ts';
import { findingLines } from '../../src/bot/views/findings/lines.ts';
import { warningsList } from '../../src/bot/views/findings/list.ts';
import { healthCard } from '../../src/bot/views/health.ts';
import type { Facts, Finding, Hit } from '../../src/policy/findings/finding.ts';
import { raise } from '../../src/policy/findings/settle.ts';
import type { PersonRef } from '../../src/policy/identity.ts';
import type { Change } from '../../src/policy/scan/memory.ts';
import { BOB } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { breaksNothing, everything } from './rendered.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const pod = { id: 'abc123def456gh', name: 'run7', gpu: 'RTX A6000', rate: 490_000 };
const off = { ...pod, rate: 27_397 };
const stop = { pod: off, stoppedAt: NOW - 3 * DAY, source: 'runpod' as const };
const volume = { id: 'nv1', name: 'datasets', sizeGb: 1500, dataCenter: 'EU-RO-1' };
const owned = (name: string, owner: PersonRef = ALICE) => ({ ...pod, id: name, name, owner });
const change = (name: string, what: Change['what'], more: Partial<Change> = {}): Change => ({
  at: NOW,
  podId: name,
  name: `alice-${name}-k3f9t2`,
  what,
  now: '',
  said: null,
  owner: ALICE,
  room: 'gpu',
  ours: true,
  ...more,
});

type Sample = [facts: Facts, more?: Partial<Hit>];
const nobody = { owner: null };
const SAMPLES: Record<string, Sample> = {
  'stopped-double': [
    {
      rule: 'stopped-double',
      ...stop,
      sizeGb: 100,
      perDay: 657_534,
      sinceStop: 1_972_603,
      onNetworkVolumePerDay: 230_137,
    },
  ],
  stale: [
    { rule: 'stale', ...stop, stoppedAt: NOW - 28 * DAY, removedAt: NOW + 2 * DAY, losesGb: 100 },
    { severity: 'urgent' },
  ],
  runway: [
    {
      rule: 'runway',
      balance: 59_920_000,
      estimated: false,
      perHour: 980_000,
      zeroAt: NOW + 61 * HOUR,
      terminated: [owned('vision', BOB), owned('old'), owned('run7')],
      stopped: [owned('train')],
      volumes: 2,
    },
    nobody,
  ],
  'low-balance': [
    { rule: 'low-balance', balance: 43_000_000, estimated: true, below: 50_000_000, perHour: 980_000 },
    nobody,
  ],
  'auto-pay': [
    { rule: 'auto-pay', why: 'below', balance: 8_000_000, lowest: 20_000_000, topUp: 50_000_000, perHour: 980_000 },
    { ...nobody, severity: 'critical' },
  ],
  'burn-jump': [
    {
      rule: 'burn-jump',
      perHour: 112_250_000,
      peak: 13_320_000,
      limit: 60_000_000,
      pods: [owned('sweep-1'), owned('sweep-2', BOB)],
    },
    { severity: 'urgent' },
  ],
  'zero-gpu': [{ rule: 'zero-gpu', pod: { ...pod, gpu: 'no GPU' }, since: NOW - HOUR }, { severity: 'urgent' }],
  idle: [{ rule: 'idle', pod, since: NOW - 3 * HOUR, cost: 1_470_000, below: 5 }],
  'idle-partly': [
    {
      rule: 'idle',
      pod: { ...pod, gpu: '8x H100 SXM', rate: 23_920_000 },
      since: NOW - 3 * HOUR,
      cost: 62_790_000,
      below: 5,
      gpus: { idle: 7, of: 8, perHour: 20_930_000 },
    },
  ],
  evicted: [
    {
      rule: 'evicted',
      pod: off,
      at: NOW - HOUR,
      row: 'p1',
      volumeDiskGb: 20,
      networkVolume: false,
      wasPerHour: 232_000,
      outbid: true,
    },
    { severity: 'urgent' },
  ],
  'changed-outside': [
    {
      rule: 'changed-outside',
      changes: [
        change('run7', 'stopped', { said: 'Exited by user' }),
        change('vision', 'renamed', { now: 'bob-other-k3f9t2' }),
        change('old', 'terminated'),
      ],
    },
    { severity: 'urgent' },
  ],
  unowned: [
    { rule: 'unowned', pod, up: true },
    { ...nobody, severity: 'note' },
  ],
  duplicate: [{ rule: 'duplicate', pod: { ...pod, id: 'zzz999' }, first: 'run7' }, { severity: 'urgent' }],
  stuck: [{ rule: 'stuck', pod, state: 'no-runtime', since: NOW - HOUR }, { severity: 'urgent' }],
  'not-durable': [{ rule: 'not-durable', pod, spot: true, since: NOW - HOUR, volumeDiskGb: 20 }, { severity: 'note' }],
  'orphan-volume': [
    { rule: 'orphan-volume', volume, since: NOW - 8 * DAY, exact: false, perMonth: 95_000_000, sinceCost: 24_986_000 },
    { ...nobody, severity: 'note' },
  ],
  'two-writers': [{ rule: 'two-writers', volume, pods: [owned('run7'), owned('vision', BOB)] }],
  blind: [
    { rule: 'blind', what: 'key', since: NOW - HOUR, detail: 'access denied' },
    { ...nobody, severity: 'urgent' },
  ],
  'first-look': [
    {
      rule: 'first-look',
      pods: 60,
      up: 45,
      stopped: 15,
      unowned: 5,
      volumes: 48,
      perDay: 298_180_000,
      quietUntil: NOW + 3 * DAY,
    },
    { ...nobody, severity: 'note' },
  ],
};

let count = 0;
function finding([facts, more = {}]: Sample, subject = pod.id): Finding {
  const hit = {
    rule: facts.rule,
    subject,
    level: 1,
    severity: 'warn' as const,
    mark: '',
    facts,
    anchor: NOW,
    owner: ALICE,
    room: 'gpu',
  };
  count = 0;
  return raise({ ...hit, ...more }, { now: NOW, awake: () => NOW, newId: () => `f${++count}` });
}

const sample = (name: string): Finding => {
  const found = SAMPLES[name];
  if (!found) throw new Error(`no sample ${name}`);
  return finding(found);
};
const accountsOf = (who: { account: string }) => [who.account, 'discord:700000000000000001'];
const lead = [{ kind: 'user' as const, accounts: accountsOf(ALICE), name: 'Alice' }];

describe('the card of a finding', () => {
  it.each(Object.keys(SAMPLES))('%s looks as it did, on both platforms', async (name) => {
    const message = findingCard([sample(name)], accountsOf, SAMPLES[name]?.[1]?.owner === null ? [] : lead);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/finding-${name}.json`);
    breaksNothing(message);
  });

  const by = { by: BOB, at: NOW, topUp: false };
  const states: Record<string, Finding[]> = {
    snoozed: [{ ...sample('idle'), snooze: { ...by, until: NOW + 7 * DAY } }],
    'topping-up': [{ ...sample('runway'), snooze: { ...by, until: NOW + DAY, topUp: true } }],
    over: [{ ...sample('idle'), status: 'resolved', resolvedAt: NOW + HOUR, resolvedAs: 'over' }],
    gone: [{ ...sample('stale'), status: 'resolved', resolvedAt: NOW + HOUR, resolvedAs: 'gone' }],
    several: Array.from({ length: 20 }, (_, i) => {
      const [facts] = SAMPLES.idle as Sample;
      const named = { ...facts, pod: { ...pod, id: `p${i}`, name: `sweep-${i}` } } as Facts;
      const one = finding([named], `p${i}`);
      return i < 2 ? { ...one, status: 'resolved' as const, resolvedAt: NOW, resolvedAs: 'over' as const } : one;
    }),
  };
  it.each(Object.entries(states))('%s', async (name, findings) => {
    const message = findingCard(findings, accountsOf, lead);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/finding-state-${name}.json`);
    breaksNothing(message);
  });

  it('mentions above the card, since a mention inside one pings nobody on every platform', () => {
    const message = findingCard([sample('idle')], accountsOf, lead);
    expect(renderDiscord(message, ['discord:700000000000000001']).content).toBe('<@700000000000000001>');
    expect(JSON.stringify(renderSlack(message).blocks[0])).toContain('<@U1>');
    const over = findingCard(states.over ?? [], accountsOf, lead);
    expect(renderDiscord(over).content).toBe('');
  });
});

describe('where no money may be shown', () => {
  const ABOUT_MONEY = ['runway', 'low-balance', 'auto-pay', 'burn-jump', 'first-look'];
  const said = (['reminder', 'worse', 'back', 'ops'] as const).map((kind, n) => ({ kind, at: NOW + n }));
  const facts = (name: string, more: object) => {
    const [known, hit] = SAMPLES[name] as Sample;
    return finding([{ ...known, ...more } as Facts, hit ?? {}]);
  };
  const cases: [string, Finding][] = [
    ...ABOUT_MONEY.map((name): [string, Finding] => [name, sample(name)]),
    ['runway at zero', facts('runway', { balance: -1_000_000 })],
    ['auto-pay that cannot keep up', facts('auto-pay', { why: 'burn' })],
    ['burn-jump without a launch', facts('burn-jump', { pods: [], peak: null })],
  ];

  it.each(cases)('%s is told without any sum', async (name, found) => {
    const open = findingCard([found], accountsOf, lead, false);
    const over = { ...found, status: 'resolved' as const, resolvedAt: NOW + HOUR, resolvedAs: 'over' as const };
    for (const message of [open, findingCard([over], accountsOf, [], false)]) {
      expect(everything(message)).not.toMatch(/\$|\d\.\d\d/);
      breaksNothing(message);
    }
    const lines = findingLines(
      [{ ...found, said }],
      accountsOf,
      () => ({ people: [], groups: [] }),
      () => true,
      false,
    );
    for (const { message } of lines) expect(plainText(message, 500)).toMatch(/^[^$]*\S\.$/);
    expect(plainText(warningsList([found], 1, true, false), 500)).not.toContain('$');
    await expect(`${plainText(open, 2000)}\n`).toMatchFileSnapshot(
      `../golden/finding-no-sums-${name.replaceAll(' ', '-')}.txt`,
    );
  });

  it('what it is about, and what to do, is still said', () => {
    const of = (name: string) => plainText(findingCard([sample(name)], accountsOf, [], false), 2000);
    expect(of('runway')).toMatch(/about 3 days.*reaches zero.*vision \(Bob\)/is);
    expect(of('burn-jump')).toMatch(/sweep-2/);
    expect(of('first-look')).toMatch(/45 up, 15 off/);
    expect(findingCard([sample('low-balance')], accountsOf, [], false).buttons[0]?.label).toBe('I will top up');
  });
});

describe('hostile and long texts', () => {
  const evil = '<!channel> @everyone <@U1> *b* `c` [x](http://evil) || ~~ > #'.repeat(40);
  it.each(Object.keys(SAMPLES))('%s breaks no limit and pings nobody', (name) => {
    const [facts, more] = SAMPLES[name] as Sample;
    const text = JSON.stringify(facts).replaceAll('run7', JSON.stringify(evil).slice(1, -1));
    const bad = finding([JSON.parse(text) as Facts, { ...more, owner: { ...ALICE, name: evil } }]);
    for (const findings of [[bad], [bad, { ...bad, id: 'f2' }, { ...bad, id: 'f3' }]]) {
      const message = findingCard(findings, () => [], []);
      breaksNothing(message);
      expect(renderSlack(message).text).not.toMatch(/<[!@#]/);
      expect(renderDiscord(message).allowed_mentions).toEqual({ parse: [], users: [] });
      breaksNothing(warningsList(findings, findings.length, true));
    }
  });
});

describe('lines in the thread', () => {
  const nobodyWatches = () => ({ people: [], groups: [] });
  const told = (of: Finding[], watchers = nobodyWatches as () => { people: PersonRef[]; groups: string[] }) =>
    findingLines(of, accountsOf, watchers, () => true).map(
      ({ message, watch }) => `${watch ? 'watch ' : ''}${plainText(message, 500)}`,
    );

  it.each(Object.keys(SAMPLES))('of %s read as a sentence', (name) => {
    const said = (['reminder', 'worse', 'back', 'ops'] as const).map((kind, n) => ({ kind, at: NOW + n }));
    const lines = told([{ ...sample(name), said }]);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/\S\.$/);
  });

  it('name whoever keeps watch for what cannot wait, and the owner for the rest', () => {
    const said = [
      { kind: 'reminder' as const, at: NOW },
      { kind: 'ops' as const, at: NOW + 1 },
    ];
    expect(told([{ ...sample('stale'), said }], () => ({ people: [BOB], groups: ['slack:S1'] }))).toEqual([
      'Alice Still: run7 is off, and may be removed from 2026-11-26 10:00 UTC with 100 GB of volume disk.',
      'watch Bob whoever keeps watch run7 may be removed soon, with its disk. It cannot wait; the card has what can be done.',
    ]);
  });

  it('of a shared card say once what happened at one time', () => {
    const said = [{ kind: 'reminder' as const, at: NOW }];
    const many = ['a', 'b', 'c', 'd'].map((name) => {
      const [facts] = SAMPLES.idle as Sample;
      return { ...finding([{ ...facts, pod: { ...pod, name } } as Facts], name), said };
    });
    expect(told(many)).toEqual(['Alice Still: 4 pods have been idle: a, b, c, d.']);
  });
});

describe('what commands answer', () => {
  it('the list has the worst first', async () => {
    const findings = [
      sample('unowned'),
      sample('idle'),
      sample('auto-pay'),
      { ...sample('evicted'), told: false, tellAt: NOW + DAY },
    ];
    const message = warningsList(findings, 6, false);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot('../golden/warnings.json');
    breaksNothing(message);
  });

  const well = {
    now: NOW,
    worker: { at: NOW - 2000, silent: false },
    bot: { at: NOW - 9000, silent: false },
    clocks: [],
    scanEveryMs: 300_000,
    scannedAt: NOW - 60_000,
    trouble: null,
    balance: { balance: 59_920_000, readAt: NOW - 60_000, source: 'v2' as const },
    balanceSince: null,
    pods: 60,
    catalogAt: NOW - HOUR,
    presets: [],
    loss: null,
    billingAt: NOW - HOUR,
    billingTrouble: null,
    people: [{ chat: 'one', count: 12, readAt: NOW - 60_000, old: 'none' as const, failing: null, unread: [] }],
    unread: [],
    redisUsed: 0.02,
    warnings: 4,
    underWay: 1,
    closed: [],
    chats: [
      {
        chat: 'slack',
        isOpen: true,
        shutAt: null,
        eventAt: NOW - 60_000,
        postedAt: NOW - 120_000,
        failing: null,
        disowned: null,
      },
      {
        chat: 'discord',
        isOpen: true,
        shutAt: null,
        eventAt: NOW - 60_000,
        postedAt: null,
        failing: null,
        disowned: null,
      },
    ],
    lacking: [],
    requests: 0,
  };
  it('health says what is well, and what is not', async () => {
    await expect(`${everything(healthCard(well))}\n`).toMatchFileSnapshot('../golden/health.json');
    const ill = {
      ...well,
      worker: { at: NOW - HOUR, silent: true },
      scannedAt: null,
      trouble: { since: NOW - HOUR, what: 'held', detail: '31 of 60 pods would change at once' },
      balanceSince: NOW - HOUR,
    };
    expect(healthCard(well).tone).toBe('good');
    expect(healthCard(ill).tone).toBe('bad');
    expect(plainText(healthCard(ill), 2000)).toMatch(/not well[\s\S]*SILENT[\s\S]*late[\s\S]*held back[\s\S]*31 of 60/);
    for (const one of [well, ill]) breaksNothing(healthCard(one));
  });

  it('health names the machines whose clock is off, and says what to do; one that is wrong is bad', () => {
    const MINUTE = 60_000;
    const of = (ahead: number) => ({ ...well, clocks: [{ part: 'worker', host: 'gpu-<!channel>', ahead }] });
    const said = (ahead: number) => plainText(healthCard(of(ahead)), 2000);
    expect(healthCard(of(3000)).tone).toBe('warn');
    expect(said(3000)).toMatch(/^Podwarden is well, but a clock is off\n/);
    expect(said(3000)).toContain('the worker’s machine is 3 seconds fast. Set that machine’s clock (NTP).');
    expect(healthCard(of(-6 * MINUTE)).tone).toBe('bad');
    expect(said(-6 * MINUTE)).toContain('6 minutes slow. It carries out nothing but Stop, Deny and Cancel. Set');
    breaksNothing(healthCard({ ...of(12 * MINUTE), clocks: Array(40).fill(of(12 * MINUTE).clocks[0]) }));
  });

  it('health counts and names the records that do not read, a few of many', () => {
    const of = (ids: string[]) => ({
      ...well,
      unread: ids.map((id) => ({ of: 'pod', id, name: `run-${id}`, field: 'cost', what: 'null' })),
    });
    expect(healthCard(of(['a'])).tone).toBe('warn');
    const said = plainText(healthCard(of(['a'])), 2000);
    expect(said).toMatch(/^Podwarden is well, but cannot read 1 record\n/);
    expect(said).toContain('1 record. Podwarden keeps the last confirmed values. pod run-a (a): cost is null');
    const many = healthCard(of(['a', 'b', 'c', 'd', 'e', 'f', 'g']));
    expect(plainText(many, 2000)).toContain('pod run-e (e): cost is null; and 2 more');
    breaksNothing(many);
  });

  it('health says for a day that Redis lost what it held, and what was lost', () => {
    const text = 'Lost requests: terminate <!channel> (Alice asked). Ask again';
    const of = (kind: 'emptied' | 'rolled-back') => ({ ...well, loss: { kind, at: NOW - HOUR, text } });
    expect(healthCard(of('emptied')).tone).toBe('warn');
    expect(plainText(healthCard(of('emptied')), 2000)).toMatch(/^Podwarden is well, but Redis was emptied\n/);
    expect(plainText(healthCard(of('rolled-back')), 2000)).toMatch(/an older state.*Lost requests/s);
    breaksNothing(healthCard(of('emptied')));
  });

  it('health names presets that cannot be launched, and says when GPU types and prices are old', () => {
    const presets = [{ name: 'cheap', problem: 'Runpod has no GPU called a1.' }];
    const old = { ...well, presets, catalogAt: NOW - 2 * HOUR };
    expect(healthCard(old).tone).toBe('warn');
    expect(plainText(healthCard(old), 2000)).toMatch(
      /old: prices are estimates.*cheap: Runpod has no GPU called a1\. Change podwarden\.yaml\./s,
    );
    breaksNothing(healthCard({ ...old, presets: Array(40).fill(presets[0]) }));
  });

  it('health is not well where posts have failed for long, and says since when and why', () => {
    const failing = { since: NOW - HOUR, why: '503 Service Unavailable', isLong: false };
    const [slack, discord] = well.chats;
    const saysOf = (isLong: boolean) =>
      plainText(
        healthCard({ ...well, chats: [slack, { ...discord, failing: { ...failing, isLong } }] as never }),
        2000,
      );
    expect(saysOf(false)).toMatch(
      /^Podwarden is well\n[\s\S]*last post never; posts fail since .* \(503 Service Unavailable\)/,
    );
    expect(saysOf(true)).toMatch(/^Podwarden is not well\n[\s\S]*posts fail since .* \(503 Service Unavailable\)/);
  });

  it('health is not well where a chat does not know Podwarden, whatever connection a bot has told of', () => {
    const disowned = { since: NOW - HOUR, why: 'Slack: invalid_auth' };
    const [slack, discord] = well.chats;
    const saysOf = (isOpen: boolean) =>
      plainText(healthCard({ ...well, chats: [{ ...slack, isOpen, disowned }, discord] as never }), 2000);
    expect(saysOf(true)).toMatch(
      /^Podwarden is not well\n[\s\S]*Slack: does not know Podwarden: invalid_auth, since [^;]*; last event/,
    );
    expect(saysOf(false)).toMatch(
      /Slack: does not know Podwarden: invalid_auth, since [^;]*; NOT CONNECTED; last event/,
    );
  });

  it('health never says of what is past that it is in 39 minutes', () => {
    const soon = NOW + 39 * 60_000;
    const message = healthCard({
      ...well,
      worker: { at: soon, silent: false },
      bot: { at: soon, silent: false },
      scannedAt: soon,
      balance: { balance: 1, readAt: soon },
      balanceSince: soon,
      trouble: { since: soon, what: 'held', detail: 'x' },
      catalogAt: soon,
      billingAt: soon,
      billingTrouble: { since: soon, detail: 'x' },
      people: [{ chat: 'one', count: 1, readAt: soon, old: 'none', failing: { why: 'x', since: soon }, unread: [] }],
    });
    expect(everything(message)).not.toContain(String(soon / 1000));
    expect(plainText(message, 2000)).toContain('Bot: there, stamped by a clock that is 39 minutes fast');
  });
});
