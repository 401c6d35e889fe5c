/** Draws docs/images/mixed.svg: latency, memory and event-loop delay over the time of the run. */
import { axis, draw, heading, LIMIT, legend, OTHERS, OURS, text } from './charts.js';
import type { MixedFigures, NodeSample } from './mixed-run.js';

const WIDTH = 960;
const HEIGHT = 800;
const LEFT = 70;
const PANEL_HEIGHT = 160;
const PANEL_STEP = 260;
const TOP = 70;
const MEGABYTE = 1e6;
/** On a scale of powers of ten nothing is 0. */
const LEAST_MILLISECONDS = 0.1;
const COLOURS = [OURS, OTHERS, LIMIT];
const QUANTILES = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 } as const;

/** Null: a gap in the line. */
type Point = [seconds: number, value: number | null];

function line(name: string, panel: number, colour: number, data: readonly Point[]) {
  const color = COLOURS[colour] ?? OURS;
  return {
    ...{ type: 'line', name, xAxisIndex: panel, yAxisIndex: panel, showSymbol: false },
    ...{ lineStyle: { color, width: 1.5 }, itemStyle: { color }, data },
  };
}

/** Where nodes were killed and came back. */
function marks({ happenings }: MixedFigures) {
  return {
    ...{ silent: true, symbol: 'none', lineStyle: { color: LIMIT, type: 'dashed' } },
    label: { ...text, fontSize: 10, formatter: '{b}', position: 'end' },
    data: happenings.map(({ seconds, what }) => ({ xAxis: seconds, name: what })),
  };
}

function pointsOf(
  samples: readonly NodeSample[],
  id: string,
  value: (sample: NodeSample) => number | undefined,
): Point[] {
  return samples.flatMap((sample): Point[] => {
    if (sample.id !== id) return [];
    if (sample.residentBytes === undefined) return [[sample.seconds, null]];
    const y = value(sample);
    return y === undefined ? [] : [[sample.seconds, y]];
  });
}

export function drawMixed(figures: MixedFigures): string {
  const { samples, seconds, perSecond } = figures;
  const ids = [...new Set(samples.map(({ id }) => id))];
  const latencies = Object.entries(QUANTILES).map(([name, share], index) => {
    const data = seconds.map(
      (histogram, second): Point => [
        second,
        Math.max(LEAST_MILLISECONDS, histogram.quantile(share)),
      ],
    );
    const series = line(name, 0, index, data);
    return index === 0 ? { ...series, markLine: marks(figures) } : series;
  });
  const memory = ids.map((id, index) =>
    line(
      id,
      1,
      index,
      pointsOf(samples, id, ({ residentBytes: bytes }) => bytes && bytes / MEGABYTE),
    ),
  );
  const delays = ids.map((id, index) =>
    line(
      id,
      2,
      index,
      pointsOf(samples, id, ({ eventLoopMilliseconds }) => eventLoopMilliseconds),
    ),
  );
  const titles = [
    `Latency from when each request was due, ms (${perSecond.toFixed(0)} requests a second)`,
    'Resident memory, MB',
    'p99 of event-loop delay, ms',
  ];
  const panels = titles.map((_, panel) => TOP + panel * PANEL_STEP);
  const value = { ...axis, type: 'value' };
  return draw(WIDTH, HEIGHT, {
    title: titles.map((title, panel) => heading(title, 20, (panels[panel] ?? 0) - 60)),
    legend: [
      { ...legend(700, Object.keys(QUANTILES), 6), orient: 'horizontal' },
      { ...legend(700, ids, PANEL_STEP + 12), orient: 'horizontal' },
    ],
    grid: panels.map((top) => ({ left: LEFT, right: 30, top, height: PANEL_HEIGHT })),
    xAxis: panels.map((_, gridIndex) => ({
      ...{ ...value, gridIndex, max: seconds.length - 1, name: gridIndex === 2 ? 'seconds' : '' },
      ...{ nameLocation: 'middle', nameGap: 28, nameTextStyle: text },
    })),
    yAxis: panels.map((_, gridIndex) =>
      gridIndex === 0
        ? { ...value, type: 'log', gridIndex, min: LEAST_MILLISECONDS }
        : { ...value, gridIndex, min: 0 },
    ),
    series: [...latencies, ...memory, ...delays],
  });
}
