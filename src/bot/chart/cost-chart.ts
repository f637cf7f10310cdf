import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import type { ChartDay } from '../../policy/costs/digest.ts';
import { KIND_NAMES, KINDS, type Kind } from '../../policy/costs/sums.ts';

const require = createRequire(import.meta.url);
/** Loaded with the first chart: a bot draws one a day, and starts without it. One file, not its hundreds of modules. */
const echarts = () => require('echarts') as typeof import('echarts');

/**
 * Drawn for a phone: chats scale the picture down to about 360 points there, so that letters are three times as large as on
 * a wide screen. Opaque, so that it reads the same on light and on dark.
 */
const WIDTH = 1200;
const HEIGHT = 680;
const FONT = 'Inter';
const FONT_SIZE = 34;

/** A kind below this share of everything would be a legend without a bar. */
const SEEN = 0.001;

const INK = '#24292f';
const FAINT = '#57606a';
const LINE = '#d0d7de';
const PAPER = '#ffffff';
const BUDGET = '#cf222e';

/** Apart in hue and in lightness, so that they differ without colour too. */
const COLOURS: Record<Kind, string> = {
  gpu: '#4f46e5',
  cpu: '#0e9aa7',
  disk: '#f59e0b',
  volumes: '#7c2d12',
  serverless: '#10b981',
  other: '#94a3b8',
};

export interface CostChart {
  /** Oldest first. Micro-dollars by kind. */
  days: readonly ChartDay[];
  /** Micro-dollars a day; null for no line. */
  budget: number | null;
}

const fontFile = (name: string): string => require.resolve(`@expo-google-fonts/inter/${name}.ttf`);

/** PNG, 1200 pixels wide. */
export function drawCostChart(chart: CostChart): Buffer {
  const font = {
    fontFiles: [fontFile('500Medium/Inter_500Medium'), fontFile('600SemiBold/Inter_600SemiBold')],
    loadSystemFonts: false,
    defaultFontFamily: FONT,
  };
  return new Resvg(costChartSvg(chart), { font, background: PAPER }).render().asPng();
}

const usd = (micro: number): number => micro / 1e6;

/** `$1.2k`, `$340`, `$0.50`: short enough for an axis. */
export function axisText(value: number): string {
  if (value >= 1e6) return `$${trimmed(value / 1e6)}M`;
  if (value >= 1000) return `$${trimmed(value / 1000)}k`;
  return value === 0 || value >= 10 ? `$${Math.round(value)}` : `$${value.toFixed(2)}`;
}

/** A round step, of which four or five reach over the highest day. */
function axisTop(most: number): { max: number; step: number } {
  if (most <= 0) return { max: 1, step: 1 };
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((of) => of * power >= rough) ?? 10) * power;
  return { max: step * Math.ceil(most / step), step };
}

const trimmed = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayText = (day: string): string => `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]}`;

export function costChartSvg({ days, budget }: CostChart): string {
  const whole = (kind: Kind) => days.reduce((sum, day) => sum + (day.kinds[kind] ?? 0), 0);
  const all = KINDS.reduce((sum, kind) => sum + whole(kind), 0);
  const kinds = KINDS.filter((kind) => whole(kind) > all * SEEN);
  const text = { fontFamily: FONT, fontSize: FONT_SIZE, color: FAINT };
  const chart = echarts().init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const most = Math.max(...days.map((day) => kinds.reduce((sum, kind) => sum + (day.kinds[kind] ?? 0), 0)), 0);
  // A budget far above all days would flatten them: it is then left to the text.
  const line = budget !== null && budget <= 2 * most ? usd(budget) : null;
  const top = axisTop(Math.max(usd(most), (line ?? 0) * 1.12));
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT },
    legend: {
      top: 14,
      left: 24,
      itemWidth: 32,
      itemHeight: 32,
      itemGap: 36,
      padding: [5, 60, 5, 5],
      textStyle: { ...text, color: INK },
      data: kinds.map((kind) => KIND_NAMES[kind]),
    },
    grid: { top: kinds.length > 5 ? 176 : 112, left: 140, right: 70, bottom: 76 },
    xAxis: {
      type: 'category',
      data: days.map(({ day }) => dayText(day)),
      axisLine: { lineStyle: { color: LINE, width: 3 } },
      axisTick: { show: false },
      // The last day is the one that is told of.
      axisLabel: { ...text, margin: 16, interval: (i: number) => (days.length - 1 - i) % 7 === 0, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      max: top.max,
      interval: top.step,
      axisLabel: { ...text, margin: 18, formatter: axisText },
      splitLine: { lineStyle: { color: LINE, width: 2 } },
    },
    series: kinds.map((kind, i) => ({
      type: 'bar' as const,
      name: KIND_NAMES[kind],
      stack: 'day',
      barWidth: '72%',
      itemStyle: { color: COLOURS[kind] },
      data: days.map((day) => usd(day.kinds[kind] ?? 0)),
      ...(i === 0 && line !== null ? { markLine: budgetLine(line) } : {}),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const budgetLine = (at: number) => ({
  silent: true,
  symbol: 'none',
  lineStyle: { color: BUDGET, width: 5, type: [16, 12] as [number, number] },
  label: {
    position: 'insideStartTop' as const,
    formatter: `budget ${axisText(at)}`,
    fontFamily: FONT,
    fontWeight: 600 as const,
    fontSize: FONT_SIZE,
    color: BUDGET,
    distance: [8, 6] as [number, number],
  },
  data: [{ yAxis: at }],
});
