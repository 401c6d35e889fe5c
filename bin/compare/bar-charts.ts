/** Bars in groups, as SVG text: no library of charts is installed for one picture. */

export interface ChartPanel {
  readonly title: string;
  /** Along the axis. */
  readonly groups: readonly string[];
  /** A bar in each group; undefined: none. Not below 0. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | undefined)[];
  }[];
  /** For values of several orders of magnitude: by powers of ten. */
  readonly isLogarithmic?: boolean;
}

const WIDTH = 1200;
const PANEL_HEIGHT = 240;
const LABEL_LINE_HEIGHT = 13;
const TOP = 60;
const LEFT = 60;
const PLOT_HEIGHT = 140;
/** Told apart without colour, too: each has its own darkness. */
const COLOURS = ['#1b4f72', '#e67e22', '#f7c5a0'];
const TEXT = 'font-family="system-ui,sans-serif" fill="#333"';

/** Panels below each other, with one legend. */
export function barCharts(title: string, panels: readonly ChartPanel[]): string {
  const height = TOP + panels.length * PANEL_HEIGHT;
  const names = panels[0]?.series.map(({ name }) => name) ?? [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" `,
    `viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">\n`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>\n`,
    textAt(LEFT, 24, 18, title),
    ...names.flatMap((name, index) => [
      rect(LEFT + index * 140, 36, 12, 12, index, name),
      textAt(LEFT + 18 + index * 140, 47, 13, name),
    ]),
    ...panels.map((panel, index) => panelText(panel, TOP + index * PANEL_HEIGHT)),
    '</svg>\n',
  ].join('');
}

function panelText(panel: ChartPanel, top: number): string {
  const { title, groups, series } = panel;
  const { shareOf, marks } = scaleOf(panel);
  const floor = top + 30 + PLOT_HEIGHT;
  const groupWidth = (WIDTH - LEFT - 20) / Math.max(1, groups.length);
  const barWidth = (0.75 * groupWidth) / Math.max(1, series.length);
  const bars = groups.flatMap((group, i) => [
    ...series.map(({ name, values }, j) => {
      const value = values[i];
      if (value === undefined) return '';
      const tall = PLOT_HEIGHT * shareOf(value);
      const x = LEFT + i * groupWidth + j * barWidth;
      return rect(x, floor - tall, barWidth - 2, tall, j, `${group}, ${name}: ${value}`);
    }),
    ...wordsOf(group).map((word, line) => {
      return textAt(LEFT + i * groupWidth, floor + 16 + line * LABEL_LINE_HEIGHT, 12, word);
    }),
  ]);
  const lines = marks.map((mark) => {
    const y = floor - shareOf(mark) * PLOT_HEIGHT;
    return (
      `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${fixed(y)}" y2="${fixed(y)}" stroke="#ddd"/>\n` +
      textAt(LEFT - 8, y + 4, 11, String(mark), 'end')
    );
  });
  return [textAt(LEFT, top + 20, 14, title), ...lines, ...bars].join('');
}

interface Scale {
  /** Of the height of the plot. */
  readonly shareOf: (value: number) => number;
  /** What is written beside the lines. */
  readonly marks: readonly number[];
}

function scaleOf({ series, isLogarithmic = false }: ChartPanel): Scale {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const most = known.reduce((greatest, value) => Math.max(greatest, value), 0);
  const positive = known.filter((value) => value > 0);
  if (!isLogarithmic || positive.length === 0) {
    const highest = niceTop(most);
    return { shareOf: (value) => value / highest, marks: [0, highest / 2, highest] };
  }
  // One below the least: its bar is seen, too.
  const least = positive.reduce((one, value) => Math.min(one, value), most);
  const from = Math.ceil(Math.log10(least)) - 1;
  const to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  return {
    shareOf: (value) => (value <= 0 ? 0 : (Math.log10(value) - from) / (to - from)),
    // Not by multiplication: 0.1, not 0.10000000000000009.
    marks: Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`)),
  };
}

/** A long name goes over several lines. */
function wordsOf(group: string): string[] {
  return group.split(/(?<=[-;])/);
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => value <= step * power) ?? 10);
}

function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  colour: number,
  reported: string,
): string {
  const fill = COLOURS[colour % COLOURS.length] ?? '#000';
  const place = `x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}"`;
  return `<rect ${place} fill="${fill}"><title>${escaped(reported)}</title></rect>\n`;
}

function textAt(x: number, y: number, size: number, text: string, anchor = 'start'): string {
  const place = `x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" text-anchor="${anchor}"`;
  return `<text ${place} ${TEXT}>${escaped(text)}</text>\n`;
}

function fixed(value: number): string {
  return String(Math.round(10 * value) / 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
