/** The picture of `npm run bench`: throughput and CPU of every row. */
import { axis, draw, heading, OTHERS, OURS, text } from './charts.js';
import type { Measured } from './measure.js';
import type { RowResult } from './report.js';
import { median, workText } from './report.js';

const WIDTH = 1000;
const ROW_HEIGHT = 24;
const MARGINS = { top: 44, bottom: 30 };
const LEFT = 340;
const PANEL = 280;
const GAP = 60;

const PANELS: readonly (readonly [title: string, figure: (measured: Measured) => number])[] = [
  ['operations a second', ({ operationsPerSecond }) => Math.round(operationsPerSecond)],
  ['CPU, microseconds an operation', ({ cpuMicroseconds }) => Math.round(cpuMicroseconds)],
];

/**
 * Rows from the top in the order of the table. What did not run is left out, and what is no store
 * by itself: its figures would press all others into a corner.
 */
export function drawBench(all: readonly RowResult[]): string {
  const rows = all
    .filter(({ row, rounds }) => rounds.length > 0 && row.system !== 'parts')
    .toReversed();
  const names = rows.map(
    ({ row, systemName }) => `${workText(row)}, ${row.connections}: ${systemName}`,
  );
  const height = MARGINS.top + MARGINS.bottom + ROW_HEIGHT * rows.length;
  return draw(WIDTH, height, {
    title: PANELS.map(([title], panel) => heading(title, LEFT + panel * (PANEL + GAP))),
    grid: PANELS.map((_, panel) => ({
      ...{ ...MARGINS, left: LEFT + panel * (PANEL + GAP), width: PANEL },
    })),
    xAxis: PANELS.map((_, gridIndex) => ({ ...axis, gridIndex, type: 'value', splitNumber: 3 })),
    yAxis: PANELS.map((_, gridIndex) => ({
      ...{ gridIndex, type: 'category', data: names, axisTick: { show: false } },
      axisLabel: { ...text, show: gridIndex === 0 },
    })),
    series: PANELS.map(([, figure], panel) => ({
      ...{ type: 'bar', xAxisIndex: panel, yAxisIndex: panel },
      label: { ...text, show: true, position: 'right' },
      data: rows.map(({ row, rounds, systemName }) => ({
        value: median(rounds.map(figure)),
        itemStyle: { color: systemName.startsWith('Quorate') ? OURS : OTHERS },
        name: row.id,
      })),
    })),
  });
}
