/** Draws docs/images/cost-*.svg: CPU and latency of each work along one axis. */
import { axis, draw, heading, LIMIT, legend, OTHERS, OURS, text } from './charts.js';
import type { CostFigure } from './cost-figures.js';

const WIDTH = 960;
const HEIGHT = 400;
const LEFTS = [60, 540];
const COLOURS = [OURS, LIMIT, OTHERS];

type Value = (figure: CostFigure) => number;

interface Line {
  readonly suffix: string;
  readonly panel: number;
  readonly dashed: boolean;
  readonly value: Value;
}

const LINES: readonly Line[] = [
  { suffix: '', panel: 0, dashed: false, value: ({ cpuMicroseconds }) => cpuMicroseconds },
  { suffix: ' p50', panel: 1, dashed: false, value: ({ p50Milliseconds }) => p50Milliseconds },
  { suffix: ' p99', panel: 1, dashed: true, value: ({ p99Milliseconds }) => p99Milliseconds },
];

/** @param title what grows */
export function drawCost(title: string, figures: readonly CostFigure[]): string {
  const works = [...new Set(figures.map(({ work }) => work))];
  const series = works.flatMap((work, index) =>
    LINES.map(({ suffix, panel, dashed, value }) => {
      const color = COLOURS[index % COLOURS.length] ?? OURS;
      return {
        ...{ type: 'line', name: `${work}${suffix}`, xAxisIndex: panel, yAxisIndex: panel },
        ...{ symbolSize: 5, itemStyle: { color } },
        lineStyle: { color, width: 2, type: dashed ? 'dashed' : 'solid' },
        data: figures.filter((figure) => figure.work === work).map((one) => [one.x, value(one)]),
      };
    }),
  );
  const ends = extentOf(figures.map(({ x }) => x));
  return draw(WIDTH, HEIGHT, {
    title: [heading('CPU, us an operation', 20), heading('Latency, ms: p50, and p99 dashed', 500)],
    legend: legend(20, works),
    grid: LEFTS.map((left) => ({ left, top: 110, width: 400, bottom: 55 })),
    xAxis: LEFTS.map((_, gridIndex) => ({
      ...{ ...axis, ...ends, gridIndex, name: title, nameLocation: 'middle', nameGap: 30 },
      nameTextStyle: text,
    })),
    yAxis: LEFTS.map((_, gridIndex) => {
      const values = LINES.filter(({ panel }) => panel === gridIndex).flatMap(({ value }) =>
        figures.map(value),
      );
      return { ...axis, gridIndex, type: 'log', min: decadeBelow(Math.min(...values)) };
    }),
    series,
  });
}

const DECADES_MIN = 10;

/** Powers of ten where the last is far from the first. */
export function extentOf(values: readonly number[]): {
  readonly type: 'log' | 'value';
  readonly min: number;
  readonly max: number;
} {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return { type: max / min >= DECADES_MIN ? 'log' : 'value', min, max };
}

export function decadeBelow(value: number): number {
  return value > 0 ? 10 ** Math.floor(Math.log10(value)) : 1;
}
