import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { balanceCard, budgetCard, costCard, whyCard } from '../../src/bot/views/costs/answers.ts';
import { costRows, csv } from '../../src/bot/views/costs/csv.ts';
import { digestCard, digestDetails } from '../../src/bot/views/costs/digest.ts';
import type { CostDay, CostLine } from '../../src/policy/costs/day.ts';
import type { Digest, DigestFacts } from '../../src/policy/costs/digest.ts';
import { usualFor } from '../../src/policy/costs/usual.ts';
import { BOB } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { breaksNothing, everything } from './rendered.ts';

const usd = (amount: number) => Math.round(amount * 1e6);
const EVIL = '=cmd|"x" <!channel> @everyone `*_~';

const line = (name: string, gpu: number, disk: number, more: Partial<CostLine> = {}): CostLine => ({
  product: 'pods',
  id: `id-${name}`,
  name,
  owner: ALICE,
  project: null,
  gpu: 'RTX 4090',
  amounts: { gpu: usd(gpu), disk: usd(disk) },
  stopped: 0,
  idle: 0,
  orphan: false,
  savedBySpot: 0,
  ...more,
});

function day(of: string, lines: CostLine[], more: Partial<CostDay> = {}): CostDay {
  const sum = ({ amounts }: CostLine) => Object.values(amounts).reduce((total, amount) => total + amount, 0);
  return {
    zone: 'Europe/Berlin',
    day: of,
    from: NOW,
    to: NOW + 86_400_000,
    exact: true,
    readAt: NOW,
    final: true,
    hours: 24,
    estimated: 0,
    unknown: 0,
    total: lines.reduce((total, one) => total + sum(one), 0),
    lines,
    saved: { stops: 0, terminations: 0 },
    ...more,
  };
}

const LINES = [
  line('alice-vision-k3f9t2', 16.56, 0.23, { project: 'vision' }),
  line('bob-sweep-3-m7q4w8', 240, 0.82, { owner: BOB, gpu: 'H100 SXM' }),
  line('mystery', 1.5, 0, { owner: null, gpu: 'RTX A5000' }),
  line('', 0, 0, {
    product: 'serverless',
    id: 'sls1',
    name: 'Serverless sls1',
    owner: null,
    gpu: null,
    amounts: { gpu: usd(1.61) },
  }),
  line('', 0, 0, { product: 'other', id: null, name: '', owner: null, gpu: null, amounts: { flat: usd(0.4) } }),
];
const usually = (weeks: number) => [
  line('alice-vision-p2r5s9', 16.56, 0.23),
  line(`bob-nightly-${weeks}`, 4, 0.1, { owner: BOB }),
];
const HISTORY = new Map(['2026-11-10', '2026-11-03', '2026-10-27'].map((at, i) => [at, day(at, usually(i))] as const));
const period = { first: '2026-11-17', last: '2026-11-17', words: 'yesterday' };
const ONE = day('2026-11-17', LINES);
const sound = { days: [ONE], missing: 0, troubleSince: null };

const FACTS: DigestFacts = {
  total: usd(269.4),
  compute: usd(268.05),
  storage: usd(1.35),
  before: usd(37.62),
  weekBefore: usd(22.43),
  usual: usd(22.43),
  movers: [
    { name: 'sweep-3', owner: BOB, by: usd(240.82) },
    { name: 'mystery', owner: null, by: usd(1.5) },
  ],
  groups: {
    person: {
      top: [
        { label: 'Bob', total: usd(240.82) },
        { label: 'Alice', total: usd(16.79) },
      ],
      more: usd(1),
    },
    project: { top: [{ label: 'vision', total: usd(16.79) }], more: 0 },
    gpu: { top: [{ label: 'H100 SXM', total: usd(240.82) }], more: 0 },
    pod: { top: [{ label: 'bob-sweep-3-m7q4w8', total: usd(240.82) }], more: 0 },
  },
  waste: [
    { kind: 'stopped', id: 'pod1', name: 'alice-old-m7q4w8', owner: ALICE, amount: usd(0.66), still: true },
    { kind: 'idle', id: 'pod2', name: 'bob-sweep-3-m7q4w8', owner: BOB, amount: usd(12), still: true },
    { kind: 'orphan', id: 'nv1', name: 'shared', owner: null, amount: usd(0.23), still: true },
    { kind: 'idle', id: 'pod3', name: 'gone', owner: null, amount: usd(0.2), still: false },
  ],
  wasteMore: usd(0.5),
  saved: { spot: usd(3), stops: usd(20), terminations: usd(1.2) },
  outside: [{ name: 'carol-lost-k3f9t2', at: NOW, said: 'Terminated by user', owner: null }],
  account: {
    balance: usd(42.91),
    readAt: NOW,
    perHour: usd(0.98),
    zeroAt: NOW + 43 * 3_600_000,
    postpaid: false,
    paysItself: false,
  },
  month: { soFar: usd(741.98), month: { low: usd(773.01), expected: usd(908.66), high: usd(911.63) }, missing: 0 },
  budgets: [{ scope: 'team', window: 'day', budget: usd(60), spent: usd(269.4) }],
  audit: { n: 22, mac: '24ba0f3e34ce83760000' },
  chart: Array.from({ length: 30 }, (_, i) => ({
    day: `2026-11-${String(i + 1).padStart(2, '0')}`,
    kinds: { gpu: usd(20 + i) },
  })),
  dayBudget: usd(60),
  missing: 0,
  hours: 24,
  estimated: 0,
  unknown: 0,
  final: true,
  exact: true,
  readAt: NOW,
};
const digest = (facts: Partial<DigestFacts> = {}, more: Partial<Digest> = {}): Digest => ({
  id: 'daily_2026-11-17_gpu',
  rev: 1,
  room: 'gpu',
  kind: 'daily',
  zone: 'Europe/Berlin',
  first: '2026-11-17',
  last: '2026-11-17',
  dueAt: NOW,
  createdAt: NOW,
  facts: { ...FACTS, ...facts },
  ...more,
});
const nothing = { total: 0, compute: 0, storage: 0, waste: [], outside: [], movers: [], wasteMore: 0 };
const posting = { png: 'iVBORw0KGgo=', late: false };

it('the digest of a month’s last day says what the month has cost, and forecasts nothing', () => {
  const month = {
    soFar: usd(741.98),
    month: { low: usd(741.98), expected: usd(741.98), high: usd(741.98) },
    missing: 0,
  };
  const said = (last: string, facts: Partial<DigestFacts>) =>
    plainText(digestCard(digest(facts, { first: last, last }), posting), 5000);
  expect(said('2026-11-30', { month })).toContain('November: $741.98 in all');
  expect(said('2026-11-30', { month })).not.toMatch(/so far|about \$741/);
  expect(said('2026-11-30', { month: { soFar: usd(700), month: null, missing: 2 } })).toContain(
    'November: $700.00, without 2 days that were never read',
  );
  expect(said('2026-11-29', {})).toContain('November so far: $741.98, in all about $908.66');
});

const CARDS: [string, Message][] = [
  ['digest', digestCard(digest(), posting)],
  [
    'digest-late-estimate',
    digestCard(digest({ final: false, estimated: 5, unknown: 1, exact: false }), { png: null, late: true }),
  ],
  ['digest-usual', digestCard(digest({ usual: usd(269.4), waste: [], outside: [], budgets: [], movers: [] }), posting)],
  [
    'digest-first',
    digestCard(
      digest({
        usual: null,
        before: null,
        weekBefore: null,
        account: null,
        month: { soFar: 0, month: null, missing: 3 },
      }),
      posting,
    ),
  ],
  ['digest-weekly', digestCard(digest({}, { kind: 'weekly', first: '2026-11-11' }), posting)],
  ['digest-empty', digestCard(digest(nothing), posting)],
  ['digest-details', digestDetails(digest())],
  [
    'cost',
    costCard({ period, asked: 1, by: 'person', before: { total: usd(37.62), words: 'the day before' }, ...sound }),
  ],
  [
    'cost-estimate',
    costCard({
      period,
      asked: 3,
      by: 'pod',
      before: null,
      days: [{ ...ONE, final: false, estimated: 3, exact: false }],
      missing: 2,
      troubleSince: NOW,
    }),
  ],
  ['cost-unknown', costCard({ period, asked: 3, by: 'gpu', before: null, days: [], missing: 1, troubleSince: null })],
  ['why', whyCard({ day: '2026-11-17', usual: usualFor('2026-11-17', HISTORY), ...sound })],
  ['why-nothing-usual', whyCard({ day: '2026-11-17', usual: null, ...sound })],
  [
    'balance',
    balanceCard({
      account: { balance: usd(42.91), readAt: NOW, postpaid: false },
      perHour: usd(0.98),
      zeroAt: NOW + 43 * 3_600_000,
      paysItself: true,
      topUps: [{ at: NOW, amount: usd(100) }],
      month: FACTS.month,
    }),
  ],
  ['budgets', budgetCard(FACTS.budgets, (key) => key, 'A launch beyond one is refused.')],
];

describe('cards of costs', () => {
  it.each(CARDS)('%s looks as it did, on both platforms', async (name, message) => {
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/cost-${name}.json`);
    breaksNothing(message);
  });

  it('hostile names ping nobody and format nothing, and a spreadsheet runs none of them', () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      line(`${EVIL}${i}`, 1, 0.1, { project: EVIL, owner: { ...BOB, name: EVIL } }),
    );
    const evil = { ...sound, days: [day('2026-11-17', lines)] };
    for (const by of ['person', 'project', 'gpu', 'pod'] as const)
      breaksNothing(costCard({ period, asked: 1, by, before: null, ...evil }));
    breaksNothing(whyCard({ day: '2026-11-17', usual: usualFor('2026-11-17', HISTORY), ...evil }));
    const waste = FACTS.waste.map((one) => ({ ...one, name: EVIL.repeat(8), owner: { ...BOB, name: EVIL } }));
    breaksNothing(digestCard(digest({ waste, movers: [{ name: EVIL, owner: null, by: usd(1) }] }), posting));
    breaksNothing(digestDetails(digest({ outside: [{ name: EVIL, at: NOW, said: EVIL, owner: null }] })));
    const rows = csv(costRows(day('2026-11-17', lines), 'pod')).split('\r\n');
    expect(rows[0]).toMatch(/^2026-11-17,Europe\/Berlin,"'=cmd\|""x""/);
    expect(rows).toHaveLength(61);
  });
});
