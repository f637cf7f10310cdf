import { describe, expect, it } from 'vitest';
import { stoppingPod } from '../../src/bot/commands/stop-start.ts';
import { renderDiscord } from '../../src/bot/discord/render.ts';
import { type Block, bold, card, code, fields, type Message, plain, text } from '../../src/bot/message/message.ts';
import { plainText, truncate } from '../../src/bot/message/plain-text.ts';
import { renderSlack } from '../../src/bot/slack/render.ts';
import { fleetList, gpuList } from '../../src/bot/views/lists.ts';
import { podCard, podLines } from '../../src/bot/views/pod-card.ts';
import { requestCard } from '../../src/bot/views/request-card.ts';
import { stopLines } from '../../src/bot/views/stop.ts';
import { factsOf } from '../../src/policy/facts.ts';
import { type FleetPod, fleetPod } from '../../src/policy/fleet.ts';
import type { Attempt, LaunchSpec, Row, Trouble } from '../../src/policy/ledger.ts';
import { CATALOGUE } from '../policy/catalogue.ts';
import { newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow, SPEC } from '../policy/rows.ts';
import { breaksNothing, everything } from './rendered.ts';

const around = { now: NOW + 3_600_000, catalogue: CATALOGUE, accounts: ['slack:T1/U1', 'discord:700000000000000001'] };
const attempt = { number: 1, podName: FACTS.name, state: 'created' as const, sentAt: 1, doubtAt: null, absentReads: 0 };
const up: Partial<Row> = { podId: 'abc123def456gh', facts: FACTS, attempts: [attempt] };
const trouble = (kind: Trouble['kind'], price: number | null = null): Partial<Row> => ({
  trouble: { kind, detail: 'what RunPod said', onDemandMicroUsdPerHour: price },
});
const task = {
  id: 't',
  kind: 'stop' as const,
  by: ALICE,
  at: NOW,
  sent: true,
  sentAt: 1,
  asOnDemand: false,
  reply: null,
  unlock: false,
  state: 'open' as const,
  from: 'running' as const,
};
const spot = { ...SPEC, market: 'spot' as const, quotedMicroUsdPerHour: 232_000, bidCeilingMicroUsd: 441_000 };

const REGION = ['EU-RO-1', 'EU-SE-1', 'EU-CZ-1', 'EU-FR-1', 'EU-NL-1'];

const CARDS: [name: string, row: Row][] = [
  ['queued', newRow()],
  ['launching', newRow({ status: 'launching', attempts: [{ ...attempt, state: 'sending' }] })],
  ['launching-unsent', newRow({ status: 'launching', attempts: [{ ...attempt, state: 'planned', sentAt: null }] })],
  ['checking', newRow({ status: 'settling' })],
  ['starting', newRow({ ...up, status: 'starting', waitsFor: 'the image and the container' })],
  ['running', newRow({ ...up, status: 'running' })],
  ['running-spot', newRow({ ...up, status: 'running', spec: spot })],
  ['running-zero-gpu', newRow({ ...up, status: 'running', facts: { ...FACTS, gpuCount: 0 }, ...trouble('zero-gpu') })],
  ['running-twin', newRow({ ...up, status: 'running', duplicates: ['zzz999'] })],
  ['stopped-twin', newRow({ ...up, status: 'stopped', duplicates: ['zzz999'] })],
  ['stopping', newRow({ ...up, status: 'stopping', task })],
  ['stopped', newRow({ ...up, status: 'stopped' })],
  [
    'stopped-network-volume',
    newRow({
      ...up,
      status: 'stopped',
      facts: { ...FACTS, volumeDisk: null, networkVolume: { id: 'nv1', path: '/workspace' } },
    }),
  ],
  ['stopped-no-gpu', newRow({ ...up, status: 'stopped', ...trouble('no-gpu-on-host', 490_000) })],
  ['stopped-spot-refused', newRow({ ...up, status: 'stopped', spec: spot, ...trouble('spot-refused', 490_000) })],
  ['failed-no-capacity', newRow({ status: 'failed', ...trouble('no-capacity') })],
  [
    'failed-community-region',
    newRow({
      status: 'failed',
      spec: { ...SPEC, cloud: 'COMMUNITY', dataCenterIds: REGION },
      ...trouble('no-capacity'),
    }),
  ],
  ['failed-spot', newRow({ status: 'failed', spec: spot, ...trouble('no-spot-price', 490_000) })],
  ['failed-funds', newRow({ status: 'failed', ...trouble('no-funds') })],
  ['failed-unknown', newRow({ status: 'failed', ...trouble('unknown-state') })],
  ['expired', newRow({ status: 'expired', ...trouble('expired') })],
  ['terminated', newRow({ ...up, status: 'terminated' })],
];

describe('cards', () => {
  it.each(CARDS)('%s looks as it did, on both platforms', async (name, row) => {
    const message = podCard(row, around);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/card-${name}.json`);
    breaksNothing(message);
  });

  it.each(CARDS)('%s: Running, Stopped and Terminated stand only for the present state', (_, row) => {
    const read = (m: Message) => plainText(m, 10_000) + JSON.stringify(m.buttons.map((b) => b.confirm));
    const cardText = read(podCard(row, around));
    const lineText = podLines(row, around)
      .map(({ message }) => read(message))
      .join('\n');
    const words = { running: 'running', stopped: 'stopped', terminated: 'terminated' } as Record<string, string>;
    for (const word of ['running', 'stopped', 'terminated']) {
      if (words[row.status] === word) expect(cardText.toLowerCase()).toContain(word);
      else expect(cardText.toLowerCase()).not.toContain(word);
      // A line stays in its thread when the state has moved on.
      expect(lineText.toLowerCase()).not.toContain(word);
    }
  });

  it('RunPod was asked is said only once it was', () => {
    const said = (state: Attempt['state']) =>
      plainText(podCard(newRow({ status: 'launching', attempts: [{ ...attempt, state }] }), around), 10_000);
    expect(said('planned')).not.toMatch(/was asked/);
    expect(said('sending')).toMatch(/RunPod was asked/);
    expect(plainText(podCard(newRow({ status: 'launching' }), around), 10_000)).not.toMatch(/was asked/);
  });

  it('no capacity names the region as the likely cause, with a way out, only in Community Cloud and for a region', () => {
    const of = (spec: Partial<LaunchSpec>) =>
      podCard(newRow({ status: 'failed', spec: { ...SPEC, ...spec }, ...trouble('no-capacity') }), around);
    const labels = (message: Message) => message.buttons.map(({ label }) => label);
    const region = of({ cloud: 'COMMUNITY', dataCenterIds: ['EU-RO-1'] });
    expect(plainText(region, 10_000)).toMatch(/EU-RO-1.*region is the likely cause/);
    expect(labels(region)[0]).toBe('Anywhere');
    const volume = { id: 'nv1', name: 'shared', path: '/workspace' };
    for (const other of [
      of({ cloud: 'COMMUNITY' }),
      of({ dataCenterIds: ['EU-RO-1'] }),
      // A network volume fixes the place: no button may leave it.
      of({ cloud: 'COMMUNITY', dataCenterIds: ['EU-RO-1'], networkVolume: volume }),
    ]) {
      expect(labels(other)).not.toContain('Anywhere');
    }
  });

  it('a spot launch without a known price costs at most its bid; with one about that', () => {
    const queued = (quotedMicroUsdPerHour: number, gpuCount = 1) =>
      plainText(podCard(newRow({ spec: { ...spot, quotedMicroUsdPerHour, gpuCount } }), around), 1000);
    expect(queued(441_000)).toContain('spot, at most $0.44/h');
    expect(queued(882_000, 2)).toContain('spot, at most $0.88/h');
    expect(queued(232_000)).toContain('spot, about $0.23/h');
  });

  it('the words that people rely on are there', () => {
    const said = (name: string) => plainText(podCard(CARDS.find(([n]) => n === name)?.[1] ?? newRow(), around), 10_000);
    expect(said('failed-no-capacity')).toContain('no capacity');
    expect(said('stopped')).toContain('double');
  });
});

const odd = (status: string, microUsdPerHour: number) => ({ ...FACTS, odd: { status, microUsdPerHour } });
const ODD: [name: string, row: Row][] = [
  ['error', newRow({ ...up, status: 'stopped', facts: odd('ERROR', 0), ...trouble('pod-error') })],
  [
    'error-not-stopped',
    newRow({
      ...up,
      status: 'stopped',
      facts: odd('ERROR', 490_000),
      task: { ...task, state: 'failed' },
      trouble: { kind: 'pod-error', detail: '', onDemandMicroUsdPerHour: null },
    }),
  ],
  ['unknown-status', newRow({ ...up, status: 'running', facts: odd('HIBERNATING', 90_000) })],
];

describe('the card of a pod in ERROR or in an unknown state', () => {
  it.each(ODD)('%s looks as it did, and calls nothing good, running or stopped', async (name, row) => {
    const message = podCard(row, around);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/card-${name}.json`);
    breaksNothing(message);
    expect(message.tone).not.toBe('good');
    expect(message.title).not.toMatch(/Running|Stopped/);
    const lines = podLines(row, around).map((line) => plainText(line.message, 10_000));
    expect(lines.join('\n')).not.toMatch(/the pod is off|ended,|your pod is up/);
  });
});

describe('a CPU pod', () => {
  const cpu = fleetPod.parse({
    id: 'cpu1',
    name: 'alice-proxy-k3f9t2',
    status: 'RUNNING',
    gpuName: '',
    gpuCount: null,
    cloud: 'SECURE',
    dataCenter: 'EU-RO-1',
    microUsdPerHour: 60_000,
    containerDiskGb: 20,
    volumeDisk: { sizeGb: 20, path: '/workspace' },
    networkVolume: null,
    locked: false,
    createdAt: new Date(NOW).toISOString(),
    startedAt: new Date(NOW).toISOString(),
    reporting: true,
  });
  const facts = factsOf(cpu, null);
  const rowIn = (status: Row['status'], more: Partial<Row> = {}) =>
    newRow({ ...up, spec: null, status, facts, ...more });
  const read = (m: Message) => plainText(m, 10_000) + JSON.stringify(m.buttons.map((b) => b.confirm));

  it.each(['running', 'stopped', 'stopping', 'starting'] as const)('that is %s has no word of a GPU', (status) => {
    const message = podCard(rowIn(status), around);
    expect(read(message)).not.toMatch(/GPU/);
    for (const line of podLines(rowIn(status), around)) expect(read(line.message)).not.toMatch(/GPU/);
    if (status === 'running') expect(message).toMatchObject({ title: 'proxy: Running on CPU', tone: 'good' });
  });

  it('is stopped, started and terminated without a word of a GPU', () => {
    const stops = stopLines(stoppingPod(cpu));
    expect(plainText({ title: null, tone: 'warn', blocks: stops, buttons: [] }, 1000)).toBe(
      [
        'proxy (CPU)',
        'Ends: $0.06/h',
        'Lost: everything outside /workspace',
        'Kept: 20 GB at /workspace for $0.13 a day (2x, double the usual rate)',
      ].join('\n'),
    );
    const refused = podCard(rowIn('stopped', trouble('no-gpu-on-host')), around);
    expect(read(refused)).not.toMatch(/GPU/);
    expect(read(refused)).toMatch(/no free capacity on this pod’s host/);
    // There is no launch of a CPU pod to offer.
    expect(refused.buttons.map(({ label }) => label)).not.toContain('Launch a new one');
    const approval = newApproval();
    const asked = { ...approval, facts: { ...approval.facts, ...facts } };
    expect(read(requestCard([asked], NOW, () => []))).not.toMatch(/GPU/);
  });
});

it('nobody is told that a pod which was made elsewhere is up, unless it was started here', () => {
  const made = newRow({ ...up, status: 'running', spec: null });
  const started = { ...made, task: { ...task, kind: 'start' as const, state: 'done' as const } };
  const said = [made, started].map((row) => podLines(row, around).map(({ message }) => plainText(message, 500)));
  expect(said).toEqual([[], [expect.stringMatching(/your pod is up/)]]);
});

describe('a pod on a savings plan', () => {
  const facts = { ...FACTS, savingsPlan: true };
  it('saves nothing by a stop, and says so', () => {
    const row = newRow({ ...up, status: 'running', facts });
    const [confirm] = podCard(row, around).buttons.flatMap(({ confirm: asks }) => asks ?? []);
    expect(confirm?.text).toMatch(/Ends: nothing: .*savings plan, which is paid in advance/);
    expect(confirm?.text.length).toBeLessThanOrEqual(300);
    const stopped = newRow({ ...up, status: 'stopped', facts, task: { ...task, state: 'done' } });
    expect(
      podLines(stopped, around)
        .map(({ message }) => plainText(message, 500))
        .join(),
    ).not.toMatch(/\$0\.49\/h ended/);
  });

  it('saves only its disks by a termination', () => {
    const said = (plan: boolean) => {
      const asked = newApproval();
      return requestCard([{ ...asked, facts: { ...asked.facts, ...FACTS, savingsPlan: plan } }], NOW, () => []);
    };
    expect(plainText(said(true), 5000)).toMatch(
      /Saves: \$0\.49 a day for its disks; its GPU is paid in advance \(savings plan\)/,
    );
    // Its disk costs more while it is off, and the button says so.
    expect(said(true).buttons[0]?.label).toMatch(/^Stop now: \$0\.02\/h → \$0\.03\/h$/);
    expect(plainText(said(false), 5000)).toMatch(/Saves: \$12\.25 a day/);
  });
});

describe('hostile text', () => {
  const evil = '<!channel> @everyone <@U1> <@&1> *b* `c` [x](http://evil) || ~~ > # &amp; \u202E';
  const row = newRow({
    ...up,
    status: 'running',
    facts: { ...FACTS, name: evil, dataCenter: evil },
    by: { ...ALICE, name: evil },
  });
  const message = podCard(row, { ...around, accounts: ['other:1'] });

  it('pings nobody on Slack', () => {
    const { text: fallback, blocks } = renderSlack(message);
    expect(fallback).not.toMatch(/<[!@#]/);
    const mrkdwn = JSON.stringify(blocks).match(/"mrkdwn","text":"((?:[^"\\]|\\.)*)"/g) ?? [];
    expect(mrkdwn.length).toBeGreaterThan(3);
    for (const part of mrkdwn) expect(part.replace(/<!date\^[^>]*>/g, '')).not.toMatch(/<[!@#]/);
  });

  it('pings nobody on Discord', () => {
    const body = renderDiscord(message);
    expect(body.allowed_mentions).toEqual({ parse: [], users: [] });
    expect(JSON.stringify(body.embeds[0]?.fields)).not.toMatch(/(?<!\\)<@|@everyone/);
  });

  it.each([
    '||secret||',
    '<@700000000000000001>',
    '<@&1>',
    '<#1>',
    '<t:0:R>',
    '<:ok:1>',
    '<a:ok:1>',
    '</pod:1>',
    '[x](https://evil.example)',
    '**run7**',
    '`run7`',
    '@everyone',
  ])('an embed’s title formats, mentions and links nothing: %s', (name) => {
    const title = renderDiscord(card(`${name}: Running`, 'good', [])).embeds[0]?.title ?? '';
    expect(title).not.toMatch(/\|\||<[@#:t/a]|\]\(|\*\*|`|@everyone/);
    // What it says is still read.
    expect(title.replace(/[^a-z0-9]/gi, '')).toBe(`${name}: Running`.replace(/[^a-z0-9]/gi, ''));
  });

  it('a title that holds none of that is left as it is', () => {
    const title = 'run_7 [eu] a|b 3 < 4 (x): Running';
    expect(renderDiscord(card(title, 'good', [])).embeds[0]?.title).toBe(title);
  });

  it('shows nothing that nobody sees, and joins what belongs together', () => {
    for (const [given, shown] of [
      ['run\u202e7nur', 'run7nur'],
      ['bo\u200bb\u2060', 'bob'],
      ['\u3164\u200b', '(invisible)'],
      ['a\u0000b\u001b[31mc', 'ab[31mc'],
      ['a\r\nb\u2028c', 'a b c'],
      ['🧑\u200d💻 ❤\ufe0f 1\ufe0f', '🧑\u200d💻 ❤\ufe0f 1\ufe0f'],
      ['b\ufe0fo\u200db', 'bob'],
    ] as const) {
      const blocks: Block[] = [
        fields([given, bold(given)]),
        text({ kind: 'user', accounts: [], name: given }, code(given)),
        { kind: 'table', header: [given], rows: [[[bold(given)]]], more: 0 },
      ];
      const said = { ...card(given, 'info', blocks, [{ label: given, token: 'v1.stop.p1' }]), lead: [bold(given)] };
      const bodies = JSON.stringify([renderSlack(said), renderDiscord(said)]);
      expect(bodies.split(JSON.stringify(shown).slice(1, -1)).length - 1).toBeGreaterThan(12);
      if (given !== shown) expect(bodies).not.toContain(JSON.stringify(given).slice(1, -1));
      if (given !== shown) expect(bodies).not.toMatch(/[\u200b\u202e\u2060\u2028\u3164]|\\u0000|\\u001b|\\r/);
    }
  });

  it('a line pings only those who are named to be', () => {
    const line = podLines(newRow({ ...up, status: 'running' }), around)[0];
    const twice = ['discord:700000000000000001', 'discord:700000000000000001'];
    const body = renderDiscord(line?.message ?? message, twice);
    expect(body.content).toContain('<@700000000000000001>');
    expect(body.allowed_mentions).toEqual({ parse: [], users: ['700000000000000001'] });
  });
});

describe('what is too long', () => {
  const pod = (i: number): FleetPod => ({
    id: `id${i}`,
    name: `alice-pod${i}-k3f9t2`,
    status: i % 3 === 0 ? 'EXITED' : 'RUNNING',
    gpuName: 'RTX A6000',
    gpuCount: 1,
    cloud: 'SECURE',
    dataCenter: 'EU-RO-1',
    microUsdPerHour: 490_000,
    containerDiskGb: 50,
    volumeDisk: { sizeGb: 20, path: '/workspace' },
    networkVolume: null,
    locked: false,
    createdAt: new Date(NOW - i * 60_000).toISOString(),
    startedAt: null,
    reporting: true,
    gpuId: 'NVIDIA RTX A6000',
    imageMark: 'image',
    gpuUtil: [],
    clustered: false,
  });

  it('a fleet of 2,500 is listed with a count for the rest', () => {
    const message = fleetList(
      Array.from({ length: 2500 }, (_, i) => pod(i)),
      { readAt: NOW, now: NOW },
      'Pods',
    );
    breaksNothing(message);
    for (const body of [renderSlack(message), renderDiscord(message)]) {
      expect(JSON.stringify(body)).toContain('and 2480 more');
      expect(JSON.stringify(body)).toContain('2500 pods, 1666 up, ');
    }
  });

  it('a list says which pods are part of a cluster', () => {
    const pods = [pod(1), { ...pod(2), clustered: true }];
    const shown = plainText(fleetList(pods, { readAt: NOW, now: NOW }, 'Pods'), 1000);
    expect(shown.match(/Running[^|\n]*?in a cluster/g)).toHaveLength(1);
  });

  it('lists look as they did', async () => {
    const pods = [pod(0), pod(1), { ...pod(2), gpuCount: null, name: 'made by hand' }];
    await expect(`${everything(fleetList(pods, { readAt: NOW, now: NOW }, 'Pods'))}\n`).toMatchFileSnapshot(
      '../golden/list.json',
    );
    await expect(`${everything(gpuList(CATALOGUE, NOW, null))}\n`).toMatchFileSnapshot('../golden/gpus.json');
    const lines = stopLines({ name: 'run7', gpu: 'RTX A6000', microUsdPerHour: 490_000, storage: FACTS });
    expect(plainText({ title: null, tone: 'warn', blocks: lines, buttons: [] }, 1000)).toBe(
      [
        'run7 (RTX A6000)',
        'Ends: $0.49/h',
        'GPU: the RTX A6000 goes back, and may be gone on this host at the next start',
        'Lost: everything outside /workspace',
        'Kept: 100 GB at /workspace for $0.66 a day (2x, double the usual rate)',
      ].join('\n'),
    );
  });

  it.each([100, 5000, 50_000])('%i characters in every part break no limit', (size) => {
    const long = `${'x'.repeat(size)}😀`;
    breaksNothing({
      title: long,
      tone: 'info',
      blocks: [
        text(long),
        { kind: 'fields', fields: Array.from({ length: 30 }, () => ({ label: long, value: [plain(long)] })) },
        {
          kind: 'table',
          header: ['a', 'b'],
          rows: Array.from({ length: 300 }, () => [[plain(long)], [plain('')]]),
          more: 0,
        },
        { kind: 'table', header: ['second'], rows: [[[plain('cell')]]], more: 0 },
        { kind: 'code', text: long },
      ],
      buttons: Array.from({ length: 30 }, (_, i) => ({
        label: long,
        token: `v1.stop.p${i}`,
        confirm: { title: long, text: long },
      })),
    });
  });

  it('cuts with a mark, and never through a surrogate pair', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('ab😀cd', 4)).toBe('ab…');
    expect(truncate('abcd', 4)).toBe('abcd');
  });
});
