/** Draws docs/images/ring-balance.svg from the figures of the ring report. */
import { axis, draw, heading, LIMIT, legend, OTHERS, OURS, text } from './charts.js';
import type { RingFigures } from './ring-figures.js';

type Point = readonly [nodes: number, value: number];

function line(name: string, panel: number, color: string, data: readonly Point[], dashed = false) {
  return {
    type: 'line' as const,
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: false,
    lineStyle: { color, width: 2, type: dashed ? ('dashed' as const) : ('solid' as const) },
    itemStyle: { color },
    data: data.map((point) => [...point]),
  };
}

function xAxis(gridIndex: number) {
  return {
    ...axis,
    gridIndex,
    type: 'value' as const,
    min: 0,
    max: 100,
    name: 'nodes',
    nameLocation: 'middle' as const,
    nameGap: 26,
    nameTextStyle: text,
  };
}

function yAxis(gridIndex: number, min: number, max: number) {
  return { ...axis, gridIndex, type: 'value' as const, min, max };
}

const NAMES = {
  ours: 'this ring',
  limit: 'the limit: 1.05',
  random: '64 random tokens a node',
  join: 'a node joins',
  leave: 'a node leaves',
  moveLimit: 'the limit: 1.1',
};

function seriesOf(rows: readonly RingFigures[]) {
  const points = (value: (row: RingFigures) => number): Point[] =>
    rows.map((row) => [row.nodes, value(row)]);
  const random = points((row) => row.randomPlaces);
  const ours = points((row) => row.fullest / row.mean);
  const joins = points((row) => share(row.joinMoved, row.joinLeast));
  const leaves = points((row) => share(row.leaveMoved, row.leaveLeast));
  const limit = points(() => 1.05);
  const moveLimit = points(() => 1.1);
  return [
    line(NAMES.random, 0, OTHERS, random),
    line(NAMES.limit, 0, LIMIT, limit, true),
    line(NAMES.ours, 0, OURS, ours),
    line(NAMES.moveLimit, 1, LIMIT, moveLimit, true),
    line(NAMES.join, 1, OURS, joins),
    line(NAMES.leave, 1, OTHERS, leaves, true),
  ];
}

/** Two panels: the fullest node over the mean, and copies moved over the least possible. */
export function drawRingBalance(rows: readonly RingFigures[]): string {
  return draw(960, 380, {
    title: [
      heading('Copies of the fullest node / mean', 20),
      heading('Copies moved / least possible', 500),
    ],
    legend: [
      legend(20, [NAMES.ours, NAMES.limit, NAMES.random]),
      legend(500, [NAMES.join, NAMES.leave, NAMES.moveLimit]),
    ],
    grid: [
      { left: 50, top: 110, width: 400, bottom: 50 },
      { left: 530, top: 110, width: 400, bottom: 50 },
    ],
    xAxis: [xAxis(0), xAxis(1)],
    yAxis: [yAxis(0, 1, 1.5), yAxis(1, 0.9, 1.2)],
    series: seriesOf(rows),
  });
}

/** Nothing moved where nothing had to is as good as can be. */
function share(moved: number, least: number): number {
  return least === 0 && moved === 0 ? 1 : moved / least;
}
