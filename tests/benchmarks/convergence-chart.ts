/** Draws docs/images/convergence.svg: keys that differ, while written and after the heal. */
import { axis, draw, heading, LIMIT, OURS, text } from './charts.js';
import type { HealFigures } from './convergence-figures.js';

export function drawConvergence({ samples, keys, convergedSeconds }: HealFigures): string {
  const value = { ...axis, type: 'value' as const };
  const said = `${keys.toLocaleString('en')} keys written on one side of a cut, then healed: `;
  return draw(800, 380, {
    title: heading(`${said}alike after ${convergedSeconds.toFixed(1)} s, no reads`, 20),
    grid: { left: 70, right: 30, top: 60, bottom: 55 },
    xAxis: {
      ...value,
      ...{ name: 'seconds from the heal', nameLocation: 'middle', nameGap: 28 },
      nameTextStyle: text,
      min: Math.floor(samples[0]?.seconds ?? 0),
      max: Math.ceil(samples.at(-1)?.seconds ?? 1),
    },
    yAxis: { ...value, name: 'keys that differ', nameTextStyle: text, min: 0 },
    series: [
      {
        type: 'line',
        showSymbol: false,
        lineStyle: { color: OURS, width: 2 },
        itemStyle: { color: OURS },
        data: samples.map(({ seconds, differing }) => [seconds, differing]),
        markLine: {
          ...{ silent: true, symbol: 'none' },
          lineStyle: { color: LIMIT, type: 'dashed', width: 2 },
          label: { ...text, formatter: 'healed', position: 'end' },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  });
}
