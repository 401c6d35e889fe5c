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
}

const WIDTH = 900;
const PANEL_HEIGHT = 230;
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

function panelText({ title, groups, series }: ChartPanel, top: number): string {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const highest = niceTop(known.reduce((most, value) => Math.max(most, value), 0));
  const floor = top + 30 + PLOT_HEIGHT;
  const groupWidth = (WIDTH - LEFT - 20) / Math.max(1, groups.length);
  const barWidth = (0.75 * groupWidth) / Math.max(1, series.length);
  const bars = groups.flatMap((group, i) => [
    ...series.map(({ name, values }, j) => {
      const value = values[i];
      if (value === undefined) return '';
      const tall = (PLOT_HEIGHT * value) / highest;
      const x = LEFT + i * groupWidth + j * barWidth;
      return rect(x, floor - tall, barWidth - 2, tall, j, `${group}, ${name}: ${value}`);
    }),
    textAt(LEFT + i * groupWidth, floor + 16, 12, group),
  ]);
  const marks = [0, 0.5, 1].map((share) => {
    const y = floor - share * PLOT_HEIGHT;
    return (
      `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${fixed(y)}" y2="${fixed(y)}" stroke="#ddd"/>\n` +
      textAt(LEFT - 8, y + 4, 11, String(share * highest), 'end')
    );
  });
  return [textAt(LEFT, top + 20, 14, title), ...marks, ...bars].join('');
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
