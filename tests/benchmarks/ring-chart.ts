/** Draws docs/images/ring-balance.svg from the figures of the ring report. */
import * as echarts from 'echarts';
import type { RingFigures } from './ring-report.js';

const INK = '#333333';
const GRID = '#e2e2e2';
const OURS = '#0b6e4f';
const LEAVE = '#c05621';
const OTHERS = '#8a8a8a';
const FONT = 'Helvetica, Arial, sans-serif';

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

function heading(text: string, left: number) {
  const textStyle = { fontSize: 14, fontWeight: 'bold' as const, color: INK, fontFamily: FONT };
  return { text, left, top: 8, textStyle };
}

/** Two panels: the fullest node over the mean, and copies moved over the least possible. */
export function drawRingBalance(rows: readonly RingFigures[]): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 380 });
  const points = (value: (row: RingFigures) => number): Point[] =>
    rows.map((row) => [row.nodes, value(row)]);
  const axis = {
    axisLabel: { color: INK, fontFamily: FONT },
    splitLine: { lineStyle: { color: GRID } },
  };
  const xAxis = (gridIndex: number) => ({
    ...axis,
    gridIndex,
    type: 'value' as const,
    min: 0,
    max: 100,
    name: 'nodes',
    nameLocation: 'middle' as const,
    nameGap: 26,
    nameTextStyle: { color: INK, fontFamily: FONT },
  });
  const legend = (left: number, data: string[]) => ({
    data,
    left,
    top: 34,
    orient: 'vertical' as const,
    icon: 'rect',
    itemHeight: 4,
    textStyle: { color: INK, fontFamily: FONT },
  });
  const names = {
    ours: 'this ring',
    limit: 'the limit: 1.05',
    random: '64 random tokens a node',
    join: 'a node joins',
    leave: 'a node leaves',
    moveLimit: 'the limit: 1.1',
  };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      heading('Copies of the fullest node / mean', 20),
      heading('Copies moved / least possible', 500),
    ],
    legend: [
      legend(20, [names.ours, names.limit, names.random]),
      legend(500, [names.join, names.leave, names.moveLimit]),
    ],
    grid: [
      { left: 50, top: 110, width: 400, bottom: 50 },
      { left: 530, top: 110, width: 400, bottom: 50 },
    ],
    xAxis: [xAxis(0), xAxis(1)],
    yAxis: [
      { ...axis, gridIndex: 0, type: 'value', min: 1, max: 1.5 },
      { ...axis, gridIndex: 1, type: 'value', min: 0.9, max: 1.2 },
    ],
    series: [
      line(
        names.random,
        0,
        OTHERS,
        points((row) => row.randomPlaces),
      ),
      line(
        names.limit,
        0,
        LEAVE,
        points(() => 1.05),
        true,
      ),
      line(
        names.ours,
        0,
        OURS,
        points((row) => row.fullest / row.mean),
      ),
      line(
        names.moveLimit,
        1,
        LEAVE,
        points(() => 1.1),
        true,
      ),
      line(
        names.join,
        1,
        OURS,
        points((row) => share(row.joinMoved, row.joinLeast)),
      ),
      line(
        names.leave,
        1,
        OTHERS,
        points((row) => share(row.leaveMoved, row.leaveLeast)),
        true,
      ),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Nothing moved where nothing had to is as good as can be. */
function share(moved: number, least: number): number {
  return least === 0 && moved === 0 ? 1 : moved / least;
}
