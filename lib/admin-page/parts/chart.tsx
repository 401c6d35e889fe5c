/** A chart over the last minutes, by uPlot; the legend tells lines apart by their stroke too. */
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { useShared } from './context.js';
import { TIME_STEPS, timeOfDay, timeRange } from '../logic/times.js';
import type { SeriesName } from './pulse.js';

interface Line {
  readonly name: SeriesName;
  readonly label: string;
}

interface ChartProps {
  readonly lines: readonly Line[];
  readonly label: string;
  readonly format: (value: number) => string;
}

const STROKES = [
  { variable: '--accent', dash: [] },
  { variable: '--second', dash: [6, 4] },
  { variable: '--bad', dash: [2, 3] },
];
const PLACES = ['first', 'second', 'third'];
const HEIGHT = 150;

function colour(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

function optionsOf(
  lines: readonly Line[],
  width: number,
  format: ChartProps['format'],
): UPlot.Options {
  const axis = {
    stroke: () => colour('--muted'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    ...{ width, height: HEIGHT, legend: { show: false }, cursor: { show: false } },
    padding: [8, 26, 0, 0],
    scales: {
      x: { range: (_, low, high) => timeRange(low, high) },
      y: { range: (_, _low, high) => [0, Math.max(1, high * 1.15)] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        size: 28,
        incrs: TIME_STEPS,
        values: (_, splits) => splits.map(timeOfDay),
      },
      { ...axis, size: 56, space: 34, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label }, index) => {
        const { variable, dash } = STROKES[index] ?? { variable: '--muted', dash: [] };
        const points = { show: false };
        return { label, stroke: () => colour(variable), width: 1.75, dash, points, spanGaps: true };
      }),
    ],
  };
}

export function Chart({ lines, label, format }: ChartProps) {
  const { pulse } = useShared();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const data = [
    [...pulse.times],
    ...lines.map(({ name }) => (pulse.series.get(name) ?? []).map((value) => value ?? null)),
  ] as UPlot.AlignedData;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new UPlot(optionsOf(lines, element.clientWidth, format), data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
    // Made once: what changes is set below.
  }, []);
  useEffect(() => plot.current?.setData(data), [pulse.times]);
  return (
    <figure class="stack">
      <ul class="legend">
        {lines.map(({ name, label: text }, index) => {
          const latest = pulse.series.get(name)?.at(-1);
          return (
            <li key={name} class={PLACES[index]}>
              <i />
              {text} <b>{latest === undefined ? '–' : format(latest)}</b>
            </li>
          );
        })}
      </ul>
      <div ref={place} class="chart" role="img" aria-label={label} />
    </figure>
  );
}
