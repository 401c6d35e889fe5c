/** Draws docs/images/convergence.svg: keys that differ, while written and after the heal. */
import * as echarts from 'echarts';
import type { HealFigures } from './convergence-figures.js';

const INK = '#333333';
const GRID = '#e2e2e2';
const OURS = '#0b6e4f';
const HEAL = '#c05621';
const FONT = 'Helvetica, Arial, sans-serif';

const text = { color: INK, fontFamily: FONT };

export function drawConvergence({ samples, keys, convergedSeconds }: HealFigures): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 800, height: 380 });
  const axis = {
    type: 'value' as const,
    axisLabel: text,
    splitLine: { lineStyle: { color: GRID } },
  };
  const said = `${keys.toLocaleString('en')} keys written on one side of a cut, then healed: `;
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      ...{
        text: `${said}alike after ${convergedSeconds.toFixed(1)} s, no reads`,
        left: 20,
        top: 8,
      },
      textStyle: { ...text, fontSize: 14, fontWeight: 'bold' },
    },
    grid: { left: 70, right: 30, top: 60, bottom: 55 },
    xAxis: {
      ...axis,
      ...{ name: 'seconds from the heal', nameLocation: 'middle', nameGap: 28 },
      nameTextStyle: text,
      min: Math.floor(samples[0]?.seconds ?? 0),
      max: Math.ceil(samples.at(-1)?.seconds ?? 1),
    },
    yAxis: { ...axis, name: 'keys that differ', nameTextStyle: text, min: 0 },
    series: [
      {
        type: 'line',
        showSymbol: false,
        lineStyle: { color: OURS, width: 2 },
        itemStyle: { color: OURS },
        data: samples.map(({ seconds, differing }) => [seconds, differing]),
        markLine: {
          ...{ silent: true, symbol: 'none' },
          lineStyle: { color: HEAL, type: 'dashed', width: 2 },
          label: { ...text, formatter: 'healed', position: 'end' },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
