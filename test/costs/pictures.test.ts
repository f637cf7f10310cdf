import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { axisText, costChartSvg, drawCostChart } from '../../src/bot/chart/cost-chart.ts';
import { plusDays } from '../../src/policy/costs/days.ts';
import type { ChartDay } from '../../src/policy/costs/digest.ts';
import type { Stage } from '../scans/stage.ts';
import { useRedis } from '../store/redis.ts';
import { digestDue, digestsIn, turn } from './staged.ts';

const days = (kinds: (i: number) => ChartDay['kinds']): ChartDay[] =>
  Array.from({ length: 30 }, (_, i) => ({ day: plusDays('2026-10-26', i), kinds: kinds(i) }));
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('the chart', () => {
  it('names kinds that are there, round steps, every seventh day back from the last, and the budget', () => {
    const svg = costChartSvg({ days: days((i) => ({ gpu: (100 + i) * 1e6, disk: 5e6, other: 10 })), budget: 120e6 });
    const said = texts(svg);
    expect(said).toEqual(
      expect.arrayContaining(['GPU', 'Pod disks', '$0', '$50', '$100', '$150', '24 Nov', '27 Oct', 'budget $120']),
    );
    expect(said).not.toContain('Other');
    expect(said).not.toContain('Serverless');
  });

  it('leaves out a budget that would flatten all days, and is there without any', () => {
    expect(texts(costChartSvg({ days: days(() => ({ gpu: 1e6 })), budget: 1e9 })).join(' ')).not.toContain('budget');
    expect(texts(costChartSvg({ days: days(() => ({})), budget: null }))).toContain('24 Nov');
  });

  it('is a PNG 1,200 pixels wide, drawn with the font it brings', () => {
    const png = drawCostChart({ days: days((i) => ({ gpu: i * 1e6 })), budget: null });
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1200);
    // Without letters it is far smaller: no font of the machine may stand in.
    const bare = drawCostChart({ days: [], budget: null });
    expect(png.length).toBeGreaterThan(bare.length + 5000);
  });

  it.each([
    [0, '$0'],
    [0.5, '$0.50'],
    [9.5, '$9.50'],
    [340, '$340'],
    [1200, '$1.2k'],
    [2000, '$2k'],
    [1_500_000, '$1.5M'],
  ])('%d on the axis is %s', (value, text) => {
    expect(axisText(value)).toBe(text);
  });
});

const POLICY = `
rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "800000000000000001", money: true } } }
`;
const redis = useRedis();
let s: Stage;
const post = async () => {
  await turn(s);
  await s.quiet();
};

describe('the picture of a digest', () => {
  beforeEach(async () => {
    s = await digestDue(redis.path(), POLICY);
  }, 60_000);
  afterEach(async () => {
    await s?.close();
  });

  it('stands in the card of both chats, with its words for who cannot see it', async () => {
    await post();
    const [message] = s.slack.workspace.messages.filter(({ text }) => text.includes('Costs Tue 24 Nov'));
    const image = message?.blocks.find(({ type }) => type === 'image') as {
      slack_file: { id: string };
      alt_text: string;
    };
    expect(s.slack.workspace.files.get(image.slack_file.id)?.bytes?.subarray(1, 4).toString()).toBe('PNG');
    expect(image.alt_text).toMatch(/^Costs of 30 days by kind/);
    const [other] = s.discord.server.messages.filter(({ embeds }) =>
      JSON.stringify(embeds).includes('Costs Tue 24 Nov'),
    );
    expect(other?.embeds[0]?.image).toEqual({ url: 'attachment://costs-2026-11-24.png' });
    expect(other?.attachments).toMatchObject([{ filename: 'costs-2026-11-24.png', description: image.alt_text }]);
    expect([...s.slack.violations, ...s.discord.violations]).toEqual([]);
  });

  it('is shared in the thread where Slack refuses a message that shows it, and the digest is there once', async () => {
    s.slack.filesRefused = true;
    await post();
    expect(digestsIn(s, 'slack')).toHaveLength(1);
    expect(digestsIn(s, 'slack')[0]).not.toContain('[Costs of');
    const shared = s.slack.visibleTo(null).filter(({ text }) => text.includes('costs-2026-11-24.png'));
    expect(shared.map(({ thread }) => thread)).toEqual([true]);
  });

  it('stays in the card through edits', async () => {
    await post();
    s.account.book.note(
      'pods',
      'vision',
      { gpu: 5 },
      Date.parse('2026-11-24T12:00:00Z'),
      Date.parse('2026-11-24T13:00:00Z'),
    );
    s.time.now = Date.parse('2026-11-26T15:00:00Z');
    await post();
    for (const chat of ['slack', 'discord'] as const) {
      const first = digestsIn(s, chat).find((text) => text.includes('Costs Tue 24 Nov'));
      expect(first).toMatch(/Costs Tue 24 Nov: \$14\.\d\d/);
      expect(first).toContain('[Costs of 30 days by kind');
    }
    expect([...s.slack.violations, ...s.discord.violations]).toEqual([]);
  });
});
