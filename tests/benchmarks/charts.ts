/** What the pictures of all reports share: ink, type, axes, and drawing without a screen. */
import * as echarts from 'echarts';

export const INK = '#333333';
export const GRID = '#e2e2e2';
export const OURS = '#0b6e4f';
export const LIMIT = '#c05621';
export const OTHERS = '#8a8a8a';
export const FONT = 'Helvetica, Arial, sans-serif';

export const text = { color: INK, fontFamily: FONT };

export const axis = { axisLabel: text, splitLine: { lineStyle: { color: GRID } } };

export function heading(title: string, left: number, top = 8) {
  return {
    ...{ text: title, left, top },
    textStyle: { ...text, fontSize: 14, fontWeight: 'bold' as const },
  };
}

export function legend(left: number, data: readonly string[], top = 34) {
  return {
    ...{ data: [...data], left, top, textStyle: text },
    orient: 'vertical' as const,
    icon: 'rect',
    itemHeight: 4,
  };
}

/** @returns SVG */
export function draw(width: number, height: number, option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
